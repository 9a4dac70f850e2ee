import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEngine, evaluate, loadRules, type SigmaEvent } from "../index.ts";

const text = fc
  .array(fc.constantFrom("a", "B", "É", "é", "😀", "-", "/", "–", "\\", "*", "?", ".", "1", "ς", "Σ", " ", "\n"), {
    maxLength: 7,
  })
  .map((parts) => parts.join(""));
const field = fc.constantFrom("f", "g", "h.i", "J K");
const scalar = fc.oneof(text, fc.integer({ min: -2, max: 12 }), fc.boolean());
const textModifier = fc.constantFrom(
  "",
  "|contains",
  "|startswith",
  "|endswith",
  "|cased",
  "|contains|cased",
  "|neq",
  "|windash",
  "|contains|windash",
  "|startswith|neq",
);
const item = fc.oneof(
  fc.tuple(field, textModifier, fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 3 }))),
  fc.tuple(field, fc.constant("|contains|all"), fc.array(scalar, { minLength: 2, maxLength: 3 })),
  fc.tuple(field, fc.constantFrom("|lt", "|gte"), fc.integer({ min: -2, max: 12 })),
  fc.tuple(field, fc.constant("|re"), fc.constantFrom("a+", "^B", "[é-ê]", "\\d$", "a.b")),
  fc.tuple(field, fc.constant("|exists"), fc.boolean()),
  fc.tuple(field, fc.constantFrom("|fieldref", "|fieldref|contains"), field),
  fc.tuple(field, fc.constant(""), fc.constant(null)),
);
const selection = fc.oneof(
  fc
    .array(item, { minLength: 1, maxLength: 3 })
    .map((items) => Object.fromEntries(items.map(([name, mods, value]) => [name + mods, value]))),
  fc.array(
    text.filter((word) => word.trim() !== ""),
    { minLength: 1, maxLength: 2 },
  ),
);
const condition = fc.constantFrom(
  "a",
  "not a",
  "a and b",
  "a or not b",
  "1 of them",
  "all of them",
  "not (a and b) or b",
);
const detection = fc.record({ a: selection, b: selection, condition });
const value = fc.oneof(scalar, fc.constant(null), fc.array(fc.oneof(scalar, fc.constant(null)), { maxLength: 3 }));
const fields = fc.record({ f: value, g: value, h: fc.record({ i: value }), "J K": value }, { requiredKeys: [] });

function ruleFile(section: object, index: number): { path: string; text: string } {
  const rule = { title: `rule ${index}`, logsource: { category: "test" }, detection: section };
  return { path: `${index}.yml`, text: JSON.stringify(rule) };
}

function anEvent(content: Readonly<Record<string, unknown>>): SigmaEvent {
  return { id: "e", timeMs: 0, logsource: { category: "test" }, fields: content };
}

