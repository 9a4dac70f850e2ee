import type {
  ActionId,
  ActionState,
  ActionType,
  Actor,
  BlockId,
  Decision,
  DelegationId,
  DetectionId,
  DryRun,
  Id,
  IncidentId,
  Role,
  SubjectId,
} from "@tyr/contract";
import type { Generated, JSONColumnType } from "kysely";
import type { StoredInput } from "./policy/decide.ts";
import type { Evidence } from "./signatures/evidence.ts";

/** A document: read as an object, written as text. */
type Document<T extends object> = JSONColumnType<T>;
type NullableDocument<T extends object> = JSONColumnType<T | null, string | null, string | null>;

export type ActionTable = {
  id: ActionId;
  type: ActionType;
  target: string;
  /** Of addresses and prefixes; null for what is none. */
  network: string | null;
  justification: string;
  incident_id: IncidentId | null;
  detection_ids: DetectionId[];
  risk: number | null;
  /** Of the incident and its surest detection (per cent), as they were when it was asked for. */
  severity: string | null;
  confidence: number | null;
  requester: Document<Actor>;
  requester_id: string;
  requester_kind: "person" | "automation";
  /** Of a program that asked: its owner, and who was shown its secret. */
  people_behind: SubjectId[];
  ttl_seconds: number | null;
  connector: string;
  state: ActionState;
  revision: number;
  request_digest: string;
  decision: NullableDocument<Decision>;
  dry_run: NullableDocument<DryRun>;
  dry_run_at: Date | null;
  submitted_at: Date | null;
  deadline_at: Date | null;
  created_at: Date;
  updated_at: Date;
  executed_at: Date | null;
  effect_ends_at: Date | null;
  block_id: BlockId | null;
  failure: string | null;
};

export type ApprovalTable = {
  id: Id<"approval">;
  action_id: ActionId;
  subject_id: SubjectId;
  actor: Document<Actor>;
  roles: Role[];
  revision: number;
  request_digest: string;
  dry_run_digest: string;
  bundle_digest: string;
  statement_digest: string;
  at: Date;
  comment: string | null;
  withdrawn_at: Date | null;
  /** One's own counts from here on, in single-person mode only; null: somebody else's. */
  not_before: Date | null;
  /** What was signed; null in what was given before approvals were signed. */
  statement: string | null;
  signature: NullableDocument<Evidence>;
  key_id: string | null;
  /** In whose place; null: in their own. */
  delegation_id: DelegationId | null;
  /** Why it was taken back: it did not hold up when it was looked at again. */
  disbelieved: Generated<string | null>;
};

export type AllowTable = {
  id: Id<"allow">;
  value: string;
  network: string;
  reason: string;
  actor: Document<Actor>;
  created_at: Date;
  expires_at: Date | null;
  removed_at: Date | null;
};

declare module "#platform/tables" {
  interface Tables {
    policy_activation: {
      number: Generated<number>;
      digest: string;
      manifest: Document<object>;
      activated_at: Date;
      actor: NullableDocument<Actor>;
      action_id: ActionId | null;
    };
    action: ActionTable;
    approval: ApprovalTable;
    action_move: {
      number: Generated<number>;
      action_id: ActionId;
      revision: number;
      event: string;
      from_state: string | null;
      to_state: string;
      actor: Document<Actor>;
      at: Date;
      note: string | null;
    };
    policy_decision: {
      number: Generated<number>;
      action_id: ActionId | null;
      step: string;
      input: Document<StoredInput>;
      outcome: string;
      policy_ids: string[];
      bundle_digest: string;
      at: Date;
    };
    allow_entry: AllowTable;
  }
}
