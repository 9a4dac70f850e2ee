import type { ActionId, BlockId } from "@tyr/contract";
import type { Insertable, Selectable } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { Tables } from "#platform/tables";
import type { HoldTable } from "./tables.ts";

export type HoldRow = Selectable<HoldTable>;

export async function insertHold(tx: WriteTransaction, row: Insertable<HoldTable>): Promise<void> {
  await tx.insertInto("block_hold").values(row).execute();
}

/** Ends what an action holds; undefined when it holds nothing any more. */
export async function endHoldOf(
  tx: WriteTransaction,
  actionId: ActionId,
  { at, reason }: Readonly<{ at: Date; reason: string }>,
): Promise<HoldRow | undefined> {
  return await tx
    .updateTable("block_hold")
    .set({ ended_at: at, end_reason: reason })
    .where("action_id", "=", actionId)
    .where("ended_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}

/** Actions that still hold a block, the longest last. */
export async function listHolds(db: ReadDatabase, blockId: BlockId): Promise<readonly HoldRow[]> {
  return await db
    .selectFrom("block_hold")
    .selectAll()
    .where("block_id", "=", blockId)
    .where("ended_at", "is", null)
    .orderBy("expires_at")
    .orderBy("action_id")
    .execute();
}

export async function listDueHolds(db: ReadDatabase, now: Date, limit: number): Promise<readonly HoldRow[]> {
  return await db
    .selectFrom("block_hold")
    .selectAll()
    .where("ended_at", "is", null)
    .where("expires_at", "<=", now)
    .orderBy("expires_at")
    .orderBy("action_id")
    .limit(limit)
    .execute();
}

export async function insertOutcome(tx: WriteTransaction, row: Insertable<Tables["outcome"]>): Promise<void> {
  await tx.insertInto("outcome").values(row).execute();
}
