import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import { headOf, takePositions } from "./streams.ts";
import type { TopicPayloads } from "./topic-payloads.ts";
import { matchesTopic, type DurableFamily, type Segments, type StoredMessage, topicOf } from "./topics.ts";

declare module "#platform/tables" {
  interface Tables {
    message: { position: number; id: string; topic: string; type: string; at: Date; payload: unknown };
  }
}

/** A message on its way into the table. */
export type NewMessage<F extends DurableFamily = DurableFamily> = {
  [K in F]: Readonly<{ family: K; segments: Segments<K>; type?: string; payload: TopicPayloads[K]; id?: string }>;
}[F];

/** Text columns hold neither NUL nor lone surrogates, and attackers choose what they type. */
function toJson(rows: readonly object[]): string {
  return JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\uFFFD") : value,
  );
}

/**
 * Stores messages in the transaction of the change they tell of: either both are there or neither. Their places are in
 * the order of the commits. Take them last in a transaction: whoever takes places in several streams takes those of
 * `message` after the others, so that no two wait for each other.
 *
 * @returns the messages with their places, for `TopicBus.deliver` after the commit
 */
export async function enqueue(
  tx: WriteTransaction,
  messages: readonly NewMessage[],
  now: Date,
): Promise<readonly StoredMessage[]> {
  if (messages.length === 0) return [];
  const first = await takePositions(tx, "message", messages.length);
  const stored = messages.map((message, index) => storedOf(message, first + index, now));
  const rows = stored.map(({ position, id, topic, type, payload }) => ({ position, id, topic, type, payload }));
  await sql`
    insert into message (position, id, topic, type, at, payload)
    select position, id, topic, type, ${now}::timestamptz, payload
    from jsonb_to_recordset(${toJson(rows)}::jsonb) as row (position int8, id uuid, topic text, type text, payload jsonb)
  `.execute(tx);
  return stored;
}

function storedOf(message: NewMessage, position: number, now: Date): StoredMessage {
  const { family, segments, type = family, payload, id = randomUUID() } = message;
  // The compiler does not see that family, segments and payload of one message belong together.
  const topic = topicOf(family, ...(segments as Segments<typeof family>));
  return { v: 1, id, topic, type, ts: now.getTime() / 1_000, payload, position } as StoredMessage;
}

export type MessagesRead = Readonly<{
  messages: readonly StoredMessage[];
  /** Everything up to here was looked at: where the reader's cursor goes once it is done. */
  position: number;
  /** Messages the reader had not read that are no longer kept. */
  missed: number;
}>;
type Asked = Readonly<{ after: number; limit: number; patterns: readonly string[] }>;

/**
 * The next messages of some topics, in their order, after a reader's cursor (`cursorOf`). A reader that moves its cursor
 * (`moveCursor`) in the transaction that holds what it did sees every message at least once, whenever it is killed.
 *
 * @param limit places looked at; a topic none of the patterns means is passed over
 */
export async function readMessages(db: ReadDatabase, { after, limit, patterns }: Asked): Promise<MessagesRead> {
  // Before the rows: what is added in between is not passed over.
  const head = await headOf(db, "message");
  const rows = await db
    .selectFrom("message")
    .selectAll()
    .where("position", ">", after)
    .orderBy("position")
    .limit(limit)
    .execute();
  const messages = rows
    .filter(({ topic }) => patterns.some((pattern) => matchesTopic(pattern, topic)))
    .map(({ position, id, topic, type, at, payload }) => {
      return { v: 1, id, topic, type, ts: at.getTime() / 1_000, payload, position } as StoredMessage;
    });
  // Without a row everything up to the head is gone, or there is nothing after the reader's place.
  const next = rows[0]?.position ?? Math.max(head, after) + 1;
  return { messages, position: rows.at(-1)?.position ?? Math.max(head, after), missed: next - after - 1 };
}

/** Removes messages from before an instant. @returns how many */
export async function forgetMessages(tx: WriteTransaction, before: Date): Promise<number> {
  const { numDeletedRows } = await tx.deleteFrom("message").where("at", "<", before).executeTakeFirst();
  return Number(numDeletedRows);
}
