import {
  ok,
  permissionsOf,
  refuse,
  type Action,
  type ActionId,
  type Refused,
  type Result,
  type SubjectId,
} from "@tyr/contract";
import { newId } from "#platform/ids";
import type { WriteTransaction } from "#platform/database";
import { digestOf } from "./canonical-digest.ts";
import { approversOf, countApprovers, givenFor, isRequester } from "./count-approvals.ts";
import { moveAction, refuseMove } from "./move-action.ts";
import type { Person } from "./ports.ts";
import { settle, type By, type Room, type Settled } from "./room.ts";
import { insertApproval, insertDecision, isAuthor, listApprovals, withdrawApproval, type ActionRow } from "./store.ts";
import { answerWith, whileOpen, withAction } from "./submit-action.ts";
import { weigh, type Weighed } from "./weigh.ts";

export type ApprovalRequest = Readonly<{
  id: ActionId;
  by: By;
  requestDigest: string;
  dryRunDigest: string;
  comment?: string | undefined;
}>;

/** Who may decide about this action at all: a person with the permission who neither asked for it nor wrote it. */
async function refuseDecider(tx: WriteTransaction, row: ActionRow, by: By): Promise<Refused | undefined> {
  if (by.actor.kind !== "person" || !permissionsOf(by.roles).has("action:approve"))
    return refuse("NOT_PERMITTED", "only people with a role that may approve decide", { permission: "action:approve" });
  if (isRequester(row, by.actor.id) || (await isAuthor(tx, row.id, by.actor.id)))
    return refuse("APPROVAL_BY_REQUESTER", "whoever asked for an action or changed it does not decide about it");
  return undefined;
}

function refuseApproval(row: ActionRow, { by, requestDigest, dryRunDigest }: ApprovalRequest): Refused | undefined {
  if (requestDigest !== row.request_digest || dryRunDigest !== row.dry_run?.digest)
    return refuse("APPROVAL_STALE", "the request or its dry run changed since it was shown");
  const roles = new Set((row.decision?.requirements ?? []).flatMap((one) => one.roles));
  if (!by.roles.some((role) => roles.has(role)))
    return refuse("NOT_PERMITTED", `this asks for somebody with the role ${[...roles].join(" or ")}`, {
      permission: "action:approve",
    });
  return undefined;
}

/** The statement somebody makes by approving: what exactly, under which policy, until when. Its digest is logged. */
function statementDigest(row: ActionRow, by: By): string {
  return digestOf({
    v: 1,
    statement: "approve",
    action_id: row.id,
    revision: row.revision,
    request_digest: row.request_digest,
    dry_run_digest: row.dry_run?.digest ?? null,
    bundle_digest: row.decision?.bundleDigest ?? null,
    requirements: row.decision?.requirements ?? [],
    deadline_at: row.deadline_at?.toISOString() ?? null,
    approver: by.actor.id,
  });
}

async function storeApproval(
  tx: WriteTransaction,
  row: ActionRow,
  { by, comment, at }: Readonly<{ by: By; comment: string | undefined; at: Date }>,
): Promise<string> {
  const digest = statementDigest(row, by);
  await insertApproval(tx, {
    id: newId("approval", at),
    action_id: row.id,
    subject_id: by.actor.id as SubjectId,
    actor: JSON.stringify(by.actor),
    roles: [...by.roles],
    revision: row.revision,
    request_digest: row.request_digest,
    dry_run_digest: row.dry_run?.digest ?? "",
    bundle_digest: row.decision?.bundleDigest ?? "",
    statement_digest: digest,
    at,
    comment: comment ?? null,
    withdrawn_at: null,
  });
  return digest;
}

/** Past its deadline nothing is decided any more; the first who notices closes it. */
async function expireIfDue(
  tx: WriteTransaction,
  row: ActionRow,
  { by, at }: Readonly<{ by: By; at: Date }>,
): Promise<Settled<never> | undefined> {
  if (row.deadline_at === null || row.deadline_at > at) return undefined;
  const { fact } = await moveAction(tx, row, { event: "pass_deadline", by, at });
  const detail = `its deadline was ${row.deadline_at.toISOString()}: ask for it again`;
  return { answer: refuse("ACTION_TRANSITION_REFUSED", detail, { state: "expired", legal: [] }), facts: [fact] };
}

async function weighApprovals(
  room: Room,
  tx: WriteTransaction,
  { row, people }: Readonly<{ row: ActionRow; people: readonly Person[] }>,
): Promise<Weighed> {
  const approvers = approversOf(row, await listApprovals(tx, [row.id]), people);
  return await weigh(room, tx, { action: row, approvals: countApprovers(approvers) });
}

