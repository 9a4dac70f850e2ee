import { ACTION_TYPE_FACTS, permissionsOf } from "@tyr/contract";
import { legalMoves } from "./action-machine.ts";
import { givenFor, isRequester } from "./count-approvals.ts";
import type { By } from "./room.ts";
import type { ActionRow, ApprovalRow } from "./store.ts";

type Situation = Readonly<{ approvals: readonly ApprovalRow[]; asker: By | undefined }>;

/**
 * What this person may ask for now: the state's moves, without those that would be refused to them. Without an asker,
 * the state's. A hint for screens: each move checks again.
 */
export function movesOf(row: ActionRow, { approvals, asker }: Situation): readonly string[] {
  const { reversible } = ACTION_TYPE_FACTS[row.type];
  const moves = legalMoves(row.state).filter((move) => move !== "revert" || reversible);
  if (asker === undefined) return moves;
  const may = asker.permissions ?? permissionsOf(asker.roles);
  const own = asker.actor.id === row.requester_id;
  const asked = isRequester(row, asker.actor.id);
  const approved = givenFor(row, approvals).has(asker.actor.id);
  const standing = approvals.some((one) => one.subject_id === asker.actor.id && one.withdrawn_at === null);
  const open: Readonly<Record<string, boolean>> = {
    dryRun: may.has("action:request"),
    submit: may.has("action:request"),
    approve: may.has("action:approve") && !asked && !approved && row.dry_run?.ok === true,
    reject: may.has("action:approve") && !asked,
    withdraw: may.has("action:approve") && standing,
    cancel: may.has("action:request") && (own || asker.roles.some((role) => MAY_CANCEL.has(role))),
    revert: may.has("action:revert"),
  };
  return moves.filter((move) => open[move] === true);
}

/** Besides the requester. */
const MAY_CANCEL: ReadonlySet<string> = new Set(["security_manager", "admin"]);
