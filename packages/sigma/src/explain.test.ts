import { describe, expect, test } from "vitest";
import { type DetectionRule, explain, type Explanation, loadRules, runRuleTests } from "./index.ts";

const text = `title: Shell download
name: shell-download
logsource: { product: linux }
detection:
  selection:
    cmd|contains|all: ['wget ', 'chmod ']
  filter_update:
    user: updater
  condition: selection and not 1 of filter_*
---
title: Many
name: many
correlation: { type: event_count, rules: [shell-download], group-by: [user], timespan: 1m, condition: { gte: 2 } }
`;

const ruleSet = loadRules([{ path: "r.yml", text }]);
const [rule] = ruleSet.rules as readonly [DetectionRule];

function explained(fields: Readonly<Record<string, unknown>>): ReturnType<typeof explain> {
  return explain(rule, { id: "e", timeMs: 0, logsource: { product: "linux" }, fields });
}

/** The lines of the rule the answer rests on. */
function decisive(tree: Explanation): readonly string[] {
  if (tree.children.length === 0)
    return tree.decisive ? [`${tree.item} (${tree.matched ? "yes" : "no"}): ${tree.why}`] : [];
  return tree.children.flatMap(decisive);
}

describe("an explanation", () => {
  test("names the line that kept the rule from matching", () => {
    const { matched, tree } = explained({ cmd: "wget http://x", user: "bob" });
    expect(matched).toBe(false);
    expect(decisive(tree)).toEqual([
      'cmd|contains|all: ["wget ","chmod "] (no): cmd is "wget http://x"; it does not match "*chmod *"',
    ]);
  });

  test("names the filter that took a match away", () => {
    const { matched, tree } = explained({ cmd: "wget x; chmod y", user: "Updater" });
    expect(matched).toBe(false);
    expect(decisive(tree)).toEqual(['user: "updater" (yes): user is "Updater"; it does match "updater"']);
  });

  test("names everything a match rests on", () => {
    const { matched, tree } = explained({ cmd: "wget x; chmod y" });
    expect(matched).toBe(true);
    expect(decisive(tree)).toHaveLength(2);
    expect(decisive(tree)[1]).toContain("user is absent");
  });

  test("says when the rule is not about such events", () => {
    const event = { id: "e", timeMs: 0, logsource: { product: "windows" }, fields: { cmd: "wget x; chmod y" } };
    expect(explain(rule, event)).toMatchObject({ applies: false, matched: false, tree: { matched: true } });
  });

  test("shows hostile text without its control and direction characters, and shortened", () => {
    const [line = ""] = decisive(explained({ cmd: `\u001b[2J\u202Eevil\n${"x".repeat(500)}` }).tree);
    expect(line).toContain("\\u{1b}[2J\\u{202e}evil\\u{a}");
    expect(line.length).toBeLessThan(300);
  });
});

describe("rule tests", () => {
  const hit = { fields: { cmd: "wget x; chmod y", user: "bob" } };
  const miss = { fields: { cmd: "ls" } };

  test("count what a rule or a correlation finds", () => {
    expect(
      runRuleTests(ruleSet, "shell-download", [
        { name: "finds it", events: [hit], expected: true },
        { name: "finds both", events: [hit, miss, hit], expected: 2 },
        { name: "leaves others alone", events: [miss], expected: false },
        { name: "leaves other products alone", events: [{ ...hit, logsource: { product: "windows" } }], expected: 0 },
      ]).map(({ passed }) => passed),
    ).toEqual([true, true, true, true]);
    expect(
      runRuleTests(ruleSet, "many", [
        { name: "a burst", events: [hit, hit, hit], expected: 1 },
        { name: "too far apart", events: [hit, { ...hit, timeMs: 120_000 }], expected: false },
      ]).map(({ passed }) => passed),
    ).toEqual([true, true]);
  });

  test("that fail say what was found and why", () => {
    const [result] = runRuleTests(ruleSet, "shell-download", [{ name: "wrong", events: [miss], expected: true }]);
    expect(result).toMatchObject({ passed: false, expected: true, actual: 0, explanations: [{ matched: false }] });
  });

  test("of a rule that is not there do not pass", () => {
    expect(() => runRuleTests(ruleSet, "gone", [])).toThrow(RangeError);
  });
});
