import type { Generated } from "kysely";

/** This stage's tables. Only the `*-store.ts` files of this folder name them. */
export type SensorTable = {
  id: string;
  name: string;
  kind: "ssh" | "web" | "database" | "custom";
  location: string | null;
  metadata: unknown;
  active: boolean;
  key_id: string;
  key_hash: string;
  key_life_days: number;
  key_ends_at: Date;
  created_at: Date;
  /** Part of Tyr: never a sender, and in no list of senders. */
  builtin: Generated<boolean>;
};
type SensorCounterTable = {
  sensor_id: string;
  received: Generated<number>;
  stored: Generated<number>;
  duplicate: Generated<number>;
  rejected: Generated<number>;
  late: Generated<number>;
  seq: Generated<number>;
  newest_at: Date | null;
  last_seen_at: Date | null;
};
export type EventTable = {
  position: number;
  id: string;
  time: Date;
  observed_at: Date;
  sensor_id: string;
  kind: string;
  session: string | null;
  src_ip: string | null;
  src_port: number | null;
  dst_ip: string | null;
  dst_port: number | null;
  transport: string | null;
  user_name: string | null;
  action: string;
  outcome: string;
  severity: string;
  logsource: unknown;
  fields: unknown;
  ecs: unknown;
  raw: string;
  raw_exact: string | null;
  raw_ref: string | null;
  late: boolean;
  seq: number;
};

declare module "#platform/tables" {
  interface Tables {
    sensor: SensorTable;
    sensor_counter: SensorCounterTable;
    event: EventTable;
    event_hour: { hour: Date; events: number };
    quarantine: {
      id: string;
      sensor_id: string;
      at: Date;
      reason: string;
      raw_ref: string | null;
      raw: Uint8Array;
      raw_bytes: number;
    };
    intake_receipt: { sensor_id: string; key: string; digest: string; receipt: unknown; at: Date };
    bookmark: {
      source: string;
      fingerprint: string;
      position: number;
      lines: number;
      finished: boolean;
      updated_at: Date;
    };
  }
}

/** Ids are stored as `uuid` (16 bytes); their prefix is put back when they are read. */
export function uuidOf(id: string): string {
  return id.slice(id.indexOf("_") + 1);
}
