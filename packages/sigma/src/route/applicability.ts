import type { CorrelationRule, DetectionRule } from "../rule.ts";
import type { RuleSet } from "../load.ts";
import type { EventLogsource } from "../match/event.ts";
import { ruleApplies } from "../match/route.ts";
import type { Logsource } from "../parse/logsource.ts";
import { knownLogsources } from "./router.ts";

/** A rule that cannot match, and why. The file and line are those of the load report. */
export type NeverApplicable = Readonly<{
  key: string;
  title: string;
  path: string;
  line: number;
  kind: "detection" | "correlation";
  /** For people: which part of the logsource nothing has, or which rule is missing from a correlation. */
  reason: string;
}>;

/** Every rule and correlation of a set, on one side or the other. */
export type Applicability = Readonly<{
  /** Keys of the rules at least one logsource can reach. */
  applicable: readonly string[];
  never: readonly NeverApplicable[];
}>;

/**
 * Which rules of a set can match at all, given the logsources there are: those of the routing table, or the ones the
 * caller really receives. Errs on the side of "applicable": it looks at logsources, not at fields.
 */
export function applicability(
  ruleSet: Pick<RuleSet, "rules" | "correlations">,
  logsources: readonly EventLogsource[] = knownLogsources(),
): Applicability {
  const applicable = new Set<string>();
  const never: NeverApplicable[] = [];
  const settle = (rule: DetectionRule | CorrelationRule, reason: string | undefined): void => {
    const { key, title, path, line, kind } = rule;
    if (reason === undefined) applicable.add(key);
    else never.push({ key, title, path, line, kind, reason });
  };
  const kinds = distinct(logsources);
  const reasons = new Map<string, string | undefined>();
  for (const rule of ruleSet.rules) settle(rule, remembered(reasons, rule.logsource, kinds));
  // Referred correlations stand before those that refer to them.
  for (const rule of ruleSet.correlations) settle(rule, whyCorrelationNever(rule, applicable));
  return { applicable: [...applicable], never };
}

function distinct(logsources: readonly EventLogsource[]): readonly EventLogsource[] {
  return [...new Map(logsources.map((logsource) => [JSON.stringify(logsource), logsource])).values()];
}

/** Thousands of rules share some hundred logsources. */
function remembered(
  reasons: Map<string, string | undefined>,
  logsource: Logsource,
  kinds: readonly EventLogsource[],
): string | undefined {
  const key = JSON.stringify([logsource.product, logsource.category, logsource.service]);
  if (!reasons.has(key)) reasons.set(key, whyNever(logsource, kinds));
  return reasons.get(key);
}

const parts = ["product", "category", "service"] as const;

function whyNever(rule: Logsource, kinds: readonly EventLogsource[]): string | undefined {
  if (kinds.some((kind) => ruleApplies(rule, kind))) return undefined;
  const named = parts.flatMap((part) => {
    const value = rule[part];
    return value === undefined ? [] : [{ part, value, alone: { [part]: value, custom: {} } }];
  });
  if (named.length === 0) return "the rule names neither product, category nor service";
  const missing = named.filter(({ alone }) => !kinds.some((kind) => ruleApplies(alone, kind)));
  const shown = (list: typeof named): string => list.map(({ part, value }) => `${part} ${value}`).join(" and ");
  if (missing.length > 0) return `no log source has ${shown(missing)}`;
  return `no log source has ${shown(named)} together`;
}

/** A correlation that waits for every one of its rules needs all of them; any other needs one. */
function whyCorrelationNever(rule: CorrelationRule, applicable: ReadonlySet<string>): string | undefined {
  const { rules, condition } = rule.correlation;
  const missing = rules.filter((key) => !applicable.has(key));
  const isNever = condition.kind === "every" ? missing.length > 0 : missing.length === rules.length;
  return isNever ? `it refers to ${missing.join(", ")}, which can never match` : undefined;
}
