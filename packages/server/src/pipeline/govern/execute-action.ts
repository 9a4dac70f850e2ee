import { ok, type ActionId, type BlockId } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { withMove, type Held } from "./hold-action.ts";
import { beginEvent, reopenEvent, turnedAway } from "./machine/events-of.ts";
import { next, type ActionEvent } from "./machine/transitions.ts";
import { disown } from "./believe-approvals.ts";
import { decisionDetails, runDryRun } from "./draft-action.ts";
import type { OwnEffect } from "./kinds/kind.ts";
import { moveAction, type Moved } from "./move-action.ts";
import { NO_APPROVALS } from "./policy/decide.ts";
import type { By, Room, Settled } from "./room.ts";
import { insertDecision, lockAction, type ActionRow } from "./store.ts";
import { weighApprovals } from "./weigh-approvals.ts";
import { weigh, type Weighed } from "./weigh.ts";

/**
 * What became of an approved action when its turn came: `run` it, or it went elsewhere (`moved`: expired, failed,
 * back to the people), or somebody else has it (`taken`).
 */
export type Beginning =
  | Readonly<{ kind: "run"; row: ActionRow; facts: readonly Fact[] }>
  | Readonly<{ kind: "moved"; row: ActionRow; facts: readonly Fact[] }>
  | Readonly<{ kind: "taken" }>;

export type BeginRequest = Readonly<{ id: ActionId; by: By }>;
type Turn = Readonly<{ row: ActionRow; by: By; at: Date; approved: Weighed; humans: number }>;

function moved({ row, fact }: Moved): Beginning {
  return { kind: "moved", row, facts: [fact] };
}

const MOVED_ON = "the target is not as the dry run saw it";

/** People decided about a target that changed since: they look again, at a new dry run. */
async function reopen(room: Room, tx: WriteTransaction, held: Turn): Promise<Beginning> {
  const { row, by, at } = held;
  const dryRun = await runDryRun(room, tx, row);
  const weighed = await weigh(room, tx, { action: { ...row, dry_run: dryRun }, approvals: NO_APPROVALS });
  await insertDecision(tx, { actionId: row.id, step: "dry_run", ...weighed });
  const changes = { dry_run: JSON.stringify(dryRun), dry_run_at: at, decision: JSON.stringify(weighed.decision) };
  const event = reopenEvent(dryRun, weighed.decision);
  return moved(
    await moveAction(tx, row, { event, by, at, changes, note: MOVED_ON, details: decisionDetails(weighed) }),
  );
}

/** Policy does not answer allow. */
async function turnAway(
  tx: WriteTransaction,
  { row, by, at, approved, event }: Turn & Readonly<{ event: ActionEvent }>,
): Promise<Beginning> {
  const { decision } = approved;
  const why = decision.reasons.map(({ text }) => text).join(" ");
  const changes = event === "deny" ? { failure: why } : { decision: JSON.stringify(decision) };
  return moved(await moveAction(tx, row, { event, by, at, changes, note: why, details: decisionDetails(approved) }));
}

async function beginHeld(room: Room, tx: WriteTransaction, held: Turn): Promise<Beginning> {
  const { row, by, at, approved, humans } = held;
  const away = turnedAway({ action: row, now: at, decision: approved.decision });
  if (away === "pass_deadline") return moved(await moveAction(tx, row, { event: away, by, at }));
  await insertDecision(tx, { actionId: row.id, step: "execute", ...approved });
  if (away !== undefined) return await turnAway(tx, { ...held, event: away });
  const { target, ttl_seconds: ttlSeconds } = row;
  const seen = await room.kinds[row.type].observe({ db: tx, target, ttlSeconds, now: at });
  const event = beginEvent({ action: row, seen, approvers: humans });
  if (event === "reopen") return await reopen(room, tx, held);
  const begun = await moveAction(tx, row, {
    event,
    by,
    at,
    // The decision that people passed stays the one that is shown; this one is stored beside it, and in the log.
    changes: { executed_at: at },
    details: { ...decisionDetails(approved), approvers: humans },
  });
  return { kind: "run", row: begun.row, facts: [begun.fact] };
}

/**
 * Takes an approved action for execution, in the caller's transaction: one winner, policy asked again with the
 * approvals that still count, the target as the dry run saw it. The caller adds the effect to the same transaction.
 */
export async function beginExecution(room: Room, tx: WriteTransaction, { id, by }: BeginRequest): Promise<Beginning> {
  const row = await lockAction(tx, id);
  if (row === undefined || next(row.state, "execute") === undefined) return { kind: "taken" };
  await room.kinds[row.type].hold?.(tx);
  const at = room.clock.now();
  const { weighed: approved, humans, disbelieved } = await weighApprovals(room, tx, row);
  const facts = await disown(tx, { row, by, at, disbelieved });
  const beginning = await beginHeld(room, tx, { row, by, at, approved, humans });
  return beginning.kind === "taken" ? beginning : { ...beginning, facts: [...facts, ...beginning.facts] };
}

export type Effect = Readonly<{ blockId: BlockId | null; endsAt: Date | null; detail: string }>;

/** Does in this room what the action asks for. @throws when another room carries actions of its type out */
export async function applyOwn(
  room: Room,
  tx: WriteTransaction,
  { row, by }: Readonly<{ row: ActionRow; by: By }>,
): Promise<OwnEffect> {
  const { apply } = room.kinds[row.type];
  if (apply === undefined) throw new TypeError(`${row.type} is not carried out here`);
  return await apply(tx, { row, by, at: room.clock.now() });
}

/** executing → executed: the effect is there, and ends. */
export async function finishExecution(
  room: Room,
  tx: WriteTransaction,
  { row, by, effect }: Readonly<{ row: ActionRow; by: By; effect: Effect }>,
): Promise<Moved> {
  return await moveAction(tx, row, {
    event: "succeed",
    by,
    at: room.clock.now(),
    changes: { block_id: effect.blockId, effect_ends_at: effect.endsAt },
    note: effect.detail,
    details: { block_id: effect.blockId, effect_ends_at: effect.endsAt?.toISOString() ?? null },
  });
}

/** executed → reverting: refused when it is not in force. The caller takes the effect away in the same transaction. */
export async function beginRevert(
  room: Room,
  tx: WriteTransaction,
  { id, by, reason }: Readonly<{ id: ActionId; by: By; reason: string }>,
): Promise<Settled<ActionRow>> {
  const work = async ({ action, now: at }: Held): Promise<Settled<ActionRow>> => {
    const begun = await moveAction(tx, action, { event: "revert", by, at, note: reason });
    return { answer: ok(begun.row), facts: [begun.fact] };
  };
  return await withMove(room, tx, { id, by, move: "revert", work });
}

/** reverting → reverted. */
export async function finishRevert(
  room: Room,
  tx: WriteTransaction,
  { row, by, reason }: Readonly<{ row: ActionRow; by: By; reason: string }>,
): Promise<Moved> {
  return await moveAction(tx, row, { event: "revert_done", by, at: room.clock.now(), note: reason });
}
