import type { CorrelationRule } from "@tyr/sigma";
import { readExtension, SETTINGS, type RuleLimits } from "./rule-extension.ts";

/** The correlation with the number that is set, where it goes by a setting. */
export function withLimit(rule: CorrelationRule, limits: RuleLimits | undefined): CorrelationRule {
  const read = readExtension(rule);
  if (limits === undefined || !read.ok || read.extension.setting === undefined) return rule;
  const operand = limits[SETTINGS[read.extension.setting]];
  const condition = { kind: "number", comparisons: [{ operator: "gt", operand }] } as const;
  return { ...rule, correlation: { ...rule.correlation, condition } };
}

/** What a limit says of the version of a rule; nothing where it goes by none, so that versions stay what they were. */
export function limitMarks(rule: CorrelationRule, limits: RuleLimits | undefined): readonly string[] {
  const set = withLimit(rule, limits);
  return set === rule ? [] : [JSON.stringify(set.correlation.condition)];
}
