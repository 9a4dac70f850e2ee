import type { CorrelationRule, DetectionRule, RuleSet } from "@tyr/sigma";
import { usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

const SHOWN_MAX = 10;

type Rule = DetectionRule | CorrelationRule;

/**
 * The one rule meant by a file, or by an id, a name or a title.
 *
 * @throws {CliFailure} a usage error when there is none, when there are several, and for a correlation: it counts hits of
 * other rules, so no single event decides it
 */
export function findRule(ruleSet: RuleSet, given: string): DetectionRule {
  const all: readonly Rule[] = [...ruleSet.rules, ...ruleSet.correlations];
  const wanted = given.toLowerCase();
  const named = all.filter(({ path, key, id, name, title }) =>
    [path === given ? given : undefined, key, id, name, title].some((one) => one?.toLowerCase() === wanted),
  );
  const rules = named.filter((rule) => rule.kind === "detection");
  const [rule, second] = rules;
  if (rule !== undefined && second === undefined) return rule;
  if (second !== undefined) throw usage(`${visible(given)} is ${rules.length} rules`, `Name one: ${keysOf(rules)}`);
  const [correlation] = named;
  if (correlation?.kind !== "correlation") throw whyNone(ruleSet, given);
  const bases = correlation.correlation.rules.join(", ");
  throw usage(
    `${visible(correlation.title)} is a correlation, which counts hits of other rules`,
    `Explain one of those: ${visible(bases)}`,
  );
}

function whyNone({ report }: RuleSet, given: string): Error {
  const rejected = report.find((entry) => entry.status === "rejected" && [entry.path, entry.title].includes(given));
  if (rejected?.status !== "rejected")
    return usage(
      `there is no rule ${visible(given)}`,
      "Give a file, or an id, name or title; --rules PATH says where.",
    );
  const { path, line, column, message, code } = rejected;
  return usage(visible(`${path}:${line}:${column}: the rule was rejected: ${message} [${code}]`));
}

function keysOf(rules: readonly Rule[]): string {
  const more = rules.length > SHOWN_MAX ? ` and ${rules.length - SHOWN_MAX} more` : "";
  return (
    visible(
      rules
        .slice(0, SHOWN_MAX)
        .map(({ key }) => key)
        .join(", "),
    ) + more
  );
}
