import type { AccessEnd, AccessKind, Ended } from "#identity";
import type { WriteTransaction } from "#platform/database";
import { announce, moveAction, type Moved } from "./move-action.ts";
import type { By, Room } from "./room.ts";
import { listStandingApprovals, listUnstartedRequests, lockAction, withdrawApproval } from "./store.ts";

const WHY_CANCELLED = "whoever asked for it may no longer sign in";
const WHY_WITHDRAWN = "whoever approved it may no longer sign in";

async function cancelRequests(tx: WriteTransaction, { subjectId, now }: AccessEnd, by: By): Promise<readonly Moved[]> {
  const moves: Moved[] = [];
  for (const row of await listUnstartedRequests(tx, subjectId))
    moves.push(await moveAction(tx, row, { event: "cancel", by, at: now, note: WHY_CANCELLED }));
  return moves;
}

/**
 * An approved action keeps its state: whether it may still run without this approval is asked of policy when it would
 * begin, with the approvals that count then.
 */
async function withdrawApprovals(
  tx: WriteTransaction,
  { subjectId, now }: AccessEnd,
  by: By,
): Promise<readonly Moved[]> {
  const moves: Moved[] = [];
  for (const { id, action_id } of await listStandingApprovals(tx, subjectId)) {
    const row = await lockAction(tx, action_id);
    await withdrawApproval(tx, id, now);
    if (row?.state === "pending" || row?.state === "approved")
      moves.push(await moveAction(tx, row, { event: "withdraw", by, at: now, note: WHY_WITHDRAWN }));
  }
  return moves;
}

/**
 * What somebody's word is worth here ends with their account, in the same transaction: what they asked for and has not
 * begun is cancelled, what they approved and has not begun counts without them.
 */
export function standingOf(room: Room): AccessKind {
  return {
    counted: "decisionsVoided",
    async end(tx, end): Promise<Ended> {
      const by: By = { actor: end.actor, roles: [], requestId: end.requestId };
      const moves = [...(await cancelRequests(tx, end, by)), ...(await withdrawApprovals(tx, end, by))];
      return {
        count: moves.length,
        facts: moves.map(({ fact }) => fact),
        committed: () => {
          for (const { row } of moves) announce(room.bus, row);
        },
      };
    },
  };
}
