import type { AttackTags } from "./parse/attack-tags.ts";
import type { CorrelationSpec } from "./parse/correlation.ts";
import type { Logsource } from "./parse/logsource.ts";
import type { Expression } from "./expression.ts";

/** Sigma's own levels, weakest first. `informational` enriches and must not open a case by itself. */
export const levels = ["informational", "low", "medium", "high", "critical"] as const;
/** How bad a match is, as its author says; rules may leave it out. */
export type Level = (typeof levels)[number];

/** What every kind of Sigma document says about itself. */
export type RuleMetadata = Readonly<{
  /** Unique in its rule set and stable across restarts: the id, else the name, else `path#number`. */
  key: string;
  id?: string;
  name?: string;
  title: string;
  level?: Level;
  status?: string;
  description?: string;
  author?: string;
  date?: string;
  modified?: string;
  license?: string;
  taxonomy?: string;
  references: readonly string[];
  falsepositives: readonly string[];
  fields: readonly string[];
  related: readonly unknown[];
  tags: readonly string[];
  attack: AttackTags;
  /** Top-level keys the specification does not name, untouched; ours live under `tyr`. */
  custom: Readonly<Record<string, unknown>>;
  /** Where it was read from; the line is that of the document's first key, from 1. */
  path: string;
  line: number;
}>;

/** A rule about single events, ready to evaluate; filters are already part of the expression. */
export type DetectionRule = RuleMetadata &
  Readonly<{
    kind: "detection";
    logsource: Logsource;
    expression: Expression;
    /** False when only correlations without `generate` use it: its hits feed them and are no findings of their own. */
    reported: boolean;
    /** Keys of the filters that narrow this rule. */
    filteredBy: readonly string[];
  }>;

/** A rule about many events. Its references are resolved to keys. */
export type CorrelationRule = RuleMetadata &
  Readonly<{ kind: "correlation"; correlation: CorrelationSpec; reported: boolean }>;

/** Narrows the rules it names by AND-ing its condition onto theirs. */
export type FilterRule = RuleMetadata &
  Readonly<{ kind: "filter"; logsource: Logsource; targets: readonly string[] | "any"; expression: Expression }>;

/** Any document of a rule file; `kind` tells which. */
export type SigmaRule = DetectionRule | CorrelationRule | FilterRule;
