import { Type, type Static } from "typebox";
import { Instant, NullableInstant } from "./basics.ts";
import { RuleId } from "./rules.ts";

const Count = Type.Integer({ minimum: 0 });

/** Days of a sparkline; the last one is the newest day of event time on which the rule found something, today at the latest. */
export const FIGURE_DAYS = 30;
/** Closed incidents with a verdict below which no precision is told. */
export const PRECISION_JUDGED_MIN = 5;
/** Timed evaluations below which no cost is told. */
export const COST_SAMPLES_MIN = 20;

/**
 * What a rule takes of the time rules take, sampled: now and then the rules of one event are judged one by one, by
 * themselves. The engine shares work between rules, so this compares rules; it is no bill of the engine.
 */
export const RuleCost = Type.Object({
  share: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
    description: "of the time all rules took in the samples; null: unknown, too few samples or a correlation",
  }),
  microsPerEvent: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description: "mean over the sampled events its log source takes in; null: unknown",
  }),
  samples: Count,
  since: Type.Unsafe<string>({
    ...Instant,
    description: "counted from here: the start, or the last change of the pack",
  }),
});
export type RuleCost = Static<typeof RuleCost>;

/** How often people agreed: of the closed incidents its detections are part of, those that were no false positive. */
export const RulePrecision = Type.Object({
  value: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
    description: "(true positives + benign) / judged; null: unknown, fewer judged than `minimum`",
  }),
  truePositives: Count,
  benign: Count,
  falsePositives: Count,
  judged: Count,
  minimum: Count,
});
export type RulePrecision = Static<typeof RulePrecision>;

/**
 * Whether what comes in could make the rule find something, of the days looked at.
 * `unseen`: no event of a log source it names. `no-field`: such events, but each way to its condition asks for a field none
 * of them had. `no-match`: source and fields are there, its values were not. `fires`: it found something.
 * `unknown`: it is watched for less than a day, and nothing has been seen yet.
 */
export const RULE_REACHES = ["fires", "no-match", "no-field", "unseen", "unknown"] as const;
export const RuleReach = Type.Object({
  reach: Type.Enum(RULE_REACHES as unknown as (typeof RULE_REACHES)[number][]),
  days: Count,
  /** Since when its log sources and fields are watched: what came before is unknown. */
  watchedSince: NullableInstant,
  logsources: Type.Array(
    Type.Object({
      /** As the rule names it: `category=authentication`. A correlation has those of its rules. */
      logsource: Type.String(),
      lastSeenDay: Type.Union([Type.String({ format: "date" }), Type.Null()]),
    }),
  ),
  /** Fields its conditions read, keywords left out. */
  fields: Type.Array(
    Type.Object({
      field: Type.String(),
      lastSeenDay: Type.Union([Type.String({ format: "date" }), Type.Null()]),
    }),
  ),
});
export type RuleReach = Static<typeof RuleReach>;

export const RuleFigures = Type.Object({
  ruleId: RuleId,
  title: Type.String(),
  kind: Type.Enum(["detection", "correlation"]),
  detections: Type.Unsafe<number>({ ...Count, description: "stored, backfilled ones too" }),
  backfilled: Type.Unsafe<number>({ ...Count, description: "of them, found in older events by a backfill" }),
  suppressed: Type.Unsafe<number>({ ...Count, description: "found while it was muted: counted, not stored" }),
  lastDetectionAt: NullableInstant,
  /** One for each of 30 days, oldest first, zeros too; empty while it found nothing. */
  days: Type.Array(Type.Object({ day: Type.String({ format: "date" }), detections: Count })),
  cost: RuleCost,
  precision: RulePrecision,
  reach: RuleReach,
});
export type RuleFigures = Static<typeof RuleFigures>;

const days = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 90, default: 30, description: "how far `reach` looks back" }),
);
export const RuleFiguresQuery = Type.Object({ days });
export const RuleFiguresListQuery = Type.Object({
  days,
  never: Type.Optional(Type.Boolean({ description: "only rules that never found anything" })),
});
/** Every rule in force, in the order of the pack. */
export const RuleFiguresList = Type.Object({ items: Type.Array(RuleFigures) });
export type RuleFiguresList = Static<typeof RuleFiguresList>;