describe("the engine", () => {
  test("agrees with the oracle on every rule and event", () => {
    fc.assert(
      fc.property(fc.array(detection, { minLength: 1, maxLength: 4 }), fields, (sections, content) => {
        const ruleSet = loadRules(sections.map(ruleFile));
        expect(ruleSet.report.filter(({ status }) => status === "rejected")).toEqual([]);
        const event = anEvent(content);
        const expected = ruleSet.rules.filter(({ expression }) => evaluate(expression, event)).map(({ key }) => key);
        expect(
          createEngine(ruleSet)
            .match(event)
            .map(({ rule }) => rule.key),
        ).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
  });

  test("finds the same for a rule whatever other rules are loaded", () => {
    fc.assert(
      fc.property(detection, fc.array(detection, { maxLength: 4 }), fields, (one, others, content) => {
        const alone = createEngine(loadRules([ruleFile(one, 0)])).match(anEvent(content)).length > 0;
        const together = createEngine(loadRules([one, ...others].map(ruleFile))).match(anEvent(content));
        expect(together.some(({ rule }) => rule.key === "0.yml#0")).toBe(alone);
      }),
      { numRuns: 500 },
    );
  });

  test("finds the same before and after it has measured which witnesses are rare in the stream", () => {
    const words = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot"];
    const rules = Array.from({ length: 40 }, (_, index) => {
      const [one = "", two = ""] = [words[index % 6], words[(index * 5 + 1) % 6]];
      const b = { "g|endswith": `${two}${index % 9}`, ...(index % 4 === 0 ? { "f|re": `${one}.${two}` } : {}) };
      const conditions = ["a and b", "a or b", "a and not b", "1 of them"];
      return ruleFile({ a: { "f|contains": one }, b, condition: conditions[index % 4] ?? "a" }, index);
    });
    const ruleSet = loadRules(rules);
    const generated = createEngine(ruleSet, { generate: true });
    const closures = createEngine(ruleSet, { generate: false });
    for (let index = 0; index < 1_500; index += 1) {
      const content = {
        f: `${words[index % 6]} ${words[(index * 7) % 6]}`,
        g: `${words[(index >> 2) % 6]}${index % 9}`,
      };
      const event = anEvent(content);
      const expected = ruleSet.rules.filter(({ expression }) => evaluate(expression, event)).map(({ key }) => key);
      expect(generated.match(event).map(({ rule }) => rule.key)).toEqual(expected);
      expect(closures.match(event).map(({ rule }) => rule.key)).toEqual(expected);
      const line = new TextEncoder().encode(JSON.stringify(content));
      expect(generated.matchLine(line, event).map(({ rule }) => rule.key)).toEqual(expected);
    }
  });

  test("keeps rules for other log sources away from an event", () => {
    const rule = (logsource: object, title: string) => ({
      path: `${title}.yml`,
      text: JSON.stringify({ title, logsource, detection: { sel: { a: 1 }, condition: "sel" } }),
    });
    const ruleSet = loadRules([
      rule({ product: "linux" }, "product"),
      rule({ product: "linux", service: "sshd" }, "service"),
      rule({ category: "authentication" }, "category"),
      rule({ product: "windows" }, "other"),
      rule({ product: "linux", service: "auditd" }, "audit"),
    ]);
    const logsource = { product: "Linux", category: ["process_creation", "authentication"], service: "sshd" };
    const titles = createEngine(ruleSet).match({ id: "e", timeMs: 0, logsource, fields: { a: 1 } });
    expect(titles.map(({ rule: { title } }) => title)).toEqual(["product", "service", "category"]);
    expect(createEngine(ruleSet).rulesFor({})).toEqual([]);
    expect(
      createEngine(ruleSet, { routing: "none" }).match({ id: "e", timeMs: 0, logsource: {}, fields: { a: 1 } }),
    ).toHaveLength(5);
  });

  test("remembers routes for a bounded number of log sources", () => {
    const ruleSet = loadRules([ruleFile({ a: { f: 1 }, condition: "a" }, 0)]);
    const engine = createEngine(ruleSet);
    for (let index = 0; index < 10_000; index += 1)
      engine.match({ ...anEvent({ f: 1 }), logsource: { product: `made-up-${index}` } });
    expect(engine.match(anEvent({ f: 1 }))).toHaveLength(1);
  });

  test("does not take names of object internals for fields", () => {
    const ruleSet = loadRules([
      ruleFile({ a: { "constructor|exists": true }, b: { "__proto__|exists": true }, condition: "a or b" }, 0),
    ]);
    expect(createEngine(ruleSet).match(anEvent({ f: 1 }))).toEqual([]);
  });

  test("searches keywords in the line as received, but not in the names of a JSON line", () => {
    const ruleSet = loadRules([ruleFile({ a: ["evil"], condition: "a" }, 0)]);
    const engine = createEngine(ruleSet);
    expect(engine.match({ ...anEvent({ f: "x" }), raw: "an EVIL line" })).toHaveLength(1);
    expect(engine.match({ ...anEvent({ f: "x" }), raw: '{"evil": "x"}' })).toHaveLength(0);
  });

  test("does not take a name of very many segments for the shorter one it begins with", () => {
    const sixteen = Array.from({ length: 16 }, () => "a").join(".");
    const ruleSet = loadRules([ruleFile({ a: { [`${sixteen}.b`]: "x" }, condition: "not a" }, 0)]);
    expect(createEngine(ruleSet).match(anEvent({ [sixteen]: "x" }))).toHaveLength(1);
    expect(createEngine(ruleSet).match(anEvent({ [`${sixteen}.b`]: "x" }))).toHaveLength(0);
  });

  test("finds a field whose name has blanks under the name without them, as the specification spells it", () => {
    const ruleSet = loadRules([ruleFile({ a: { ThreatName: "x" }, condition: "a" }, 0)]);
    expect(createEngine(ruleSet).match(anEvent({ "Threat Name": "x" }))).toHaveLength(1);
  });
});

describe("hostile patterns", () => {
  test("a regular expression that makes backtracking engines explode takes linear time", () => {
    const section = { a: { "f|re": "(a+)+$" }, b: { "f|re": "(x+x+)+y" }, condition: "a or b" };
    const engine = createEngine(loadRules([ruleFile(section, 0)]));
    const started = performance.now();
    expect(engine.match(anEvent({ f: `${"a".repeat(65_536)}!` }))).toEqual([]);
    expect(engine.match(anEvent({ f: "x".repeat(65_536) }))).toEqual([]);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test("many wildcards against a long text stay fast", () => {
    const engine = createEngine(
      loadRules([ruleFile({ a: { f: `${"*a".repeat(40)}*b` }, b: { f: "*a?a?a?b*" }, condition: "a or b" }, 0)]),
    );
    const started = performance.now();
    expect(engine.match(anEvent({ f: `${"a".repeat(100_000)}c` }))).toEqual([]);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test.each([
    ["(?=x)a", "regex-invalid"],
    ["(?<!x)a", "regex-invalid"],
    ["(a)\\1", "regex-invalid"],
    ["a{1,100000}", "regex-too-large"],
    ["((a{100}){100}){100}", "regex-too-large"],
    ["[z-a]", "regex-invalid"],
    ["*a", "regex-invalid"],
  ])("the expression %s is refused when the rule is loaded: %s", (source, code) => {
    const { report } = loadRules([ruleFile({ a: { "f|re": source }, condition: "a" }, 0)]);
    expect(report).toMatchObject([{ status: "rejected", code }]);
  });
});
