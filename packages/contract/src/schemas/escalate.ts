import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Severity } from "../severity.ts";
import {
  Actor,
  Facts,
  Instant,
  NullableInstant,
  NullableString,
  PageOf,
  PageQuery,
  StorableText,
  Text,
} from "./basics.ts";

export const INCIDENT_STATES = ["new", "investigating", "contained", "resolved", "closed"] as const;
export const IncidentState = Type.Enum(INCIDENT_STATES);
export type IncidentState = Static<typeof IncidentState>;
export const INCIDENT_CATEGORIES = [
  "security_breach",
  "data_leak",
  "unauthorized_access",
  "malware",
  "phishing",
  "denial_of_service",
  "insider_threat",
  "system_compromise",
  "compliance_violation",
  "policy_violation",
] as const;
export const IncidentCategory = Type.Enum(INCIDENT_CATEGORIES);
export type IncidentCategory = Static<typeof IncidentCategory>;
export const Verdict = Type.Enum(["true_positive", "false_positive", "benign"]);
export type Verdict = Static<typeof Verdict>;

/**
 * One listed contribution; the score is their sum. Where the rules add more than 100, the last line has the `ruleId`
 * `cap`, no detections and negative points.
 */
export const RiskContribution = Type.Object({
  ruleId: Type.String(),
  ruleTitle: Type.String(),
  points: Type.Integer(),
  detections: Type.Integer(),
  reason: Type.String(),
});
export type RiskContribution = Static<typeof RiskContribution>;
export const Risk = Type.Object({
  score: Type.Integer({ minimum: 0, maximum: 100 }),
  contributions: Type.Array(RiskContribution),
});
export type Risk = Static<typeof Risk>;

export const Incident = Type.Object({
  id: IdSchema("incident"),
  key: Type.String({ description: "what groups detections into this incident, printed in full" }),
  title: Type.String(),
  state: IncidentState,
  severity: Severity,
  category: IncidentCategory,
  priority: Type.Integer({ minimum: 1, maximum: 5 }),
  escalated: Type.Boolean(),
  actorIp: NullableString,
  risk: Risk,
  techniques: Type.Array(Type.String()),
  tactics: Type.Array(Type.String()),
  detectionCount: Type.Integer(),
  firstEventAt: Instant,
  lastEventAt: Instant,
  openedAt: Instant,
  updatedAt: Instant,
  closedAt: NullableInstant,
  verdict: Type.Union([Verdict, Type.Null()]),
  assignee: Type.Union([Actor, Type.Null()]),
  legalMoves: Type.Array(IncidentState),
});
export type Incident = Static<typeof Incident>;
export const IncidentQuery = Type.Object({
  ...PageQuery,
  state: Type.Optional(IncidentState),
  open: Type.Optional(Type.Boolean()),
  severity: Type.Optional(Severity),
  ip: Type.Optional(StorableText(64)),
});
export const IncidentPage = PageOf(Incident);

export const TimelineItem = Type.Object({
  at: Instant,
  kind: Type.Enum(["event", "detection", "action", "block", "note", "move"]),
  title: Type.String(),
  text: Type.String(),
  severity: Type.Union([Severity, Type.Null()]),
  actor: Type.Union([Actor, Type.Null()]),
  ref: Type.String({ description: "id of the thing behind this line" }),
  facts: Facts,
});
export type TimelineItem = Static<typeof TimelineItem>;
export const Timeline = PageOf(TimelineItem);
export const IncidentMove = Type.Object(
  { to: IncidentState, verdict: Type.Optional(Verdict), note: Type.Optional(Text) },
  { additionalProperties: false },
);
export type IncidentMove = Static<typeof IncidentMove>;
export const IncidentNote = Type.Object({ text: Text }, { additionalProperties: false });
