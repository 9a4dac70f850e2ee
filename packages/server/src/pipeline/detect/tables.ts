import type { Generated, Selectable } from "kysely";

/** This stage's tables. Only the `*-store.ts` files of this folder name them. */
type DetectionTable = {
  id: string;
  position: number;
  time: Date;
  first_event_at: Date;
  last_event_at: Date;
  rule_id: string;
  rule_title: string;
  rule_version: string;
  severity: string;
  risk_points: number;
  phrase: string | null;
  actor_ip: string | null;
  user_name: string | null;
  sensor_id: string | null;
  sensor_name: string | null;
  correlation: boolean;
  group_key: unknown;
  event_ids: string[];
  event_count: number;
  recorded_at: Date;
  /** The backfill that found it in older events; null when it was found as the event came. */
  backfill: string | null;
};
export type DetectionRow = Selectable<DetectionTable>;

type TagTable = {
  id: string;
  detection_id: string;
  source_kind: string;
  source_id: string;
  rule_id: string;
  rule_version: string;
  technique: string;
  sub_technique: string | null;
  tactic: string;
  confidence: number;
  evidence: unknown;
  attack_domain: string;
  attack_release: string;
  observation: string | null;
  identity: string | null;
  session: string | null;
  seen_at: Date;
  created_at: Date;
};
export type TagRow = Selectable<TagTable>;

declare module "#platform/tables" {
  interface Tables {
    detection: DetectionTable;
    tag: TagTable;
    rule_hit: { rule_id: string; detections: number; last_at: Date; backfilled: Generated<number> };
    rule_day: { rule_id: string; day: string; detections: number };
    rule_input: { logsource: string; field: string; since: Date; last_day: string | null };
    detection_hour: { hour: Date; detections: number };
    technique_hit: { technique: string; tactic: string; detections: number; last_at: Date };
    correlation_group: { id: string; correlation_id: string; group_key: string; state: string };
    correlation_checkpoint: { consumer: string; position: number; checkpoint: string };
    window_erasure: { address: string; position: number };
    rule_in_force: { rule_id: string; version: string; state_digest: string; pack_digest: string };
  }
}