async function approveHeld(
  room: Room,
  tx: WriteTransaction,
  { row, request, people }: Readonly<{ row: ActionRow; request: ApprovalRequest; people: readonly Person[] }>,
): Promise<Settled<ActionRow>> {
  const { by, comment } = request;
  const at = room.clock.now();
  const refused = (await refuseDecider(tx, row, by)) ?? refuseApproval(row, request);
  if (refused !== undefined) return refuseMove(row, by, { move: "approve", refused });
  const expired = await expireIfDue(tx, row, { by, at });
  if (expired !== undefined) return expired;
  // Sent twice, stored once, also by somebody whose approval does not count at the moment.
  const given = givenFor(row, await listApprovals(tx, [row.id]));
  if (given.has(by.actor.id)) return { answer: ok(row), facts: [] };

  const statement = await storeApproval(tx, row, { by, comment, at });
  const weighed = await weighApprovals(room, tx, { row, people });
  await insertDecision(tx, { actionId: row.id, step: "approve", ...weighed });
  const { outcome, bundleDigest } = weighed.decision;
  const { row: moved, fact } = await moveAction(tx, row, {
    event: outcome === "allow" ? "approve_last" : "approve",
    by,
    at,
    ...(comment === undefined ? {} : { note: comment }),
    details: { statement_digest: statement, decision: outcome, bundle_digest: bundleDigest },
  });
  return { answer: ok(moved), facts: [fact] };
}

/**
 * Records that somebody approves exactly what was shown to them. When policy then allows the action, it is approved.
 *
 * Refusals, each logged: `ACTION_TRANSITION_REFUSED`, `APPROVAL_BY_REQUESTER`, `APPROVAL_STALE`, `NOT_PERMITTED`.
 */
export async function approveAction(room: Room, request: ApprovalRequest): Promise<Result<Action>> {
  const { id, by } = request;
  const people = await room.ports.people();
  const settled = await settle<ActionRow>(room.db, async (tx) => {
    const work = async () =>
      await withAction(
        tx,
        { id, by, move: ["approve", "approve"] },
        async (row) => await approveHeld(room, tx, { row, request, people }),
      );
    return await whileOpen(room, tx, { by, work });
  });
  return await answerWith(room, settled, by);
}

export type Reasoned = Readonly<{ id: ActionId; by: By; reason: string }>;

/** One eligible person's no is enough. */
export async function rejectAction(room: Room, { id, by, reason }: Reasoned): Promise<Result<Action>> {
  const settled = await settle<ActionRow>(
    room.db,
    async (tx) =>
      await withAction(tx, { id, by, move: ["reject", "reject"] }, async (row) => {
        const refused = await refuseDecider(tx, row, by);
        if (refused !== undefined) return refuseMove(row, by, { move: "reject", refused });
        const moved = await moveAction(tx, row, { event: "reject", by, at: room.clock.now(), note: reason });
        return { answer: ok(moved.row), facts: [moved.fact] };
      }),
  );
  return await answerWith(room, settled, by);
}

/** Takes one's own approval back. Possible until it runs; without a quorum an approved action waits again. */
export async function withdrawApprovalOf(room: Room, { id, by }: Omit<Reasoned, "reason">): Promise<Result<Action>> {
  const people = await room.ports.people();
  const settled = await settle<ActionRow>(
    room.db,
    async (tx) =>
      await withAction(tx, { id, by, move: ["withdraw an approval", "withdraw"] }, async (row) => {
        const own = (await listApprovals(tx, [id])).filter((one) => one.subject_id === by.actor.id);
        if (own.length === 0) {
          const refused = refuse("NOT_FOUND", "there is no approval of yours on this action");
          return refuseMove(row, by, { move: "withdraw", refused });
        }
        const at = room.clock.now();
        for (const one of own) await withdrawApproval(tx, one.id, at);
        const { decision } = await weighApprovals(room, tx, { row, people });
        const needed = row.state === "approved" && decision.outcome !== "allow";
        const moved = await moveAction(tx, row, { event: needed ? "withdraw_needed" : "withdraw", by, at });
        return { answer: ok(moved.row), facts: [moved.fact] };
      }),
  );
  return await answerWith(room, settled, by);
}

/** By the requester, a security manager or an administrator, until it runs. */
export async function cancelAction(room: Room, { id, by, reason }: Reasoned): Promise<Result<Action>> {
  const settled = await settle<ActionRow>(
    room.db,
    async (tx) =>
      await withAction(tx, { id, by, move: ["be cancelled", "cancel"] }, async (row) => {
        const may =
          by.actor.id === row.requester_id || by.roles.some((role) => role === "security_manager" || role === "admin");
        if (!may) {
          const refused = refuse("NOT_PERMITTED", "only its requester or a security manager cancels an action", {
            permission: "action:request",
          });
          return refuseMove(row, by, { move: "cancel", refused });
        }
        const moved = await moveAction(tx, row, { event: "cancel", by, at: room.clock.now(), note: reason });
        return { answer: ok(moved.row), facts: [moved.fact] };
      }),
  );
  return await answerWith(room, settled, by);
}
