import { describe, expect, test } from "vitest";
import { createEngine, loadRules, type RuleReport } from "../index.ts";
import { defaultYamlLimits, readFullYaml } from "./yaml.ts";

const good = `title: T
logsource: { category: test }
detection:
  sel:
    a: b
  condition: sel
`;

function load(text: string): readonly RuleReport[] {
  return loadRules([{ path: "r.yml", text }]).report;
}

describe("a rule file is refused, with what to do about it,", () => {
  test.each([
    ["a key that stands twice", "a: b\n    a: c", 6, 5, 'the key "a" stands twice in this map'],
    ["a number and a text that are one key", 'a: { 1: b, "1": c }', 5, 16, 'the key "1" stands twice in this map'],
    ["an alias without an anchor", "a: *none", 5, 8, "there is no anchor &none before this alias"],
    ["an alias inside its own anchor", "a: &x [*x]", 5, 12, "*x stands inside what it stands for"],
    ["a list as a key", "? [a, b]\n    : c", 5, 7, "a key must be a single text, not a list or a map"],
    ["braces forgotten to be quoted", "a: { {b: c} : d }", 5, 10, "a key must be a single text, not a list or a map"],
    ["a merge key", "<<: { a: b }", 5, 5, "merge keys (<<) are no longer part of YAML; write the entries out"],
  ])("for %s", (...[, item, line, column, message]) => {
    expect(load(good.replace("a: b", item))).toEqual([
      { status: "rejected", path: "r.yml", line, column, code: "yaml-invalid", message },
    ]);
  });

  test("for more aliases than a rule needs, at the first of them too many", () => {
    const many = good.replace("a: b", `a: [&x b, ${"*x, ".repeat(65)}]`);
    expect(load(many)).toMatchObject([{ code: "yaml-limit", line: 5, column: 271, message: "more than 64 aliases" }]);
  });

  test.each([
    ["little-endian", Buffer.from(`\uFEFF${good}`, "utf16le")],
    ["big-endian", Buffer.from(`\uFEFF${good}`, "utf16le").swap16()],
    ["unmarked", Buffer.from(good, "utf16le")],
  ])("when it is %s UTF-16", (_, bytes) => {
    expect(load(bytes.toString("utf8"))).toMatchObject([
      { line: 1, column: 1, code: "yaml-invalid", message: "the file is not UTF-8 text; save it as UTF-8" },
    ]);
  });

  const half = 250_000;
  test.each([
    ["brackets", "[".repeat(half), "yaml-limit"],
    ["braces in brackets", "[{".repeat(half / 2), "yaml-limit"],
    ["lists in lists", "- ".repeat(half), "yaml-limit"],
    ["keys in keys", "? ".repeat(half), "yaml-limit"],
    ["maps in maps", ": ".repeat(half), "yaml-limit"],
    ["quotes", `a: ${'"'.repeat(half)}`, "yaml-invalid"],
    ["commas", `[${",".repeat(half)}`, "yaml-invalid"],
    ["closing brackets", "]".repeat(half), "yaml-invalid"],
    ["tags", "! ".repeat(half / 2), "yaml-invalid"],
    ["lists in a row", `a: ${"[] ".repeat(half / 3)}`, "yaml-invalid"],
  ])("in good time, when it is nothing but %s", (...[, text, code]) => {
    const started = performance.now();
    expect(load(text)).toMatchObject([{ status: "rejected", code }]);
    expect(performance.now() - started).toBeLessThan(4000);
  });

  test("for nesting, at the first level too many and not before", () => {
    const nested = (depth: number) => readFullYaml(`${"[".repeat(depth)}${"]".repeat(depth)}`, defaultYamlLimits);
    expect(nested(32)).toMatchObject([{ ok: true }]);
    expect(nested(33)).toMatchObject([{ ok: false, code: "yaml-limit", message: "nested deeper than 32 levels" }]);
  });

  test("without a change to the stacks of errors elsewhere", () => {
    const before = Error.stackTraceLimit;
    load("]]");
    expect(Error.stackTraceLimit).toBe(before);
  });

  test("in good time, however many keys it has", () => {
    const keys = Array.from({ length: 40_000 }, (_, number) => `k${number}: 1`).join(", ");
    const started = performance.now();
    expect(load(good.replace("a: b", `a: { ${keys} }`))).toMatchObject([{ code: "value-invalid" }]);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

test("a rule in another encoding is loaded with a remark that text of it is lost", () => {
  const latin1 = Buffer.from(good.replace("a: b", "a: caf\u00E9"), "latin1").toString("utf8");
  expect(load(latin1)).toMatchObject([{ status: "loaded", warnings: [expect.stringContaining("not UTF-8")] }]);
});

test("every end of line YAML knows ends a line, and a byte order mark is none of the text", () => {
  for (const end of ["\n", "\r\n", "\r"])
    expect(load(`\uFEFF${good.replaceAll("\n", end)}`)).toMatchObject([{ status: "loaded", line: 1, warnings: [] }]);
  const bad = good.replace("a: b", "a|bogus: b").replaceAll("\n", "\r");
  expect(load(bad)).toMatchObject([{ code: "modifier-unknown", line: 5, column: 5 }]);
});

test.each([
  ["a: 1.0", ["5:8: 1.0 is compared as 1; put it in quotes if the text is meant"]],
  ["a: [x, 1e3]", ["5:12: 1e3 is compared as 1000; put it in quotes if the text is meant"]],
  ["a|contains: 0x10", ["5:17: 0x10 is compared as 16; put it in quotes if the text is meant"]],
  ["a: 12345678901234567890", []],
  ["a: 00000429", []],
  ["a|gte: 1.0", []],
  ["a: '1.0'", []],
])("of a number that is compared as another text, the author is told: %s", (item, warnings) => {
  expect(load(good.replace("a: b", item))).toMatchObject([{ status: "loaded", warnings }]);
});

test("digits after a zero are text, as authors of rules about codes expect", () => {
  const engine = createEngine(loadRules([{ path: "r.yml", text: good.replace("a: b", "a: [00000429, -07]") }]));
  const found = ["00000429", "429", "-07", "-7"].filter(
    (a) => engine.match({ id: "e", timeMs: 0, logsource: { category: "test" }, fields: { a } }).length > 0,
  );
  expect(found).toEqual(["00000429", "-07"]);
});
