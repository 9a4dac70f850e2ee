import type { Actor, ProfilePrimitive, ProfileState } from "@tyr/contract";
import type { JSONColumnType, Selectable } from "kysely";
import type { LinkReason } from "@tyr/contract";
import type { PhaseAt, RulePoints, Traces } from "./observation.ts";
import type { Profile } from "./profile.ts";

/** This room's tables. Only the `*-store.ts` files of this folder name them. */
type ObservationTable = {
  id: string;
  address: string;
  is_private: boolean;
  identity_id: string;
  first_position: number | null;
  first_seen_at: Date;
  last_seen_at: Date;
  event_count: number;
  detection_count: number;
  severity: string | null;
  risk: number;
  behaviour: string | null;
  asn: string | null;
  services: string[];
  sensors: string[];
  state: JSONColumnType<Traces>;
  points: JSONColumnType<Record<string, RulePoints>>;
  phases: JSONColumnType<PhaseAt[]>;
  dirty: boolean;
  last_position: number | null;
  first_event_at: Date | null;
  last_event_at: Date | null;
  profile: JSONColumnType<Profile>;
  /** Sessions and rhythms in `profile`. */
  measured: number;
};
export type ObservationRow = Selectable<ObservationTable>;

type IdentityTable = {
  id: string;
  observation_id: string;
  first_position: number;
  merged_into: string | null;
  campaign_id: string;
  campaign_into: string | null;
  dirty: boolean;
  unlooked: boolean;
};

export type Rung = "identity" | "campaign";
type LinkTable = {
  rung: Rung;
  a: string;
  b: string;
  weight: number;
  reasons: JSONColumnType<readonly LinkReason[]>;
};
type RulingTable = {
  rung: Rung;
  a: string;
  b: string;
  kind: "together" | "apart";
  decided_by: JSONColumnType<Actor>;
  decided_at: Date;
  reason: string;
};

type ProfileTable = {
  identity_id: string;
  primitive: ProfilePrimitive;
  state: ProfileState;
  observations: number;
  confidence: number;
  value: string | null;
  since: Date;
  newest_at: Date;
};

declare module "#platform/tables" {
  interface Tables {
    observation: ObservationTable;
    actor_trace: { kind: string; value: string; observation_id: string; first_position: number };
    actor_trace_count: { kind: string; value: string; observations: number };
    observation_phase: { sensor_id: string; phase: string; observation_id: string; first_at: Date; last_at: Date };
    actor_identity: IdentityTable;
    ladder_link: LinkTable;
    ladder_ruling: RulingTable;
    actor_rhythm: { band: number; value: number; observation_id: string; hash: string; first_position: number };
    actor_profile: ProfileTable;
    ladder_look: { only_row: boolean; counted: number; looked: number; is_due: boolean };
    ladder_version: { only_row: boolean; version: number };
  }
}
