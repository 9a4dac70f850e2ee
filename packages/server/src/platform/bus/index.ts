import { randomUUID } from "node:crypto";
import type { LiveData, LiveEntry, LiveTopic } from "@tyr/contract";
import { sql } from "kysely";
import type { Clock } from "#platform/clock";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

/** Streams with positions: rows others read in order through a cursor. */
export type Stream = "event" | "detection" | "incident" | "block";

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

/** Moves a cursor in the transaction that holds what the consumer wrote: both or neither. */
export async function moveCursor(
  tx: WriteTransaction,
  cursor: Readonly<{ consumer: string; position: number; now: Date }>,
): Promise<void> {
  const row = { consumer: cursor.consumer, position: cursor.position, updated_at: cursor.now };
  await tx
    .insertInto("consumer_cursor")
    .values(row)
    .onConflict((conflict) =>
      conflict.column("consumer").doUpdateSet({ position: row.position, updated_at: row.updated_at }),
    )
    .execute();
}

export async function listCursors(db: ReadDatabase): Promise<readonly { consumer: string; position: number }[]> {
  return await db.selectFrom("consumer_cursor").select(["consumer", "position"]).orderBy("consumer").execute();
}

type Listener = (message: LiveEntry) => void;

/** Wakes loops and feeds live views inside one process. Never the truth: a reader that misses a message reads the rows. */
export type Bus = Readonly<{
  boot: string;
  seq(): number;
  publish<T extends LiveTopic>(topic: T, data: LiveData[T]): void;
  subscribe(listener: Listener): () => void;
  /** Messages after `seq`, or undefined when they are no longer kept. */
  since(seq: number): readonly LiveEntry[] | undefined;
}>;

const KEPT_MESSAGES = 2_000;

export function createBus(clock: Clock): Bus {
  const boot = randomUUID();
  const listeners = new Set<Listener>();
  const kept: LiveEntry[] = [];
  let seq = 0;
  return {
    boot,
    seq: () => seq,
    publish<T extends LiveTopic>(topic: T, data: LiveData[T]) {
      seq += 1;
      const typed: LiveEntry<T> = { type: "message", seq, topic, at: clock.now().toISOString(), data };
      // The compiler does not see that an entry of some topic is one of the entries of all topics.
      const message = typed as LiveEntry;
      kept.push(message);
      if (kept.length > KEPT_MESSAGES) kept.shift();
      for (const listener of listeners) listener(message);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    since(after) {
      const first = kept[0]?.seq ?? seq + 1;
      if (after > seq || after < first - 1) return undefined;
      return kept.filter((message) => message.seq > after);
    },
  };
}
