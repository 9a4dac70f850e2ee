import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Severity } from "../severity.ts";
import { Facts, Instant, NullableString, PageOf, PageQuery, StorableText } from "./basics.ts";

/** One row per (source event × technique × rule). */
export const Tag = Type.Object({
  id: IdSchema("tag"),
  technique: Type.String({ pattern: "^T\\d{4}$" }),
  subTechnique: Type.Union([Type.String({ pattern: "^T\\d{4}\\.\\d{3}$" }), Type.Null()]),
  tactic: Type.String({ description: "short name in the ATT&CK bundle, e.g. credential-access" }),
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
  evidence: Facts,
});
export type Tag = Static<typeof Tag>;

export const Detection = Type.Object({
  id: IdSchema("detection"),
  position: Type.String(),
  time: Instant,
  firstEventAt: Instant,
  lastEventAt: Instant,
  ruleId: Type.String(),
  ruleTitle: Type.String(),
  ruleVersion: Type.String(),
  severity: Severity,
  riskPoints: Type.Integer({ minimum: 0, maximum: 100 }),
  actorIp: NullableString,
  user: NullableString,
  sensorId: Type.Union([IdSchema("sensor"), Type.Null()]),
  correlation: Type.Boolean(),
  groupKey: Facts,
  eventIds: Type.Array(IdSchema("event"), { description: "at most 100; `eventCount` is the whole number" }),
  eventCount: Type.Integer(),
  tags: Type.Array(Tag),
  incidentId: Type.Union([IdSchema("incident"), Type.Null()]),
  backfill: Type.Union([IdSchema("backfill"), Type.Null()], {
    description: "the run that found it in older events; null: it was found as the event came",
  }),
});
export type Detection = Static<typeof Detection>;
export const DetectionQuery = Type.Object({
  ...PageQuery,
  ip: Type.Optional(StorableText(64)),
  rule: Type.Optional(StorableText(100)),
  technique: Type.Optional(StorableText(9)),
  incident: Type.Optional(IdSchema("incident")),
  event: Type.Optional(IdSchema("event")),
});
export const DetectionPage = PageOf(Detection);

export const RuleView = Type.Object({
  id: Type.String(),
  title: Type.String(),
  path: Type.String(),
  description: NullableString,
  level: Severity,
  kind: Type.Enum(["detection", "correlation"]),
  logsource: Facts,
  techniques: Type.Array(Type.String()),
  tactics: Type.Array(Type.String()),
  riskPoints: Type.Integer(),
  detections: Type.Integer({ description: "stored detections of this rule" }),
  lastDetectionAt: Type.Union([Instant, Type.Null()]),
});
export type RuleView = Static<typeof RuleView>;
export const RuleList = Type.Object({
  packDigest: Type.String(),
  rules: Type.Array(RuleView),
  rejected: Type.Array(
    Type.Object({
      path: Type.String(),
      line: Type.Integer(),
      column: Type.Integer(),
      code: Type.String(),
      message: Type.String(),
    }),
  ),
});
export type RuleList = Static<typeof RuleList>;
