import { eraseActorName, type WriteTransaction } from "#platform/database";
import { eraseApprovalKeys } from "./signatures/store.ts";

const PLACES = [
  { table: "action", column: "requester" },
  { table: "approval", column: "actor" },
  { table: "action_move", column: "actor" },
  { table: "allow_entry", column: "actor" },
  { table: "mode_change", column: "actor" },
  { table: "single_person", column: "actor" },
  { table: "break_glass", column: "actor" },
  { table: "break_glass", column: "reviewer" },
  { table: "delegation", column: "from_actor" },
  { table: "delegation", column: "to_actor" },
  { table: "delegation", column: "ended_by" },
  { table: "policy_bundle", column: "created_by" },
  { table: "policy_activation", column: "actor" },
] as const;

/** Takes a person's name out of actions, approvals, the allow-list and changes of mode, and off their keys. @returns rows changed */
export async function eraseFromActions(tx: WriteTransaction, actorId: string): Promise<number> {
  let changed = 0;
  for (const place of PLACES) changed += await eraseActorName(tx, place, actorId);
  return changed + (await eraseApprovalKeys(tx, actorId));
}
