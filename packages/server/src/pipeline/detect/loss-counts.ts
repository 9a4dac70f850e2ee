import { type CorrelationLosses, hidingLosses, RULE_LOSSES_MAX, type RuleLosses } from "@tyr/contract";
import type { CorrelationLoss, RefusedGroup } from "@tyr/sigma";
import type { RulePack } from "./rule-pack.ts";

/** What correlations lost since the start, over all of them and by rule. */
export type LossReport = Readonly<{ total: CorrelationLosses; byRule: readonly RuleLosses[] }>;

export type LossCounts = Readonly<{
  add(loss: CorrelationLoss): void;
  /** Stored windows that could not be gone on from. */
  refuse(groups: readonly RefusedGroup[]): void;
  report(): LossReport;
}>;

const noLosses: CorrelationLosses = {
  late: 0,
  untimed: 0,
  ungrouped: 0,
  truncated: 0,
  evicted: 0,
  refused: 0,
  expired: 0,
};

type Counts = { -readonly [Reason in keyof CorrelationLosses]: number };

/** Counts losses: one row for each rule of the pack, and for rules whose windows were stored and that are gone. */
export function createLossCounts(rules: () => RulePack["rules"]): LossCounts {
  const total: Counts = { ...noLosses };
  const byRule = new Map<string, Counts>();
  const count = (ruleId: string, reason: keyof Counts, more: number): void => {
    const own = byRule.get(ruleId) ?? { ...noLosses };
    byRule.set(ruleId, own);
    own[reason] += more;
    total[reason] += more;
  };
  return {
    add: ({ rule, reason, count: more }) => count(rule.key, reason, more),
    refuse: (groups) => {
      for (const { correlationId } of groups) count(correlationId, "refused", 1);
    },
    report: () => ({
      total: { ...total },
      byRule: [...byRule]
        .map(([ruleId, losses]) => ({ ruleId, title: rules().get(ruleId)?.sigma.title ?? null, losses: { ...losses } }))
        .filter(({ losses }) => hidden(losses) > 0)
        .toSorted((left, right) => hidden(right.losses) - hidden(left.losses))
        .slice(0, RULE_LOSSES_MAX),
    }),
  };
}

function hidden(losses: CorrelationLosses): number {
  return hidingLosses(losses).reduce((sum, [, lost]) => sum + lost, 0);
}
