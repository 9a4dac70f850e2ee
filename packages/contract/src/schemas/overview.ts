import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Severity } from "../severity.ts";
import { Actor, Instant, NullableInstant, NullableString } from "./basics.ts";
import { ModeName } from "./govern.ts";
import { NotificationHealth } from "./notifications.ts";
import { Cosigning } from "./witness.ts";

/** The operating mode. Who, why and until when are absent while it never changed; nothing here is defaulted. */
export const Mode = Type.Object({
  mode: ModeName,
  updated_at: NullableInstant,
  /** Who changed it, for reading; or that it never changed. */
  source: Type.String(),
  by: Type.Optional(Actor),
  reason: Type.Optional(Type.String()),
  until: Type.Optional(NullableInstant),
});

/** The unified snapshot of source A: computed from rows at the moment of asking. Names as the original contract has them. */
export const Dashboard = Type.Object({
  timestamp: Instant,
  last_update: NullableInstant,
  security_mode: Mode,
  incidents: Type.Object({
    total_open: Type.Integer(),
    critical: Type.Integer(),
    high: Type.Integer(),
    medium: Type.Integer(),
    low: Type.Integer(),
    info: Type.Integer(),
  }),
  blocklist: Type.Object({
    total_blocked: Type.Integer(),
    ips: Type.Integer(),
    ranges: Type.Integer(),
  }),
  honeypot: Type.Object({
    total_instances: Type.Integer(),
    active_instances: Type.Integer(),
    recent_events: Type.Integer({ description: "stored in the last 24 h" }),
    total_events: Type.Integer(),
    threats_detected: Type.Integer({ description: "stored detections" }),
  }),
  action_requests: Type.Object({
    total_pending: Type.Integer(),
    pending_by_type: Type.Record(Type.String(), Type.Integer()),
  }),
});
export type Dashboard = Static<typeof Dashboard>;

export const Overview = Type.Object({
  at: Instant,
  mode: Mode,
  /** One's own approval may count, later: said until it is off. */
  singlePerson: Type.Optional(Type.Boolean()),
  incidents: Type.Object({ open: Type.Integer(), bySeverity: Type.Record(Type.String(), Type.Integer()) }),
  approvals: Type.Object({
    waiting: Type.Integer(),
    oldestAt: NullableInstant,
    /** Of those waiting, how many too few people could approve as things are; absent: none. */
    unapprovable: Type.Optional(Type.Integer()),
  }),
  blocks: Type.Object({
    active: Type.Integer(),
    enforcers: Type.Integer(),
    enforcersSeen: Type.Integer(),
    unacknowledged: Type.Integer(),
  }),
  events: Type.Object({
    total: Type.Integer(),
    lastAt: NullableInstant,
    /** The newest 48 hours of event time that hold events, oldest first; hours without events are zeros between them. */
    perHour: Type.Array(Type.Object({ at: Instant, events: Type.Integer(), detections: Type.Integer() })),
  }),
  detections: Type.Object({ total: Type.Integer(), lagEvents: Type.Integer() }),
  topActors: Type.Array(
    Type.Object({
      ip: Type.String(),
      risk: Type.Integer(),
      severity: Severity,
      incidentId: IdSchema("incident"),
      detections: Type.Integer(),
      blocked: Type.Boolean(),
    }),
  ),
  techniques: Type.Array(
    Type.Object({ technique: Type.String(), name: NullableString, tactic: Type.String(), detections: Type.Integer() }),
  ),
  audit: Type.Object({
    size: Type.Integer(),
    checkpointAt: NullableInstant,
    cosigning: Type.Optional(Cosigning),
  }),
});
export type Overview = Static<typeof Overview>;

/** How far a log that is being read in has come, in lines; `detail` names the file. */
export const ImportProgress = Type.Object({
  name: Type.String(),
  done: Type.Integer(),
  total: Type.Integer(),
  state: Type.Enum(["running", "done", "failed"]),
  detail: Type.String(),
});
export type ImportProgress = Static<typeof ImportProgress>;

