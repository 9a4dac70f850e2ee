import type { AccessEnd, AccessKind, Ended } from "#identity";
import type { DelegationId, SubjectId } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { endedFact, type EndedDelegation } from "./delegations/facts.ts";
import { endDelegation, listOpenOf } from "./delegations/store.ts";
import type { WithdrawSigned } from "./signatures/approval-keys.ts";
import { revokeApprovalKeysOf } from "./signatures/store.ts";
import { announce, moveAction, type Moved } from "./move-action.ts";
import type { By, Room } from "./room.ts";
import { listStandingApprovals, listUnstartedRequests, lockAction, withdrawApproval } from "./store.ts";

const WHY_CANCELLED = "whoever asked for it may no longer sign in";
const WHY_WITHDRAWN = "whoever approved it may no longer sign in";
const WHY_DELEGATION = "the delegation it was approved by was ended";
const WHY_KEY = "the key it was approved with was ended";

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
  whose: Parameters<typeof listStandingApprovals>[1],
  { by, now, note }: Readonly<{ by: By; now: Date; note: string }>,
): Promise<readonly Moved[]> {
  const moves: Moved[] = [];
  for (const { id, action_id, subject_id } of await listStandingApprovals(tx, whose)) {
    const row = await lockAction(tx, action_id);
    await withdrawApproval(tx, id, now);
    if (row?.state === "pending" || row?.state === "approved")
      moves.push(
        await moveAction(tx, row, { event: "withdraw", by, at: now, note, details: { approved_by: subject_id } }),
      );
  }
  return moves;
}

/** A key that ended may have been in other hands: what it approved and nobody has begun counts without it. */
export const withdrawSigned: WithdrawSigned = async (tx, { keyId, by, now }) =>
  await withdrawApprovals(tx, { keyId }, { by, now, note: WHY_KEY });

/** Ends one delegation, with what was approved under it and nobody has begun. @returns undefined when it was ended already */
export async function endOne(
  tx: WriteTransaction,
  id: DelegationId,
  { by, now }: Readonly<{ by: By; now: Date }>,
): Promise<EndedDelegation | undefined> {
  const row = await endDelegation(tx, id, { at: now, by: by.actor });
  if (row === undefined) return undefined;
  return { row, moves: await withdrawApprovals(tx, { delegationId: id }, { by, now, note: WHY_DELEGATION }) };
}

/** All that somebody handed over or was handed. */
async function endDelegationsOf(
  tx: WriteTransaction,
  subjectId: SubjectId,
  said: Readonly<{ by: By; now: Date }>,
): Promise<Readonly<{ facts: readonly Fact[]; moves: readonly Moved[] }>> {
  const ended: EndedDelegation[] = [];
  for (const { id } of await listOpenOf(tx, subjectId, said.now)) {
    const one = await endOne(tx, id, said);
    if (one !== undefined) ended.push(one);
  }
  const reason = "an account of its two ended";
  return {
    facts: ended.map((one) => endedFact(one, { by: said.by, reason })),
    moves: ended.flatMap(({ moves }) => moves),
  };
}

/**
 * What somebody's word is worth here ends with their account, in the same transaction: what they asked for and has not
 * begun is cancelled, what they approved and has not begun counts without them.
 */
export function standingOf(room: Room): AccessKind {
  const told = (moves: readonly Moved[]) => (): void => {
    for (const { row } of moves) announce(room.bus, row);
  };
  return {
    counted: "decisionsVoided",
    async endKey(tx, { keyId, actor, requestId, now }): Promise<Ended> {
      const moves = await withdrawSigned(tx, { keyId, by: { actor, roles: [], requestId }, now });
      return { count: moves.length, facts: moves.map(({ fact }) => fact), committed: told(moves) };
    },
    async end(tx, end): Promise<Ended> {
      const by: By = { actor: end.actor, roles: [], requestId: end.requestId };
      const { subjectId, now } = end;
      const cancelled = await cancelRequests(tx, end, by);
      const withdrawn = await withdrawApprovals(tx, { subjectId }, { by, now, note: WHY_WITHDRAWN });
      await revokeApprovalKeysOf(tx, subjectId, now);
      const lent = await endDelegationsOf(tx, subjectId, { by, now });
      const moves = [...cancelled, ...withdrawn, ...lent.moves];
      return {
        count: moves.length,
        facts: [...lent.facts, ...moves.map(({ fact }) => fact)],
        committed: told(moves),
      };
    },
  };
}
