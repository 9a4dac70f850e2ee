import type { CorrelationRule, DetectionRule, RuleSet } from "@tyr/sigma";
import { usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

const SHOWN_MAX = 10;

type Rule = DetectionRule | CorrelationRule;

/**
 * The one rule meant by a file, or by an id, a name or a title. Of a file that holds rules and correlations the rule is
 * meant.
 *
 * @throws {CliFailure} a usage error when there is none, and when there are several
 */
export function findRule(ruleSet: RuleSet, given: string): Rule {
  const all: readonly Rule[] = [...ruleSet.rules, ...ruleSet.correlations];
  const wanted = given.toLowerCase();
  const named = all.filter(({ path, key, id, name, title }) =>
    [path === given ? given : undefined, key, id, name, title].some((one) => one?.toLowerCase() === wanted),
  );
  const rules = named.filter(({ kind }) => kind === "detection");
  const meant = rules.length > 0 ? rules : named;
  const [rule, second] = meant;
  if (rule === undefined) throw whyNone(ruleSet, given);
  if (second !== undefined) throw usage(`${visible(given)} is ${meant.length} rules`, `Name one: ${keysOf(meant)}`);
  return rule;
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
