import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { CorrelationRule } from "@tyr/sigma";
import { SETTINGS_AS_SHIPPED } from "@tyr/contract";
import { readRuleFiles } from "./rule-files.ts";
import { buildRulePack, loadRulePack, type RulePack } from "./rule-pack.ts";
import { SETTINGS, type RuleLimits, type SettingName } from "./rule-extension.ts";

const RULES = fileURLToPath(new URL("../../../../../rules", import.meta.url));
const { files } = readRuleFiles(RULES);
const shipped = loadRulePack(RULES);
const asShipped: RuleLimits = SETTINGS_AS_SHIPPED;
const built = (limits: RuleLimits): RulePack => buildRulePack(files, { limits });

const byName = (pack: RulePack, name: string) => {
  const found = [...pack.rules.values()].find(({ sigma }) => sigma.name === name);
  if (found?.sigma.kind !== "correlation") throw new Error(`${name} is no correlation of the pack`);
  return { ...found, sigma: found.sigma };
};
const limitOf = ({ correlation: { condition } }: CorrelationRule) =>
  condition.kind === "number" ? condition.comparisons : undefined;

describe("rules that go by a setting", () => {
  const RULE_OF = {
    max_failed_logins_per_minute: "more_failures_than_set",
    max_scan_events_per_minute: "more_scans_than_set",
  } as const satisfies Record<SettingName, string>;

  test.each(Object.entries(RULE_OF) as [SettingName, string][])(
    "%s is what the pack ships with, and is replaced",
    (setting, name) => {
      const number = asShipped[SETTINGS[setting]];
      expect(limitOf(byName(shipped, name).sigma)).toEqual([{ operator: "gt", operand: number }]);
      const lower = built({ ...asShipped, [SETTINGS[setting]]: 3 });
      expect(limitOf(byName(lower, name).sigma)).toEqual([{ operator: "gt", operand: 3 }]);
      expect(lower.ruleSet.correlations.find((rule) => rule.name === name)).toBe(byName(lower, name).sigma);
    },
  );

  test("another limit is another version of these rules, of the pack, and of nothing else", () => {
    const [one, other] = [built(asShipped), built({ ...asShipped, maxFailedLoginsPerMinute: 5 })];
    expect(one.digest).not.toBe(other.digest);
    const changed = [...one.rules].filter(([key, rule]) => other.rules.get(key)?.stateDigest !== rule.stateDigest);
    expect(changed.map(([, { sigma }]) => sigma.name)).toEqual(["more_failures_than_set"]);
    expect(byName(other, "more_failures_than_set").text).toBe(byName(one, "more_failures_than_set").text);
  });

  test.each([
    ["an unknown setting", "setting: max_panic", "tyr.setting must be one of"],
    ["one of Object's names", "setting: constructor", "tyr.setting must be one of"],
    ["a number", "setting: 5", "tyr.setting must be one of"],
  ])("%s is refused", (_name, line, why) => {
    expect(rejectedBy(line, "1m", "{ gt: 5 }")).toContain(why);
  });
  test.each([
    ["another span", "5m", "{ gt: 5 }"],
    ["another comparison", "1m", "{ gte: 5 }"],
    ["two comparisons", "1m", "{ gt: 5, lt: 9 }"],
  ])("%s is refused, as the setting says more than so many in a minute", (_name, span, condition) => {
    expect(rejectedBy("setting: max_scan_events_per_minute", span, condition)).toContain("over one minute");
  });

  function rejectedBy(line: string, span: string, condition: string): string {
    const text = `
title: Base
id: 11111111-1111-4111-8111-111111111111
name: base
logsource: { category: authentication }
detection: { selection: { event.outcome: failure }, condition: selection }
---
title: Counting
id: 21111111-1111-4111-8111-111111111111
correlation: { type: event_count, rules: [base], group-by: [source.ip], timespan: ${span}, condition: ${condition} }
tyr: { ${line} }
`;
    return buildRulePack([{ path: "a.yml", text }])
      .rejected.map(({ message }) => message)
      .join();
  }
});
