import type { ActionId } from "@tyr/contract";
import { takePositions } from "#platform/bus";
import { newId } from "#platform/ids";
import type { Fact, WriteTransaction } from "#platform/database";
import type { ActionRow, Effect } from "#govern";
import { holdBlock, type Moment } from "./hold-block.ts";
import { announceBlock, SYSTEM, type Room } from "./room.ts";
import { insertOutcome } from "./hold-store.ts";

const BATCH = 50;

type Executed = Readonly<{ facts: readonly Fact[]; action?: ActionRow; committed?: () => void }>;
type Carried = Readonly<{ facts: readonly Fact[]; effect: Effect; committed: () => void }>;

type Doing = Readonly<{ row: ActionRow; moment: Moment }>;

async function block({ bus }: Room, tx: WriteTransaction, { row, moment }: Doing): Promise<Carried> {
  const { block: held, fact, endsAt } = await holdBlock(tx, row, moment);
  const detail = `${held.value} is on the block list until ${endsAt.toISOString()}`;
  return { facts: [fact], effect: { blockId: held.id, endsAt, detail }, committed: () => announceBlock(bus, held) };
}

async function carryOut(room: Room, tx: WriteTransaction, doing: Doing): Promise<Carried> {
  const { row, moment } = doing;
  if (row.type === "block_ip") return await block(room, tx, doing);
  const { facts, committed, ...own } = await room.execution.applyOwn(tx, { row, by: moment.by });
  return { facts, effect: { blockId: null, ...own }, committed };
}

/**
 * Runs one approved action. What it changes is in the same database, so taking the action, its effect and its
 * outcome are one transaction: it happened once, or not at all, wherever the process is killed.
 */
async function executeOne(room: Room, id: ActionId): Promise<void> {
  const { db, clock, execution } = room;
  const executed = await db.audited(
    (one: Executed) => one.facts,
    async (tx): Promise<Executed> => {
      // Held to the end: whoever writes blocks or the allow-list does so one after the other.
      const position = await takePositions(tx, "block", 1);
      const begun = await execution.begin(tx, { id, by: SYSTEM });
      if (begun.kind === "taken") return { facts: [] };
      if (begun.kind === "moved") return { facts: begun.facts, action: begun.row };
      const at = clock.now();
      const { row } = begun;
      const { facts, effect, committed } = await carryOut(room, tx, {
        row,
        moment: { position, at, by: SYSTEM },
      });
      await insertOutcome(tx, {
        id: newId("outcome", at),
        action_id: id,
        revision: row.revision,
        connector: row.connector,
        state: "executed",
        block_id: effect.blockId,
        at,
        detail: effect.detail,
      });
      const done = await execution.finish(tx, { row, by: SYSTEM, effect });
      return { facts: [...begun.facts, ...facts, done.fact], action: done.row, committed };
    },
  );
  if (executed.action !== undefined) execution.announce(executed.action);
  executed.committed?.();
}

/**
 * Runs what is approved, oldest first. What fails by breakage stays approved and is tried again.
 *
 * @returns true when there may be more
 */
export async function executeApproved(room: Room): Promise<boolean> {
  const approved = await room.execution.listApproved(BATCH);
  const broken: unknown[] = [];
  for (const { id } of approved) {
    try {
      await executeOne(room, id);
    } catch (error) {
      // One that breaks must not hold up those behind it until their deadline.
      broken.push(error);
    }
  }
  if (broken.length === 1) throw broken[0];
  if (broken.length > 1) throw new AggregateError(broken, `${broken.length} of ${approved.length} executions broke`);
  return approved.length === BATCH;
}
