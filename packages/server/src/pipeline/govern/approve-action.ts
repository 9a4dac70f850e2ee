import {
  ok,
  type Action,
  type ActionId,
  type DelegationId,
  type Result,
  type StatementKind,
  type StatementSignature,
  type SubjectId,
} from "@tyr/contract";
import { newId } from "#platform/ids";
import type { WriteTransaction } from "#platform/database";
import { disown } from "./believe-approvals.ts";
import { givenFor } from "./count-approvals.ts";
import type { Standing } from "./delegations/standing.ts";
import { withMove, type Held } from "./hold-action.ts";
import { hasAsked } from "./machine/guards.ts";
import { approveEvent, withdrawEvent } from "./machine/events-of.ts";
import { moveAction } from "./move-action.ts";
import { settle, type By, type Room, type Settled } from "./room.ts";
import { dropStatements } from "./signatures/store.ts";
import { signedDetails, type Signed } from "./signatures/evidence.ts";
import { withSignature } from "./signatures/take-signature.ts";
import { insertApproval, insertDecision, withdrawApproval, type ActionRow } from "./store.ts";
import { answerWith, whileOpen } from "./submit-action.ts";
import { tellDeciders, type Told } from "./tell-deciders.ts";
import { weighApprovals } from "./weigh-approvals.ts";

export type ApprovalRequest = Readonly<{
  id: ActionId;
  by: By;
  requestDigest: string;
  dryRunDigest: string;
  /** In whose place; left out: in their own. */
  delegation?: DelegationId | undefined;
  comment?: string | undefined;
  signature?: StatementSignature | undefined;
}>;

type Storing = Readonly<{
  by: By;
  comment: string | undefined;
  at: Date;
  signed: Signed;
  notBefore: Date | null;
  standing: Standing | undefined;
}>;

async function storeApproval(
  tx: WriteTransaction,
  row: ActionRow,
  { by, comment, at, signed, notBefore, standing }: Storing,
): Promise<void> {
  await insertApproval(tx, {
    id: newId("approval", at),
    action_id: row.id,
    subject_id: by.actor.id as SubjectId,
    actor: JSON.stringify(by.actor),
    roles: [...(standing ?? by).roles],
    revision: row.revision,
    request_digest: row.request_digest,
    dry_run_digest: row.dry_run?.digest ?? "",
    bundle_digest: row.decision?.bundleDigest ?? "",
    statement_digest: signed.digest,
    at,
    comment: comment ?? null,
    withdrawn_at: null,
    not_before: notBefore,
    statement: signed.text,
    signature: JSON.stringify(signed.evidence),
    key_id: signed.evidence.keyId,
    delegation_id: standing?.id ?? null,
  });
}

/** From when on an approval counts that somebody gives to what they asked for themselves; null: it is somebody else's. */
function ownFrom({ ownApprovalDelayMs: delay, now, ...asked }: Held): Date | null {
  return delay !== undefined && hasAsked(asked) ? new Date(now.getTime() + delay) : null;
}

/** In whose place, for the log. */
function inPlaceDetails({ behalf }: Held): Readonly<Record<string, string>> {
  const standing = behalf?.standing;
  return standing === undefined ? {} : { delegation: standing.id, on_behalf_of: standing.from };
}

async function tellOwn(
  tx: WriteTransaction,
  { notBefore, ...told }: Pick<Told, "action" | "by" | "at"> & Readonly<{ notBefore: Date }>,
): Promise<void> {
  const text = `asked for and approved by one person: it runs after ${notBefore.toISOString()} unless it is cancelled`;
  await tellDeciders(tx, { kind: "own_approval", text, ...told });
}

type Approving = Readonly<{ held: Held; request: ApprovalRequest }>;

async function approveHeld(
  room: Room,
  tx: WriteTransaction,
  { held, request, signed }: Approving & Readonly<{ signed: Signed }>,
): Promise<Settled<ActionRow>> {
  const { action: row, now: at } = held;
  const { by, comment } = request;
  // Sent twice, stored once, also by somebody whose approval does not count at the moment.
  if (givenFor(row, held.approvals).has(by.actor.id)) return { answer: ok(row), facts: [] };

  const notBefore = ownFrom(held);
  await storeApproval(tx, row, { by, comment, at, signed, notBefore, standing: held.behalf?.standing });
  const { weighed, disbelieved } = await weighApprovals(room, tx, row);
  const disowned = await disown(tx, { row, by, at, disbelieved });
  await insertDecision(tx, { actionId: row.id, step: "approve", ...weighed });
  const { outcome, bundleDigest } = weighed.decision;
  const { row: moved, fact } = await moveAction(tx, row, {
    event: approveEvent(weighed.decision),
    by,
    at,
    ...(comment === undefined ? {} : { note: comment }),
    details: {
      ...signedDetails(signed),
      ...inPlaceDetails(held),
      decision: outcome,
      bundle_digest: bundleDigest,
      ...(notBefore === null ? {} : { not_before: notBefore.toISOString() }),
    },
  });
  if (notBefore !== null) await tellOwn(tx, { action: moved, by: by.actor, notBefore, at });
  return { answer: ok(moved), facts: [...disowned, fact] };
}

type Deciding = Readonly<{
  held: Held;
  statement: StatementKind;
  reason?: string | undefined;
  signature: StatementSignature | undefined;
}>;

