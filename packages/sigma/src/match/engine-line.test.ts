import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEngine } from "./engine.ts";
import { KernelLines } from "./kernel/kernel-lines.ts";
import { loadRules } from "../load.ts";

const logsource = { category: "test" };
const encoder = new TextEncoder();
const about = { id: "e", logsource };

function ruleFile(detection: object, index: number): { path: string; text: string } {
  return { path: `${index}.yml`, text: JSON.stringify({ title: `rule ${index}`, logsource, detection }) };
}

const part = fc.constantFrom(
  "abcd",
  "efgh",
  "\\",
  '"',
  "/",
  "é",
  "K",
  "\u0000",
  "\n",
  "\\u0061",
  "u",
  "C:\\users",
  "😀",
  " ",
  "ABCD",
  "1",
);
const text = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(""));
const name = fc.constantFrom("f", "g g", "h.i", "ü", "__proto__", "gg");
const scalar = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const content = fc.array(
  fc.tuple(name, fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), fc.record({ i: scalar }))),
  {
    maxLength: 4,
  },
);
const item = fc.tuple(
  fc.constantFrom("f", "gg", "g g", "h.i", "ü"),
  fc.constantFrom("", "|contains", "|startswith", "|endswith", "|re", "|exists", "|contains|cased"),
  text,
);
const detection = fc
  .tuple(item, fc.oneof(fc.constant(null), text), fc.constantFrom("a", "a or b", "not a", "a and not b"))
  .map(([[field, modifier, value], keyword, condition]) => {
    const expected = modifier === "|exists" ? true : modifier === "|re" ? "b.d" : value;
    return {
      a: { [field + modifier]: expected },
      b: keyword === null || keyword.trim() === "" ? { f: 1 } : [keyword],
      condition,
    };
  });

