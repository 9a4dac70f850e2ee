import type { ActionId } from "@tyr/contract";
import { takePositions } from "#platform/bus";
import { newId } from "#platform/ids";
import type { Fact } from "#platform/database";
import type { ActionRow } from "#govern";
import { holdBlock } from "./hold-block.ts";
import { announceBlock, SYSTEM, type Room } from "./room.ts";
import type { BlockRow } from "./block-store.ts";
import { insertOutcome } from "./hold-store.ts";

const BATCH = 50;

type Executed = Readonly<{ facts: readonly Fact[]; action?: ActionRow; block?: BlockRow }>;

/**
 * Runs one approved action. Our own block list is in the same database, so taking the action, its effect and its
 * outcome are one transaction: it happened once, or not at all, wherever the process is killed.
 */
async function executeOne({ db, clock, bus, execution }: Room, id: ActionId): Promise<void> {
  const people = await execution.people();
  const executed = await db.audited(
    (one: Executed) => one.facts,
    async (tx): Promise<Executed> => {
      // Held to the end: whoever writes blocks or the allow-list does so one after the other.
      const position = await takePositions(tx, "block", 1);
      const begun = await execution.begin(tx, { id, by: SYSTEM, people });
      if (begun.kind === "taken") return { facts: [] };
      if (begun.kind === "moved") return { facts: begun.facts, action: begun.row };
      const at = clock.now();
      const { block, fact } = await holdBlock(tx, begun.row, { position, at, by: SYSTEM });
      const endsAt = new Date(at.getTime() + begun.row.ttl_seconds * 1000);
      const detail = `${block.value} is on the block list until ${endsAt.toISOString()}`;
      await insertOutcome(tx, {
        id: newId("outcome", at),
        action_id: id,
        revision: begun.row.revision,
        connector: begun.row.connector,
        state: "executed",
        block_id: block.id,
        at,
        detail,
      });
      const effect = { blockId: block.id, endsAt, detail };
      const done = await execution.finish(tx, { row: begun.row, by: SYSTEM, effect });
      return { facts: [...begun.facts, fact, done.fact], action: done.row, block };
    },
  );
  if (executed.action !== undefined) execution.announce(executed.action);
  if (executed.block !== undefined) announceBlock(bus, executed.block);
}

/**
 * Runs what is approved, oldest first. What fails by breakage stays approved and is tried again.
 *
 * @returns true when there may be more
 */
export async function executeApproved(room: Room): Promise<boolean> {
  const approved = await room.execution.listApproved(BATCH);
  for (const { id } of approved) await executeOne(room, id);
  return approved.length === BATCH;
}
