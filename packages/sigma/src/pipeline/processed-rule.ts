import type { RegexBudget } from "../compile/budget.ts";
import type { Placeholders } from "../compile/placeholder.ts";
import type { Expression } from "../expression.ts";
import { compileDetection } from "../parse/detection.ts";
import type { DetectionDraft } from "../parse/draft.ts";
import type { Logsource } from "../parse/logsource.ts";
import { reject } from "../parse/rejection.ts";
import type { CorrelationRule, DetectionRule } from "../rule.ts";
import { applyToRule, type RuleDraft } from "./apply-to-rule.ts";
import type { Pipeline } from "./pipeline.ts";

/** What happens to every rule between reading and compiling. */
export type Processing = Readonly<{
  placeholders: Placeholders;
  pipelines: readonly Pipeline[];
  /** Shared by all documents; left out: each rule has its own. */
  regexes?: RegexBudget | undefined;
}>;

type Warn = (message: string) => void;

/** @throws {RuleRejected} when a pipeline refuses the rule, or what came of it cannot be compiled */
export function processedRule(written: RuleDraft, processing: Processing, warn: Warn): DetectionRule {
  const { metadata, logsource, detection } = applyToRule(processing.pipelines, written);
  if (logsource === undefined || detection === undefined) return reject("not-a-rule", "there is no detection", []);
  const { placeholders, regexes } = processing;
  const context = { placeholders, regexes, warn, at: ["detection"] };
  const expression = compileDetection(detection, context);
  return { ...metadata, logsource, kind: "detection", expression, reported: true, filteredBy: [] };
}

/**
 * The condition of a filter as it stands in one rule: pipelines change it as they change the rule, by the rule's log source
 * and not by the filter's wider one. Conditions they add are the rule's own already.
 */
export function processedFilter(rule: RuleDraft, filter: DetectionDraft, processing: Processing): Expression {
  const { detection = filter } = applyToRule(processing.pipelines, { ...rule, detection: filter });
  const { placeholders, regexes } = processing;
  const context = { placeholders, regexes, warn: () => undefined, at: ["filter"] };
  return compileDetection({ ...detection, added: [] }, context);
}

/** @throws {RuleRejected} as for rules; conditions about log sources ask those of the rules it refers to */
export function processedCorrelation(
  rule: CorrelationRule,
  referred: readonly Logsource[],
  { pipelines }: Processing,
): CorrelationRule {
  if (pipelines.length === 0) return rule;
  const { kind, correlation, reported, ...metadata } = rule;
  const draft = applyToRule(pipelines, { metadata, correlation, referred });
  return { ...draft.metadata, kind, correlation: draft.correlation ?? correlation, reported };
}
