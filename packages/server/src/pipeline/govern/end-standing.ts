import type { AccessEnd, AccessKind, Ended } from "#identity";
import type { DelegationId, SubjectId } from "@tyr/contract";
import type { WriteTransaction } from "#platform/database";
import { endedFact, type EndedDelegation } from "./delegations/facts.ts";
import { endDelegation, listOpenOf, listOpenSigned } from "./delegations/store.ts";
import { endedKeyFact, type Voided, type WithdrawSigned } from "./signatures/approval-keys.ts";
import { revokeApprovalKeysOf } from "./signatures/store.ts";
import { next, UNSTARTED_STATES } from "./machine/transitions.ts";
import { announce, moveAction, moveFact, type Moved } from "./move-action.ts";
import type { By, Room } from "./room.ts";
import { listStandingApprovals, listUnstartedRequests, lockAction, withdrawApproval, type ActionRow } from "./store.ts";

const WHY_CANCELLED = "whoever asked for it may no longer sign in";
const WHY_WITHDRAWN = "whoever approved it may no longer sign in";
const WHY_DELEGATION = "the delegation it was approved by was ended";
const WHY_KEY = "the key it was approved with was ended";
const WHY_RESET = "what whoever approved it signs with was lost";
const WHY_LENT_BY_KEY = "the key it was handed over with was ended";
const WHY_LENT_RESET = "what whoever handed it over signs with was lost";

async function cancelRequests(tx: WriteTransaction, { subjectId, now }: AccessEnd, by: By): Promise<readonly Moved[]> {
  const moves: Moved[] = [];
  for (const row of await listUnstartedRequests(tx, subjectId))
    moves.push(await moveAction(tx, row, { event: "cancel", by, at: now, note: WHY_CANCELLED }));
  return moves;
}

const UNSTARTED: ReadonlySet<ActionRow["state"]> = new Set(UNSTARTED_STATES);
type Withdrawn = Readonly<{ by: By; now: Date; note: string; approvedBy: SubjectId }>;

/** A draft waits for nobody: the approval of an earlier revision is taken back, and it stays as it is. */
async function moveWithdrawn(tx: WriteTransaction, row: ActionRow, withdrawn: Withdrawn): Promise<Moved> {
  const { by, now: at, note, approvedBy } = withdrawn;
  const details = { approved_by: approvedBy };
  if (next(row.state, "withdraw") !== undefined)
    return await moveAction(tx, row, { event: "withdraw", by, at, note, details });
  return { row, fact: moveFact(row, { event: "withdraw", from: row.state, by, details: { ...details, note } }) };
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
    if (row === undefined || !UNSTARTED.has(row.state)) continue;
    await withdrawApproval(tx, id, now);
    moves.push(await moveWithdrawn(tx, row, { by, now, note, approvedBy: subject_id }));
  }
  return moves;
}

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

type Said = Readonly<{ by: By; now: Date; reason: string }>;

/** Ends these, each with an entry of its own. */
async function endDelegations(
  tx: WriteTransaction,
  ids: readonly Readonly<{ id: DelegationId }>[],
  { reason, ...said }: Said,
): Promise<Voided> {
  const ended: EndedDelegation[] = [];
  for (const { id } of ids) {
    const one = await endOne(tx, id, said);
    if (one !== undefined) ended.push(one);
  }
  const moves = ended.flatMap((one) => one.moves);
  const facts = ended.map((one) => endedFact(one, { by: said.by, reason }));
  return { moves, facts: [...facts, ...moves.map(({ fact }) => fact)] };
}

/**
 * A key that ended may have been in other hands: what it approved and nobody has begun counts without it, and what it
 * handed over is handed over no more.
 */
export const withdrawSigned: WithdrawSigned = async (tx, { keyId, by, now }) => {
  const moves = await withdrawApprovals(tx, { keyId }, { by, now, note: WHY_KEY });
  const lent = await endDelegations(tx, await listOpenSigned(tx, keyId, now), { by, now, reason: WHY_LENT_BY_KEY });
  return { moves: [...moves, ...lent.moves], facts: [...moves.map(({ fact }) => fact), ...lent.facts] };
};

/** Every key of somebody, with what they decided and nobody has begun. Each has an entry of its own. */
async function endKeysOf(
  tx: WriteTransaction,
  { subjectId, now }: AccessEnd,
  { by, note }: Readonly<{ by: By; note: string }>,
): Promise<Voided> {
  const moves = await withdrawApprovals(tx, { subjectId }, { by, now, note });
  const keys = await revokeApprovalKeysOf(tx, subjectId, now);
  return { moves, facts: [...keys.map((one) => endedKeyFact(one, by)), ...moves.map(({ fact }) => fact)] };
}

/**
 * What somebody's word is worth here ends with their account, in the same transaction: what they asked for and has not
 * begun is cancelled, what they approved and has not begun counts without them. Where they lost what they sign with
 * (`endFactors`), what they asked for stays.
 */
export function standingOf(room: Room): AccessKind {
  const told = ({ moves, facts }: Voided): Ended => ({
    count: moves.length,
    facts,
    committed: () => {
      for (const { row } of moves) announce(room.bus, row);
    },
  });
  const byOf = ({ actor, requestId }: AccessEnd): By => ({ actor, roles: [], requestId });
  const both = (one: Voided, other: Voided): Voided => ({
    moves: [...one.moves, ...other.moves],
    facts: [...one.facts, ...other.facts],
  });
  return {
    counted: "decisionsVoided",
    async endKey(tx, end): Promise<Ended> {
      return told(await withdrawSigned(tx, { keyId: end.keyId, by: byOf(end), now: end.now }));
    },
    async endFactors(tx, end): Promise<Ended> {
      const { subjectId, now } = end;
      const by = byOf(end);
      const own = await endKeysOf(tx, end, { by, note: WHY_RESET });
      const given = (await listOpenOf(tx, subjectId, now)).filter((one) => one.from_id === subjectId);
      return told(both(own, await endDelegations(tx, given, { by, now, reason: WHY_LENT_RESET })));
    },
    async end(tx, end): Promise<Ended> {
      const { subjectId, now } = end;
      const by = byOf(end);
      const cancelled = await cancelRequests(tx, end, by);
      const own = await endKeysOf(tx, end, { by, note: WHY_WITHDRAWN });
      const open = await listOpenOf(tx, subjectId, now);
      const lent = await endDelegations(tx, open, { by, now, reason: "an account of its two ended" });
      return told(both({ moves: cancelled, facts: cancelled.map(({ fact }) => fact) }, both(own, lent)));
    },
  };
}
