import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

/** Streams with positions: rows others read in order through a cursor. */
export type Stream = "event" | "detection" | "incident" | "block" | "message" | "rule";

/**
 * Gives `count` rows their places in a stream. The head row stays locked until the transaction ends, so positions
 * become visible in order and without gaps: a reader at position n has seen everything up to n (ADR 0003).
 *
 * @returns the first position; the rows get first … first + count − 1
 */
export async function takePositions(tx: WriteTransaction, stream: Stream, count: number): Promise<number> {
  const row = await tx
    .insertInto("stream_head")
    .values({ stream, position: count })
    .onConflict((conflict) =>
      conflict.column("stream").doUpdateSet({ position: sql<number>`stream_head.position + ${count}` }),
    )
    .returning("position")
    .executeTakeFirstOrThrow();
  return row.position - count + 1;
}

export async function headOf(db: ReadDatabase, stream: Stream): Promise<number> {
  const row = await db.selectFrom("stream_head").select("position").where("stream", "=", stream).executeTakeFirst();
  return row?.position ?? 0;
}

/** The last position a consumer has finished; 0 before it began. */
export async function cursorOf(db: ReadDatabase, consumer: string): Promise<number> {
  const row = await db
    .selectFrom("consumer_cursor")
    .select("position")
    .where("consumer", "=", consumer)
    .executeTakeFirst();
  return row?.position ?? 0;
}

/**
 * Moves a cursor in the transaction that holds what the consumer wrote: both or neither.
 *
 * @param cursor with `from`, the place it must be at; left out: it only never goes back
 * @throws {Error} when another process moved it: nothing of the transaction may stay, or it would count twice
 */
export async function moveCursor(
  tx: WriteTransaction,
  { consumer, position, now, from }: Readonly<{ consumer: string; position: number; now: Date; from?: number }>,
): Promise<void> {
  const moved = await tx
    .insertInto("consumer_cursor")
    .values({ consumer, position, updated_at: now })
    .onConflict((conflict) =>
      conflict
        .column("consumer")
        .doUpdateSet({ position, updated_at: now })
        .where("consumer_cursor.position", from === undefined ? "<=" : "=", from ?? position),
    )
    .returning("consumer")
    .execute();
  if (moved.length === 0) throw new Error(`the cursor ${consumer} is not where this process left it`);
}

export async function listCursors(db: ReadDatabase): Promise<readonly { consumer: string; position: number }[]> {
  return await db.selectFrom("consumer_cursor").select(["consumer", "position"]).orderBy("consumer").execute();
}
