import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Severity } from "../severity.ts";
import { Actor, Facts, Instant, LineText, NullableInstant, NullableString } from "./basics.ts";
import { RuleId } from "./rules.ts";

const Count = Type.Integer({ minimum: 0 });

/** Characters of a draft: the worst regular expressions of so many take under a second and some 150 MB to load. */
export const DRAFT_CHARS_MAX = 16_384;
/** Documents of a draft, and how many of them may be correlations: each holds windows in memory. */
export const DRAFT_RULES_MAX = 16;
export const DRAFT_CORRELATIONS_MAX = 4;
/** Sample detections of each rule, spread over what was found. */
export const BACKTEST_SAMPLES_MAX = 20;
/** Days one backtest or backfill may go over. */
export const REPLAY_DAYS_MAX = 366;

/** From this time of events (included) to that one (left out). */
const period = { from: Instant, to: Instant };

/** What is tried: a draft (one or several YAML documents: rules, correlations, filters), or a rule in force. */
export const BacktestNew = Type.Union([
  Type.Object(
    {
      ...period,
      text: Type.String({
        minLength: 1,
        maxLength: DRAFT_CHARS_MAX,
        pattern: "^[^\\u0000]*$",
        description: "Sigma documents, with ids, and with the rules its correlations refer to",
      }),
    },
    { additionalProperties: false },
  ),
  Type.Object({ ...period, ruleId: RuleId }, { additionalProperties: false }),
]);
export type BacktestNew = Static<typeof BacktestNew>;

/** `interrupted`: the server stopped first, or it failed; the log of the server says why. */
export const REPLAY_STATES = ["running", "done", "cancelled", "interrupted"] as const;
const ReplayState = Type.Enum(REPLAY_STATES as unknown as (typeof REPLAY_STATES)[number][]);

const replay = {
  state: ReplayState,
  ...period,
  startedAt: Instant,
  endedAt: NullableInstant,
  by: Actor,
  /** Part of the stored stream gone over, 0 to 1. */
  progress: Type.Number({ minimum: 0, maximum: 1 }),
  /** Events of the period looked at so far. */
  events: Count,
};

/** A detection nobody stored. */
export const SampleDetection = Type.Object({
  time: Instant,
  actorIp: NullableString,
  user: NullableString,
  groupKey: Facts,
  eventIds: Type.Array(IdSchema("event"), { description: "the newest, at most 10; `eventCount` is the whole number" }),
  eventCount: Count,
  techniques: Type.Array(Type.String()),
});
export type SampleDetection = Static<typeof SampleDetection>;

export const BacktestRule = Type.Object({
  ruleId: RuleId,
  title: Type.String(),
  kind: Type.Enum(["detection", "correlation"]),
  severity: Severity,
  detections: Count,
  actors: Type.Integer({ minimum: 0, description: "different source addresses; counted up to 10,000" }),
  days: Type.Array(Type.Object({ day: Type.String({ format: "date" }), detections: Count })),
  samples: Type.Array(SampleDetection),
  /** Against the rule of the same id that is in force, over the same events; null: there is none. */
  inForce: Type.Union([
    Type.Object({
      version: Type.String(),
      detections: Count,
      both: Type.Integer({ minimum: 0, description: "found by both, at the same event and for the same group" }),
      onlyHere: Count,
      onlyInForce: Count,
    }),
    Type.Null(),
  ]),
});
export type BacktestRule = Static<typeof BacktestRule>;

export const Backtest = Type.Object({
  id: IdSchema("backtest"),
  ...replay,
  rules: Type.Array(BacktestRule),
  /** What its correlations could not use or had to let go, by reason. */
  losses: Type.Record(Type.String(), Count),
});
export type Backtest = Static<typeof Backtest>;
export const BacktestList = Type.Object({ items: Type.Array(Backtest) });

export const BackfillNew = Type.Object(
  { ruleId: RuleId, ...period, reason: LineText(300) },
  { additionalProperties: false },
);
export type BackfillNew = Static<typeof BackfillNew>;
export const Backfill = Type.Object({
  id: IdSchema("backfill"),
  ...replay,
  ruleId: RuleId,
  ruleVersion: Type.String(),
  reason: Type.String(),
  detections: Type.Integer({ minimum: 0, description: "written; what was stored already is left alone" }),
  tags: Count,
});
export type Backfill = Static<typeof Backfill>;
export const BackfillList = Type.Object({ items: Type.Array(Backfill) });