/** The same object in the ways of different writers: blanks, characters by number, slashes escaped. */
function written(fields: readonly (readonly [string, unknown])[], style: number): string {
  const blank = style % 2 === 0 ? "" : " \t";
  const escape = (json: string): string =>
    style < 2
      ? json
      : json
          .replaceAll("/", "\\/")
          .replaceAll(/[ad-f](?![^"]*\\)/g, (c) =>
            style === 2 ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
          );
  const value = (one: unknown): string => (typeof one === "string" ? escape(JSON.stringify(one)) : JSON.stringify(one));
  return `${blank}{${blank}${fields.map(([key, one]) => `${JSON.stringify(key)}${blank}:${blank}${value(one)}`).join(`${blank},${blank}`)}${blank}}${blank}`;
}

const ways = [{ kernel: true }, { kernel: false }];

test("the kernel is there: WebAssembly with SIMD is part of the runtime tests run on", () => {
  expect(KernelLines.create([], new Map())).toBeDefined();
});

describe.each(ways)("a line of JSON, with %o,", (way) => {
  test("gives what its parsed form gives, however it is written", () => {
    fc.assert(
      fc.property(
        fc.array(detection, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(content, fc.nat(3)), { minLength: 1, maxLength: 3 }),
        (sections, events) => {
          const engine = createEngine(loadRules(sections.map(ruleFile)), way);
          for (const [fields, style] of events) {
            const line = written(fields, style);
            const parsed = JSON.parse(line) as Record<string, unknown>;
            const found = engine.matchLine(encoder.encode(line), about).map(({ rule }) => rule.key);
            expect(found).toEqual(engine.match({ ...about, timeMs: 0, fields: parsed }).map(({ rule }) => rule.key));
          }
        },
      ),
      { numRuns: 4_000 },
    );
  });

  test.each(["", "{", "[1]", '{"f":', '{"f":1,}', '{"f" 1}', '"f"', '{"f":"a', "{'f':1}", '{"f":[1}', '{"f":1}x'])(
    "that is no JSON object is refused where a rule may hold for it: %s",
    (line) => {
      const engine = createEngine(loadRules([ruleFile({ a: { f: 1 }, condition: "not a" }, 0)]), way);
      expect(() => engine.matchLine(encoder.encode(line), about)).toThrow(SyntaxError);
    },
  );

  test.each(['{"f":1,"g":xan}', '{"f":1,"g":01}', '{"f":1,"g":-}', '{"f":1,"g":1.}', '{"f":1,"g":truefalse}'])(
    "with a word that JSON does not know is refused: %s",
    (line) => {
      const engine = createEngine(loadRules([ruleFile({ a: { f: 1 }, condition: "a" }, 0)]), way);
      expect(() => engine.matchLine(encoder.encode(line), about)).toThrow(SyntaxError);
    },
  );

  test("with a field twice has the last one's value, for keywords too", () => {
    const rules = [ruleFile({ a: ["needle"], condition: "a" }, 0), ruleFile({ a: { f: "needle" }, condition: "a" }, 1)];
    const engine = createEngine(loadRules(rules), way);
    expect(engine.matchLine(encoder.encode('{"f":"needle","f":"x"}'), about)).toHaveLength(0);
    expect(engine.matchLine(encoder.encode('{"other":"needle","other":"x"}'), about)).toHaveLength(0);
    expect(engine.matchLine(encoder.encode('{"f":"x","f":"needle"}'), about)).toHaveLength(2);
  });

  test.each([
    ["100000", '{"f":1e5}'],
    ["100000", '{"f":["x",1E5]}'],
    ["10*00", '{"f":1e5}'],
    ["infinity", '{"f":1e999}'],
    ["e+21", '{"f":1e21}'],
    ["0.5", '{"f":50e-2}'],
  ])("of which a number is written oddly holds the keyword %s as its parsed form does: %s", (keyword, line) => {
    const rules = ["a", "not a"].map((condition, index) => ruleFile({ a: [keyword], condition }, index));
    const engine = createEngine(loadRules(rules), way);
    expect(engine.matchLine(encoder.encode(line), about).map(({ rule }) => rule.title)).toEqual(["rule 0"]);
  });

  test("finds an option behind any dash that Windows takes for one", () => {
    const engine = createEngine(
      loadRules([ruleFile({ a: { "f|contains|windash": " -enc " }, condition: "a" }, 0)]),
      way,
    );
    const held = ["-", "/", "\u2013", "\u2014", "\u2015", "+", "\u2012"].filter(
      (dash) => engine.matchLine(encoder.encode(JSON.stringify({ f: `x ${dash}EnC y` })), about).length > 0,
    );
    expect(held).toEqual(["-", "/", "\u2013", "\u2014", "\u2015"]);
  });

  test("takes only JSON's four blanks for blanks", () => {
    const engine = createEngine(loadRules([ruleFile({ a: { f: "x" }, condition: "not a" }, 0)]), way);
    expect(engine.matchLine(encoder.encode("\t\r\n {} \n"), about)).toHaveLength(1);
    for (const blank of ["\u000B", "\u000C", "\u00A0"])
      expect(() => engine.matchLine(encoder.encode(`{${blank}}`), about)).toThrow(SyntaxError);
  });

  test("with names that are no UTF-8 takes them for what they are once decoded", () => {
    const rules = [
      ruleFile({ a: { "\uFFFD": "x" }, condition: "a" }, 0),
      ruleFile({ a: ["needle"], condition: "a" }, 1),
    ];
    const engine = createEngine(loadRules(rules), way);
    const line = Uint8Array.from(Buffer.from('{"\xff":"needle","\xfe":"x"}', "latin1"));
    expect(engine.matchLine(line, about).map(({ rule }) => rule.title)).toEqual(["rule 0"]);
  });

  test("in Node's buffers and in plain byte arrays is the same", () => {
    const engine = createEngine(loadRules([ruleFile({ a: { "f|contains": "wörld" }, condition: "a" }, 0)]), way);
    const line = '{"f":"hello WÖRLD"}';
    expect(engine.matchLine(Buffer.from(line), about)).toHaveLength(1);
    expect(engine.matchLine(encoder.encode(line), about)).toHaveLength(1);
  });

  test.each([70_000, 5_000_000])("of %i bytes is read as one that is short", (length) => {
    const engine = createEngine(loadRules([ruleFile({ a: { "f|endswith": "needle" }, condition: "a" }, 0)]), way);
    const line = encoder.encode(JSON.stringify({ g: 1, f: `${"x".repeat(length)}needle`, h: "x" }));
    expect(engine.matchLine(line, about)).toHaveLength(1);
    expect(engine.matchLine(encoder.encode('{"f":"a needle"}'), about)).toHaveLength(1);
    expect(engine.matchLine(encoder.encode('{"f":"needles"}'), about)).toHaveLength(0);
  });

  test("with thousands of fields is read whole", () => {
    const engine = createEngine(loadRules([ruleFile({ a: { f: "needle" }, condition: "a" }, 0)]), way);
    const fields = Object.fromEntries(Array.from({ length: 5_000 }, (_, number) => [`g${number}`, number]));
    expect(engine.matchLine(encoder.encode(JSON.stringify({ ...fields, f: "needle" })), about)).toHaveLength(1);
    expect(engine.matchLine(encoder.encode(JSON.stringify(fields)), about)).toHaveLength(0);
  });

  test("of which any byte is missing or another is refused or gives what its parsed form gives", () => {
    const rules = [
      ruleFile({ a: { "f|contains": ["abcd", "x"] }, condition: "a" }, 0),
      ruleFile({ a: { "g|endswith": "\\\\b.exe" }, b: { h: 12 }, condition: "a or b" }, 1),
      ruleFile({ a: ["efgh"], condition: "a" }, 2),
    ];
    const engine = createEngine(loadRules(rules), way);
    const line = encoder.encode(JSON.stringify({ f: "xabcdx", g: "C:\\a\\b.exe", h: 12, k: ["efgh", null], l: true }));
    fc.assert(
      fc.property(fc.nat(line.length - 1), fc.integer({ min: -1, max: 255 }), (at, byte) => {
        const other =
          byte === -1 ? Uint8Array.from([...line.subarray(0, at), ...line.subarray(at + 1)]) : line.with(at, byte);
        const found = attempt(() =>
          engine
            .matchLine(other, about)
            .map(({ rule }) => rule.key)
            .join(),
        );
        const expected = attempt(() => {
          const fields = JSON.parse(new TextDecoder().decode(other)) as Record<string, unknown>;
          return engine
            .match({ ...about, timeMs: 0, fields })
            .map(({ rule }) => rule.key)
            .join();
        });
        // A line that is no JSON may be answered without reading all of it.
        expect(found).toBe(expected ?? found);
      }),
      { numRuns: 4_000 },
    );
  });
});

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
