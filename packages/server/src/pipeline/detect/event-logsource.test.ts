import { expect, test } from "vitest";
import { createEvaluator } from "./evaluate.ts";
import { eventLogsource } from "./event-logsource.ts";
import { readRuleLine } from "./rule-line.ts";
import { buildRulePack } from "./rule-pack.ts";
import { sourceLines, sourceRuleId, sourceRules } from "./testing/source-lines.ts";

const pack = buildRulePack(sourceRules);

test("the rules for the sources are all in force", () => {
  expect(pack.rejected).toEqual([]);
});

test.each(sourceLines.map((one, place) => [one.source, one, place] as const))(
  "rules as they are written for %s find its events",
  (_source, { line, rules }, place) => {
    const read = readRuleLine(line);
    if (!read.ok) throw new Error(read.reason);
    const found = createEvaluator(pack).evaluate(read.event);
    expect(found.map(({ ruleId }) => ruleId)).toEqual(rules.map((_rule, at) => sourceRuleId(place, at)));
  },
);

test("what a sender says of its events adds to what the table says, and takes nothing away", () => {
  const declared = { product: "acme", category: "log", service: "gate" };
  const fields = { Channel: "Security", EventID: 4688 };
  expect(eventLogsource(fields, declared)).toEqual({
    product: ["windows", "acme"],
    category: ["process_creation", "log"],
    service: ["security", "gate"],
  });
  expect(eventLogsource({ hello: 1 }, declared)).toEqual(declared);
  expect(eventLogsource(fields, {})).toEqual({ product: "windows", category: "process_creation", service: "security" });
});

test("the same name in another spelling is not said twice", () => {
  const fields = { program: "sshd", host: "gate" };
  const declared = { product: "Linux", category: "authentication", service: "SSHD" };
  expect(eventLogsource(fields, declared)).toEqual({
    product: "linux",
    category: "authentication",
    service: ["sshd", "auth"],
  });
});

test("events of one kind share one log source, which nobody can change", () => {
  const declared = { product: "linux", category: "authentication", service: "sshd" };
  const one = eventLogsource({ program: "sshd", host: "a", message: "x" }, declared);
  expect(eventLogsource({ program: "sshd", host: "b" }, declared)).toBe(one);
  expect([one, one.service].every((part) => Object.isFrozen(part))).toBe(true);
});
