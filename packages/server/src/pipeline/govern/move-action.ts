import type { ActionState, AuditEvent, Refused } from "@tyr/contract";
import type { Updateable } from "kysely";
import type { Bus } from "#platform/bus";
import type { Fact, FactValue, WriteTransaction } from "#platform/database";
import { next, type ActionEvent } from "./machine/transitions.ts";
import type { By, Settled } from "./room.ts";
import { insertMove, updateAction, type ActionRow } from "./store.ts";
import type { ActionTable } from "./tables.ts";

const FACTS: Readonly<Record<ActionEvent, AuditEvent>> = {
  edit: "action.edited",
  dry_run_ok: "action.dry_run",
  dry_run_failed: "action.dry_run",
  dry_run_allowed: "action.dry_run",
  submit: "action.submitted",
  submit_allowed: "action.submitted",
  approve: "action.approval_recorded",
  approve_last: "action.approval_recorded",
  approve_due: "action.own_approval_counted",
  break_glass: "action.break_glass",
  reject: "action.rejected",
  withdraw: "action.approval_withdrawn",
  withdraw_needed: "action.approval_withdrawn",
  pass_deadline: "action.expired",
  cancel: "action.cancelled",
  execute: "action.executing",
  reopen: "action.reopened",
  reopen_allowed: "action.reopened",
  deny: "action.failed",
  succeed: "action.executed",
  fail: "action.failed",
  lose: "action.lost",
  settle_executed: "action.executed",
  settle_failed: "action.failed",
  revert: "action.reverting",
  revert_done: "action.reverted",
  revert_failed: "action.revert_failed",
};
const FAILURES: ReadonlySet<ActionEvent> = new Set([
  "dry_run_failed",
  "deny",
  "fail",
  "settle_failed",
  "revert_failed",
]);

type Details = Readonly<Record<string, FactValue>>;

/** What the log says about a move, with the digests that name exactly what was moved. */
export function moveFact(
  row: ActionRow,
  { event, from, by, details = {} }: Readonly<{ event: ActionEvent; from: string; by: By; details?: Details }>,
): Fact {
  return {
    type: FACTS[event],
    actor: by.actor,
    object: { kind: "action", id: row.id },
    outcome: FAILURES.has(event) ? "failure" : "success",
    before: from,
    after: row.state,
    requestId: by.requestId,
    details: {
      revision: row.revision,
      target: row.target,
      request_digest: row.request_digest,
      dry_run_digest: row.dry_run?.digest ?? null,
      ...details,
    },
  };
}

export type MoveRequest = Readonly<{
  event: ActionEvent;
  by: By;
  at: Date;
  changes?: Updateable<ActionTable>;
  note?: string;
  details?: Details;
}>;
export type Moved = Readonly<{ row: ActionRow; fact: Fact }>;

/**
 * Makes one legal move: state, history and fact together. Callers have looked at the table (`next`) and at the guard.
 *
 * @throws when the row changed under a lock that should have held it: nothing is written
 */
export async function moveAction(tx: WriteTransaction, row: ActionRow, request: MoveRequest): Promise<Moved> {
  const { event, by, at, changes = {}, note, details } = request;
  const state = next(row.state, event);
  if (state === undefined) throw new TypeError(`no move ${event} from ${row.state}`);
  const moved = await updateAction(tx, row, { ...changes, state, updated_at: at });
  if (moved === undefined) throw new Error(`action ${row.id} changed while it was held`);
  await insertMove(tx, { row: moved, event, from: row.state, actor: by.actor, at, note: note ?? null });
  const all = note === undefined ? details : { ...details, note };
  return {
    row: moved,
    fact: moveFact(moved, { event, from: row.state, by, ...(all === undefined ? {} : { details: all }) }),
  };
}

/** A refusal somebody will want to find in the log: who tried what, and why not. */
export function refusedFact(
  action: Readonly<{ id: string; state: ActionState | null; target: string }>,
  { by, move, refusal }: Readonly<{ by: By; move: string; refusal: Refused["refusal"] }>,
): Fact {
  return {
    type: "action.refused",
    actor: by.actor,
    object: { kind: "action", id: action.id },
    outcome: "refused",
    before: action.state,
    after: action.state,
    requestId: by.requestId,
    details: { move, code: refusal.code, detail: refusal.detail.slice(0, 500), target: action.target },
  };
}

/** Refuses and logs it. */
export function refuseMove(
  row: ActionRow,
  by: By,
  { move, refused }: { move: string; refused: Refused },
): Settled<never> {
  return { answer: refused, facts: [refusedFact(row, { by, move, refusal: refused.refusal })] };
}

/** Tells live views, after the commit. */
export function announce(bus: Bus, { id, state, target, incident_id: incidentId }: ActionRow): void {
  bus.publish("action.changed", { id, state, target, incidentId });
}
