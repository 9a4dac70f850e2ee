import type {
  Actor,
  DetectionId,
  EventId,
  IncidentCategory,
  IncidentId,
  IncidentState,
  Severity,
  Verdict,
} from "@tyr/contract";

/** What one rule adds to the risk of one incident. */
export type Contribution = Readonly<{
  ruleId: string;
  ruleTitle: string;
  severity: Severity;
  /** Points of one detection. */
  pointsEach: number;
  detections: number;
  /** What the attacker did, as the first detection of the rule said it. */
  phrase: string | null;
  /** Event time of that first detection, ISO. */
  since: string;
}>;

/** One story told by many detections. Pure: no clock, no database, no logger. */
export type Incident = Readonly<{
  id: IncidentId;
  /** What groups detections into it, printed in full: `actor:<address>` or `rule:<id>|sensor:<id>`. */
  key: string;
  title: string;
  state: IncidentState;
  severity: Severity;
  category: IncidentCategory;
  /** 1 (highest) to 5. */
  priority: number;
  escalated: boolean;
  actorIp: string | null;
  /** 0 to 100. */
  risk: number;
  contributions: readonly Contribution[];
  techniques: readonly string[];
  tactics: readonly string[];
  sensors: readonly string[];
  detectionCount: number;
  firstEventAt: Date;
  lastEventAt: Date;
  openedAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
  verdict: Verdict | null;
  assignee: Actor | null;
}>;

/** With the place of its last change in the stream of incidents. */
export type StoredIncident = Incident & Readonly<{ position: number }>;

/** New detections join only incidents somebody still has to deal with. */
export const OPEN_STATES = ["new", "investigating", "contained"] as const satisfies readonly IncidentState[];

/** A detection that joined an incident. */
export type Joined = Readonly<{
  incidentId: IncidentId;
  detectionId: DetectionId;
  position: number;
  time: Date;
  eventIds: readonly EventId[];
}>;