/** Does it with what its person signed, or not at all. */
export async function signedBy(
  room: Room,
  tx: WriteTransaction,
  { held, work, ...signing }: Deciding & Readonly<{ work(signed: Signed): Promise<Settled<ActionRow>> }>,
): Promise<Settled<ActionRow>> {
  const { action, by, now: at, behalf } = held;
  const standing = behalf?.standing;
  return await withSignature(room, tx, { action, by, at, standing, reason: undefined, ...signing, work });
}

async function approveSigned(room: Room, tx: WriteTransaction, approving: Approving): Promise<Settled<ActionRow>> {
  const { held, request } = approving;
  return await signedBy(room, tx, {
    held,
    statement: "approve",
    reason: request.comment,
    signature: request.signature,
    work: async (signed) => await approveHeld(room, tx, { ...approving, signed }),
  });
}

/**
 * Records that somebody approves exactly what was shown to them. When policy then allows the action, it is approved.
 *
 * Refusals, each logged: `ACTION_TRANSITION_REFUSED`, `APPROVAL_BY_REQUESTER`, `APPROVAL_STALE`, `NOT_PERMITTED`,
 * `SIGNATURE_REQUIRED`, `SIGNATURE_INVALID`.
 */
export async function approveAction(room: Room, request: ApprovalRequest): Promise<Result<Action>> {
  const { id, by, requestDigest, dryRunDigest, delegation } = request;
  const settled = await settle<ActionRow>(room.db, async (tx) => {
    const shown = { requestDigest, dryRunDigest };
    const decide = async (held: Held) => await approveSigned(room, tx, { held, request });
    const work = async () => await withMove(room, tx, { id, by, move: "approve", shown, delegation, work: decide });
    return await whileOpen(room, tx, { by, work });
  });
  return await answerWith(room, settled, by);
}

export type Reasoned = Readonly<{ id: ActionId; by: By; reason: string }>;
export type InPlace = Readonly<{ delegation?: DelegationId | undefined }>;
export type Signable = Readonly<{ signature?: StatementSignature | undefined }>;

/** One eligible person's no is enough, signed as a yes is. */
export async function rejectAction(
  room: Room,
  { id, by, reason, signature, delegation }: Reasoned & Signable & InPlace,
): Promise<Result<Action>> {
  const settled = await settle<ActionRow>(room.db, async (tx) => {
    const reject = async (held: Held): Promise<Settled<ActionRow>> =>
      await signedBy(room, tx, {
        held,
        statement: "reject",
        reason,
        signature,
        async work(signed) {
          const details = { ...signedDetails(signed), ...inPlaceDetails(held) };
          const moved = await moveAction(tx, held.action, { event: "reject", by, at: held.now, note: reason, details });
          return { answer: ok(moved.row), facts: [moved.fact] };
        },
      });
    const work = async () => await withMove(room, tx, { id, by, move: "reject", delegation, work: reject });
    return await whileOpen(room, tx, { by, work });
  });
  return await answerWith(room, settled, by);
}

/** By the requester, a security manager or an administrator, until it runs. */
export async function cancelAction(room: Room, { id, by, reason }: Reasoned): Promise<Result<Action>> {
  const settled = await settle<ActionRow>(room.db, async (tx) => {
    const work = async ({ action, now: at }: Held): Promise<Settled<ActionRow>> => {
      const moved = await moveAction(tx, action, { event: "cancel", by, at, note: reason });
      return { answer: ok(moved.row), facts: [moved.fact] };
    };
    return await withMove(room, tx, { id, by, move: "cancel", work });
  });
  return await answerWith(room, settled, by);
}

async function withdrawHeld(
  room: Room,
  tx: WriteTransaction,
  { held, signed }: Readonly<{ held: Held; signed: Signed }>,
): Promise<Settled<ActionRow>> {
  const { action: row, approvals, by, now: at } = held;
  const own = approvals.filter((one) => one.subject_id === by.actor.id);
  for (const one of own) await withdrawApproval(tx, one.id, at);
  await dropStatements(tx, { actionId: row.id, subjectId: by.actor.id });
  const { weighed, disbelieved } = await weighApprovals(room, tx, row);
  const disowned = await disown(tx, { row, by, at, disbelieved });
  await insertDecision(tx, { actionId: row.id, step: "withdraw", ...weighed });
  const event = withdrawEvent(row.state, weighed.decision);
  const details = signedDetails(signed);
  const moved = await moveAction(tx, row, { event, by, at, details });
  return { answer: ok(moved.row), facts: [...disowned, moved.fact] };
}

/** Takes one's own approval back. Possible until it runs; without a quorum an approved action waits again. */
export async function withdrawApprovalOf(
  room: Room,
  { id, by, signature }: Omit<Reasoned, "reason"> & Signable,
): Promise<Result<Action>> {
  const settled = await settle<ActionRow>(room.db, async (tx) => {
    const withdraw = async (held: Held): Promise<Settled<ActionRow>> =>
      await signedBy(room, tx, {
        held,
        statement: "withdraw",
        signature,
        work: async (signed) => await withdrawHeld(room, tx, { held, signed }),
      });
    const work = async () => await withMove(room, tx, { id, by, move: "withdraw", work: withdraw });
    return await whileOpen(room, tx, { by, work });
  });
  return await answerWith(room, settled, by);
}
