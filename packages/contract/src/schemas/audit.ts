import { Type, type Static } from "typebox";
import { Instant, NullableInstant, PageOf, StorableText } from "./basics.ts";
import { AuditEntry } from "./trust.ts";

/** Coarse kinds of entries, for people and systems that do not know ours; made from the noun of the type. */
export const AUDIT_CLASSES = [
  "authentication",
  "authorization",
  "data_access",
  "data_modification",
  "configuration_change",
  "security_event",
  "system_access",
] as const;
export const AuditClass = Type.Enum([...AUDIT_CLASSES]);
export type AuditClass = Static<typeof AuditClass>;

/** What is worth a look, computed from the log alone. Thresholds: `AUDIT_ANOMALIES`. */
export const AUDIT_ANOMALIES = {
  failure_burst: "the fifth or a later entry of this actor within ten minutes that did not succeed",
  out_of_hours: "a person did something privileged between 22:00 and 06:00",
  credential_copied: "a credential that only one should have was used by two: a refresh token, or a passkey",
  first_seen: "somebody known for at least seven days did something privileged for the first time",
} as const;
export const AuditAnomaly = Type.Enum(Object.keys(AUDIT_ANOMALIES) as (keyof typeof AUDIT_ANOMALIES)[]);
export type AuditAnomaly = Static<typeof AuditAnomaly>;

export const AuditSearchEntry = Type.Object({
  ...AuditEntry.properties,
  index: Type.Integer({ minimum: 0, description: "place in the tree" }),
  class: AuditClass,
  anomalies: Type.Array(AuditAnomaly),
});
export type AuditSearchEntry = Static<typeof AuditSearchEntry>;
export const AuditSearchPage = Type.Object({
  ...PageOf(AuditSearchEntry).properties,
  pruned: Type.Optional(
    Type.Integer({ description: "on the last page: so many of the first entries are pruned, and were not searched" }),
  ),
});

const UtcOffset = Type.Integer({
  minimum: -840,
  maximum: 840,
  default: 0,
  description: "minutes east of UTC in which hours are read for out_of_hours",
});
export const AuditSearchQuery = Type.Object({
  after: Type.Optional(StorableText(20)),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
  since: Type.Optional(Instant),
  until: Type.Optional(Instant),
  type: Type.Optional(StorableText(80)),
  eventType: Type.Optional(AuditClass),
  userId: Type.Optional(StorableText(120)),
  objectId: Type.Optional(StorableText(120)),
  outcome: Type.Optional(Type.Enum(["success", "refused", "failure"])),
  correlationId: Type.Optional(StorableText(200)),
  text: Type.Optional(StorableText(200, { minLength: 1 })),
  anomaliesOnly: Type.Optional(Type.Enum(["true", "false"])),
  utcOffsetMinutes: Type.Optional(UtcOffset),
});
export type AuditSearchQuery = Static<typeof AuditSearchQuery>;

export const AUDIT_TIMEFRAMES = ["day", "week", "month", "quarter"] as const;
export const AuditMetricsQuery = Type.Object({
  timeframe: Type.Optional(Type.Enum([...AUDIT_TIMEFRAMES])),
  utcOffsetMinutes: Type.Optional(UtcOffset),
});

const Counted = Type.Array(Type.Object({ name: Type.String(), entries: Type.Integer() }));
export const AuditMetrics = Type.Object({
  timeframe: Type.Enum([...AUDIT_TIMEFRAMES]),
  since: Instant,
  until: Instant,
  /** Where counting began: later than `since` when there are more entries than are counted for one answer. */
  countedFrom: NullableInstant,
  complete: Type.Boolean(),
  entries: Type.Integer(),
  byClass: Counted,
  byOutcome: Counted,
  /** The twenty most frequent. */
  byType: Counted,
  /** The twenty most active, by id. */
  byActor: Counted,
  anomalies: Type.Record(AuditAnomaly, Type.Integer()),
  log: Type.Object({ size: Type.Integer(), checkpointAt: Instant, waiting: Type.Integer(), root: Type.String() }),
});
export type AuditMetrics = Static<typeof AuditMetrics>;