/**
 * What correlations could not use, or no longer hold: events, except where it says entries or windows. All but `expired`
 * may hide a detection.
 */
export const CORRELATION_LOSSES = {
  late: "came after their time window had passed",
  untimed: "carried no usable time",
  ungrouped: "lacked a field their rule groups by",
  truncated: "were more than one group holds (entries)",
  evicted: "were let go to stay within memory (entries)",
  refused: "could not go on after a restart: rule gone or changed, or text damaged (windows)",
  expired: "left their time window, as they should (entries)",
} as const;
export type CorrelationLossReason = keyof typeof CORRELATION_LOSSES;
const Lost = Type.Integer({ minimum: 0 });
export const CorrelationLosses = Type.Object(
  { late: Lost, untimed: Lost, ungrouped: Lost, truncated: Lost, evicted: Lost, refused: Lost, expired: Lost },
  { description: "since the server started" },
);
export type CorrelationLosses = Readonly<Static<typeof CorrelationLosses>>;

/** What one correlation rule lost. `title` is null where the rule is no longer there. */
export const RuleLosses = Type.Object({ ruleId: Type.String(), title: NullableString, losses: CorrelationLosses });
export type RuleLosses = Readonly<Static<typeof RuleLosses>>;
/** Rules one answer names. */
export const RULE_LOSSES_MAX = 100;

/** A processing pipeline an operator set: what it changes, how many transformations it has, what of it was ignored. */
export const PipelineInForce = Type.Object({
  path: Type.String(),
  name: Type.String(),
  appliesTo: Type.Enum(["rules", "events"]),
  steps: Type.Integer(),
  warnings: Type.Array(Type.String()),
});

/** What derives events from events, counted since the start. */
export const LiftFigures = Type.Object({
  lifters: Type.Array(
    Type.Object({
      lifter: Type.String(),
      events: Type.Integer({ description: "events it looked at" }),
      derived: Type.Integer(),
      failures: Type.Integer({ description: "events it broke on, of which it derived nothing" }),
      groups: Type.Integer({ description: "sessions, visits, flows … it remembers now" }),
      letGo: Type.Integer({ description: "of those, how many had to go for want of room" }),
      meanUs: Type.Integer({ description: "mean time per event, microseconds, of one event in 64" }),
    }),
  ),
  unclaimed: Type.Array(Type.Object({ kind: Type.String(), events: Type.Integer(), known: Type.Boolean() }), {
    description: "kinds of events nothing is derived from",
  }),
});

export const Status = Type.Object({
  version: Type.String(),
  startedAt: Instant,
  now: Instant,
  database: Type.Object({ engine: Type.Enum(["pglite", "postgres"]), schema: Type.Integer(), durable: Type.Boolean() }),
  rules: Type.Object({
    loaded: Type.Integer(),
    rejected: Type.Integer(),
    digest: Type.String(),
    pipelines: Type.Optional(Type.Array(PipelineInForce, { description: "processing pipelines, in the order named" })),
  }),
  policy: Type.Object({ digest: Type.String() }),
  pipeline: Type.Array(
    Type.Object({ consumer: Type.String(), position: Type.String(), head: Type.String(), lag: Type.Integer() }),
  ),
  correlationLosses: CorrelationLosses,
  correlationLossesByRule: Type.Array(RuleLosses, {
    description: "rules that may have missed something, those that lost most first",
    maxItems: RULE_LOSSES_MAX,
  }),
  lift: Type.Optional(LiftFigures),
  stages: Type.Optional(
    Type.Object(
      { leads: Type.Boolean(), since: Instant },
      { description: "of several servers on one database one leads and runs the stages; the others stand by" },
    ),
  ),
  imports: Type.Array(ImportProgress),
  notifications: Type.Optional(NotificationHealth),
  cosigning: Type.Optional(Cosigning),
  intake: Type.Object({ queuedBytes: Type.Integer(), queuedBytesMax: Type.Integer() }),
  memoryBytes: Type.Integer(),
});
export type Status = Static<typeof Status>;
