import type { DetectionId, EventId, EventKind, Id, SensorId, Severity } from "@tyr/contract";

/** An ATT&CK tag: one technique a rule saw in one event (domain: "Tag"). */
export type DetectionTag = Readonly<{
  id: Id<"tag">;
  /** Kind and id of the event it is about: the one that completed the finding. */
  sourceKind: EventKind;
  sourceId: EventId;
  /** `T1110`; the parent where the rule names a sub-technique. */
  technique: string;
  /** `T1110.003`, or null. */
  subTechnique: string | null;
  /** Short name in the ATT&CK release of the domain, e.g. `credential-access`. */
  tactic: string;
  /** 0.3 to 1. */
  confidence: number;
  evidence: Readonly<Record<string, unknown>>;
  /** `enterprise-attack`, `ics-attack` …, and the release of it that was in force. */
  attackDomain: string;
  attackRelease: string;
  /** Whom it hangs on, at least one: a canonical source address, an identity. */
  observation: string | null;
  identity: string | null;
  /** Session of the event, as its sensor named it. */
  session: string | null;
}>;

/** One finding of one rule: about a single event, or about the events of a correlation's window. */
export type NewDetection = Readonly<{
  id: DetectionId;
  /** Event time of the event that completed it. */
  time: Date;
  firstEventAt: Date;
  lastEventAt: Date;
  ruleId: string;
  ruleTitle: string;
  ruleVersion: string;
  severity: Severity;
  /** Points one such detection adds to a risk, 0 to 100. */
  riskPoints: number;
  /** What the attacker did, to be read after their address: "guessed SSH passwords". */
  phrase: string | null;
  /** Source address, null when the finding is about several sources or none is known. */
  actorIp: string | null;
  user: string | null;
  sensorId: SensorId | null;
  sensorName: string | null;
  correlation: boolean;
  /** Field → value of the correlation's group; empty for single events. */
  groupKey: Readonly<Record<string, string>>;
  /** The newest contributing events, oldest first, at most 100; `eventCount` is the whole number. */
  eventIds: readonly EventId[];
  eventCount: number;
  tags: readonly DetectionTag[];
}>;

export type StoredDetection = NewDetection &
  Readonly<{
    position: number;
    /** The backfill that found it in older events: nobody is told of it. Null: it was found as the event came. */
    backfill: Id<"backfill"> | null;
  }>;
