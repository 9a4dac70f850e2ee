import type { Actor } from "@tyr/contract";
import type { JSONColumnType, Selectable } from "kysely";
import type { Contribution } from "./incident.ts";

/** This stage's tables. Only the `*-store.ts` files of this folder name them. */
type IncidentTable = {
  id: string;
  position: number;
  key: string;
  title: string;
  state: string;
  severity: string;
  category: string;
  priority: number;
  escalated: boolean;
  actor_ip: string | null;
  risk: number;
  contributions: JSONColumnType<readonly Contribution[]>;
  techniques: string[];
  tactics: string[];
  sensors: string[];
  detection_count: number;
  first_event_at: Date;
  last_event_at: Date;
  opened_at: Date;
  updated_at: Date;
  closed_at: Date | null;
  verdict: string | null;
  assignee: JSONColumnType<Actor | null, string | null, string | null>;
};
export type IncidentRow = Selectable<IncidentTable>;

export type EntryKind = "note" | "move" | "assign";
type EntryTable = {
  id: string;
  incident_id: string;
  at: Date;
  kind: EntryKind;
  actor: JSONColumnType<Actor>;
  text: string;
  from_state: string | null;
  to_state: string | null;
  verdict: string | null;
};

declare module "#platform/tables" {
  interface Tables {
    incident: IncidentTable;
    incident_detection: { detection_id: string; incident_id: string; position: number; time: Date };
    incident_event: { incident_id: string; event_id: string };
    incident_entry: EntryTable;
  }
}
