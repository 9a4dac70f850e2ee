import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEngine, explain, loadRules } from "../index.ts";
import { isInside, parseAddress, parseNetwork } from "./cidr.ts";
import { parseMoment, partOf } from "./moment.ts";

/** Whether an item with this key and value matches a field `f` of this value. */
function matches(key: string, value: unknown, event: unknown): boolean {
  const rule = { title: "T", logsource: { category: "t" }, detection: { sel: { [key]: value }, condition: "sel" } };
  const ruleSet = loadRules([{ path: "r.yml", text: JSON.stringify(rule) }]);
  expect(ruleSet.report).toMatchObject([{ status: "loaded" }]);
  const sigmaEvent = { id: "e", timeMs: 0, logsource: { category: "t" }, fields: { f: event } };
  const found = createEngine(ruleSet).match(sigmaEvent).length > 0;
  expect(ruleSet.rules.map((one) => explain(one, sigmaEvent).matched)).toEqual([found]);
  return found;
}

describe("encodings", () => {
  const ascii = fc.stringMatching(/^[a-zA-Z0-9 .:]{2,12}$/);

  test("base64offset finds a text wherever it stands in an encoded one", () => {
    fc.assert(
      fc.property(
        ascii,
        fc.stringMatching(/^[ -~]{0,5}$/),
        fc.stringMatching(/^[ -~]{0,5}$/),
        (text, before, after) => {
          expect(matches("f|base64offset|contains", text, btoa(before + text + after))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("wide puts a zero byte after every character, also inside base64offset", () => {
    const wide = (text: string): string => Array.from(text, (character) => `${character}\0`).join("");
    expect(matches("f|wide", "cmd", wide("cmd"))).toBe(true);
    for (const before of ["", "x", "xy"]) {
      expect(matches("f|wide|base64offset|contains", "cmd", btoa(before + wide("cmd /c")))).toBe(true);
    }
  });

  test("text beyond ASCII is encoded as UTF-8", () => {
    expect(matches("f|base64", "é", "w6k=")).toBe(true);
  });

  test("every spelling of an option is encoded when windash comes first", () => {
    expect(matches("f|windash|base64|contains", "-enc", btoa("/enc"))).toBe(true);
  });
});

describe("windash", () => {
  test.each([
    ["x -a --b", "x /a -–b", true],
    ["-a-b", "/a-b", true],
    ["-a-b", "/a/b", false],
    ["a/b", "a-b", false],
    ["- a", "/ a", false],
  ])("%j meets %j: %s", (value, event, expected) => {
    expect(matches("f|windash", value, event)).toBe(expected);
  });
});

describe("all with values that became several", () => {
  test("takes the variants of one value as alternatives", () => {
    const rule = {
      title: "T",
      logsource: { category: "t" },
      detection: { sel: { "f|contains|all|expand": ["%x%", "end"] }, condition: "sel" },
    };
    const ruleSet = loadRules([{ path: "r", text: JSON.stringify(rule) }], { placeholders: { x: ["one", "two"] } });
    const hits = ["two end", "one end", "end", "two"].map(
      (f) => createEngine(ruleSet).match({ id: "e", timeMs: 0, logsource: { category: "t" }, fields: { f } }).length,
    );
    expect(hits).toEqual([1, 1, 0, 0]);
  });
});

describe("addresses", () => {
  test("are inside a network exactly when their leading bits are the network's", () => {
    const bits = (address: readonly number[]): string =>
      address.map((group) => group.toString(2).padStart(16, "0")).join("");
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), fc.nat(128), (left, right, prefix) => {
        const network = parseNetwork(`${left}/${prefix}`);
        const address = parseAddress(right);
        if (network === undefined || address === undefined) throw new Error(`${left} or ${right} was not understood`);
        expect(isInside(network, address)).toBe(
          bits(network.address).slice(0, prefix) === bits(address).slice(0, prefix),
        );
        expect(isInside(network, network.address)).toBe(true);
      }),
    );
  });

  test.each([
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.256",
    "1::2::3",
    ":::",
    "1:2:3:4:5:6:7:8:9",
    "g::",
    "",
    "1.2.3.4x",
    "::1.2.3",
  ])("%j is none", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test("may carry a zone or an IPv4 tail", () => {
    expect(parseAddress("fe80::1%eth0")).toEqual(parseAddress("fe80::1"));
    expect(parseAddress("::ffff:1.2.3.4")).toEqual([0, 0, 0, 0, 0, 0xffff, 0x0102, 0x0304]);
  });
});

describe("moments", () => {
  test.each([
    ["2026-03-01T12:30:05Z", Date.UTC(2026, 2, 1, 12, 30, 5)],
    ["2026-03-01 12:30:05.123", Date.UTC(2026, 2, 1, 12, 30, 5)],
    ["2026-03-01T12:30:05+02:00", Date.UTC(2026, 2, 1, 10, 30, 5)],
    ["2026-03-01", Date.UTC(2026, 2, 1)],
    [1_772_000_000, 1_772_000_000_000],
    [1_772_000_000_000, 1_772_000_000_000],
    ["1772000000", 1_772_000_000_000],
    ["2026-02-30", undefined],
    ["2026-01-01T24:00:00Z", undefined],
    ["yesterday", undefined],
    [Number.NaN, undefined],
    [null, undefined],
  ])("%j is %j", (value, expected) => {
    expect(parseMoment(value)).toBe(expected);
  });

  test("weeks are those of ISO 8601, also around the new year", () => {
    const week = (text: string): number => partOf(parseMoment(text) ?? Number.NaN, "week");
    expect(["2024-12-30", "2025-01-01", "2026-12-31", "2027-01-03", "2027-01-04"].map(week)).toEqual([1, 1, 53, 53, 1]);
  });

  test("parts may be compared", () => {
    expect(matches("f|hour|gte", 22, "2026-03-01T23:00:00Z")).toBe(true);
    expect(matches("f|hour|gte", 22, "2026-03-01T06:00:00Z")).toBe(false);
  });
});

describe("hostile events", () => {
  test("nested without end are read without running out of stack", () => {
    let nested: unknown = "x";
    for (let depth = 0; depth < 50_000; depth += 1) nested = depth % 2 === 0 ? [nested] : { b: nested };
    expect(matches("f.b.c", "x", nested)).toBe(false);
    expect(matches("f", "x", nested)).toBe(false);
  });

  test("cannot make a comparison of two fields slow", () => {
    const long = "a".repeat(200_000);
    const started = performance.now();
    expect(matches("f|fieldref|contains", "f", `${long}b`)).toBe(true);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("keys of items", () => {
  function keyOf(key: string, value: unknown): string | undefined {
    const rule = { title: "T", logsource: { category: "t" }, detection: { sel: { [key]: value }, condition: "sel" } };
    const [loaded] = loadRules([{ path: "r.yml", text: JSON.stringify(rule) }]).rules;
    const root = loaded?.expression;
    const first = root?.kind === "and" ? root.children[0] : root;
    return first?.kind === "item" ? first.item.key : undefined;
  }

  test("are equal for items that ask the same, however they are written", () => {
    expect(keyOf("f|contains", "a")).toBeDefined();
    expect(keyOf("f|contains", "a")).toBe(keyOf("f", "*a*"));
    expect(keyOf("f|endswith", "\\a")).toBe(keyOf("f", "*\\\\a"));
    expect(keyOf("f|startswith", "a**")).toBe(keyOf("f", ["a*"]));
  });

  test("differ for items that ask otherwise", () => {
    const items: readonly (readonly [string, unknown])[] = [
      ["f", "a"],
      ["g", "a"],
      ["", "a"],
      ["f", "a*"],
      ["f", "*a"],
      ["f", "*a*"],
      ["f", "a?"],
      ["f", "a\\*"],
      ["f|cased", "a"],
      ["f|neq", "a"],
      ["f", ["a", "b"]],
      ["f", ["b", "a"]],
      ["f|all", ["a", "b"]],
      ["f|re", "a"],
      ["f|re|i", "a"],
      ["f", null],
      ["f", "null"],
      ["f", "0"],
      ["f", ""],
      ["f", "*"],
      ["f|gt", 0],
      ["f|windash", "-a"],
      ["f", ["a,0"]],
      ["f", 'a",0,"b'],
    ];
    const keys = items.map(([key, value]) => keyOf(key, value));
    expect(keys).not.toContain(undefined);
    expect(new Set(keys).size).toBe(items.length);
  });
});

test.each([{ "f|contains": "\uDE00" }, { f: "\uD83D*" }, { "\uD83D": "x" }, ["a\uDE00"], { "f|re": "\uD83D" }])(
  "half of a character is refused, as no line of UTF-8 has it: %j",
  (selection) => {
    const rule = { title: "T", logsource: { category: "t" }, detection: { sel: selection, condition: "sel" } };
    expect(loadRules([{ path: "r.yml", text: JSON.stringify(rule) }]).report).toMatchObject([
      { status: "rejected", code: "value-invalid" },
    ]);
  },
);
