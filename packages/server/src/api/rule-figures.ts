import {
  COST_SAMPLES_MIN,
  ok,
  PRECISION_JUDGED_MIN,
  refuse,
  type RuleCost,
  type RuleFigures,
  type RulePrecision,
} from "@tyr/contract";
import {
  daysByRule,
  hitsByRule,
  listInputs,
  reachOf,
  seenInputs,
  suppressedByRule,
  type CostReport,
  type PackRule,
  type RuleDay,
  type RuleHits,
  type RulePack,
  type SeenInputs,
  type Suppressed,
} from "#detect";
import { verdictsByRule, type Verdicts } from "#escalate";
import type { Clock } from "#platform/clock";
import type { Database, ReadDatabase } from "#platform/database";
import type { Handlers } from "./handler.ts";

type Costs = CostReport & Readonly<{ since: Date }>;
export type RuleFigureDeps = Readonly<{
  database: Pick<Database, "read">;
  clock: Clock;
  rules: () => RulePack;
  /** Undefined while no rule was evaluated yet. */
  costs: () => Costs | undefined;
}>;

const DAYS_DEFAULT = 30;

/** Precision is put together here: verdicts belong to a later stage than rules. */
export function ruleFigureHandlers(deps: RuleFigureDeps): Pick<Handlers, "rule.figures" | "rule.figureList"> {
  const { database, rules } = deps;
  return {
    "rule.figures": async ({ params: { id }, query }) => {
      const rule = rules().rules.get(id);
      if (rule === undefined) return refuse("NOT_FOUND", `no rule in force has the id ${id}`);
      const known = await knownOf(database.read, deps, query.days ?? DAYS_DEFAULT);
      return ok(figuresOf(rule, known));
    },
    "rule.figureList": async ({ query }) => {
      const known = await knownOf(database.read, deps, query.days ?? DAYS_DEFAULT);
      const items = [...rules().rules.values()].map((rule) => figuresOf(rule, known));
      return ok({ items: query.never === true ? items.filter(({ detections }) => detections === 0) : items });
    },
  };
}

/** What the figures of all rules are made of: a few reads, however many rules there are. */
type Known = Readonly<{
  pack: RulePack;
  hits: ReadonlyMap<string, RuleHits>;
  suppressed: ReadonlyMap<string, Suppressed>;
  days: ReadonlyMap<string, readonly RuleDay[]>;
  verdicts: ReadonlyMap<string, Verdicts>;
  seen: SeenInputs;
  costs: Costs | undefined;
  now: Date;
  reachDays: number;
}>;

async function knownOf(read: ReadDatabase, deps: RuleFigureDeps, reachDays: number): Promise<Known> {
  const now = deps.clock.now();
  return {
    pack: deps.rules(),
    hits: await hitsByRule(read),
    suppressed: await suppressedByRule(read),
    days: await daysByRule(read, now),
    verdicts: await verdictsByRule(read),
    seen: seenInputs(await listInputs(read)),
    costs: deps.costs(),
    now,
    reachDays,
  };
}

function figuresOf(rule: PackRule, known: Known): RuleFigures {
  const { pack, seen, now, reachDays } = known;
  const hits = known.hits.get(rule.id);
  const detections = hits?.detections ?? 0;
  return {
    ruleId: rule.id,
    title: rule.sigma.title,
    kind: rule.sigma.kind,
    detections,
    backfilled: hits?.backfilled ?? 0,
    suppressed: known.suppressed.get(rule.id)?.detections ?? 0,
    lastDetectionAt: hits?.lastAt.toISOString() ?? null,
    days: (known.days.get(rule.id) ?? []).map((one) => ({ ...one })),
    cost: costOf(rule, known.costs, now),
    precision: precisionOf(known.verdicts.get(rule.id)),
    reach: reachOf(rule, { pack, seen, detections, now, days: reachDays }),
  };
}

function costOf(rule: PackRule, costs: Costs | undefined, now: Date): RuleCost {
  const since = (costs?.since ?? now).toISOString();
  const { samples, ms } = costs?.byRule.get(rule.sigma.key) ?? { samples: 0, ms: 0 };
  const { totalMs = 0 } = costs ?? {};
  if (samples < COST_SAMPLES_MIN || totalMs === 0) return { share: null, microsPerEvent: null, samples, since };
  return { share: Math.min(1, ms / totalMs), microsPerEvent: (ms * 1_000) / samples, samples, since };
}

/** Benign: it happened as the rule says, and nobody meant harm; the rule was right. */
function precisionOf(verdicts: Verdicts | undefined): RulePrecision {
  const { true_positive: truePositives = 0, benign = 0, false_positive: falsePositives = 0 } = verdicts ?? {};
  const judged = truePositives + benign + falsePositives;
  const value = judged < PRECISION_JUDGED_MIN ? null : (truePositives + benign) / judged;
  return { value, truePositives, benign, falsePositives, judged, minimum: PRECISION_JUDGED_MIN };
}
