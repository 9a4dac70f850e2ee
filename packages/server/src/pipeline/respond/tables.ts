import type { ActionId, BLOCK_STATES, BlockId, EnforcerId, Id } from "@tyr/contract";
import type { Generated } from "kysely";
import type { Takes } from "./express.ts";

export type BlockTable = {
  number: Generated<number>;
  id: BlockId;
  first_position: number;
  position: number;
  scope: "ip" | "range";
  /** Canonical text; `network` is the same as `cidr`, for overlaps. */
  value: string;
  network: string;
  reason: string;
  origin: string;
  action_id: ActionId;
  state: (typeof BLOCK_STATES)[number];
  created_at: Date;
  expires_at: Date;
  ended_at: Date | null;
};

export type HoldTable = {
  action_id: ActionId;
  revision: number;
  block_id: BlockId;
  created_at: Date;
  expires_at: Date;
  ended_at: Date | null;
  end_reason: string | null;
};

export type EnforcerTable = {
  id: EnforcerId;
  name: string;
  key_hash: Uint8Array;
  key_hint: string;
  key_life_days: number;
  key_ends_at: Date;
  active: boolean;
  created_at: Date;
  deactivated_at: Date | null;
  position: Generated<number>;
  stream_position: Generated<number>;
  protocol: "feed" | "crowdsec" | null;
  last_pull_at: Date | null;
  user_agent: string | null;
  takes: Generated<Takes>;
  last_address: Generated<string | null>;
};

declare module "#platform/tables" {
  interface Tables {
    block: BlockTable;
    block_hold: HoldTable;
    outcome: {
      id: Id<"outcome">;
      action_id: ActionId;
      revision: number;
      connector: string;
      state: "executed";
      block_id: BlockId | null;
      at: Date;
      detail: string;
    };
    enforcer: EnforcerTable;
    enforcer_pull: { enforcer_id: EnforcerId; position: number; at: Date };
  }
}
