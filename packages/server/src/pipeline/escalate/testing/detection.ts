import type { DetectionId, EventId } from "@tyr/contract";
import type { StoredDetection } from "#detect";

/** For tests: a detection as detect stores it. `minute` places it in time, `position` in the stream. */
export function aDetection(position: number, minute: number, changes: Partial<StoredDetection> = {}): StoredDetection {
  const time = new Date(Date.UTC(2026, 1, 1, 10, minute));
  const { ruleId = "rule-a" } = changes;
  return {
    id: `det_00000000-0000-5000-8000-${String(position).padStart(12, "0")}` as DetectionId,
    position,
    time,
    firstEventAt: time,
    lastEventAt: time,
    ruleId,
    ruleTitle: `Title of ${ruleId}`,
    ruleVersion: "0123456789ab",
    severity: "medium",
    riskPoints: 20,
    phrase: `did what ${ruleId} finds`,
    actorIp: "203.0.113.7",
    user: null,
    sensorId: "snr_00000000-0000-7000-8000-000000000001",
    sensorName: "gate",
    correlation: false,
    groupKey: {},
    eventIds: [`evt_00000000-0000-7000-8000-${String(position).padStart(12, "0")}` as EventId],
    eventCount: 1,
    backfill: null,
    tags: [],
    ...changes,
  };
}

/** A tag with nothing but what incidents read of it. */
export function aTag(technique: string, tactic: string): StoredDetection["tags"][number] {
  const subTechnique = technique.includes(".") ? technique : null;
  return {
    id: "tag_00000000-0000-5000-8000-000000000001",
    sourceKind: "auth_attempt",
    sourceId: "evt_00000000-0000-7000-8000-000000000001",
    technique: technique.slice(0, 5),
    subTechnique,
    tactic,
    confidence: 0.9,
    evidence: {},
    attackDomain: "enterprise-attack",
    attackRelease: "18.1",
    observation: "203.0.113.7",
    identity: null,
    session: null,
  };
}
