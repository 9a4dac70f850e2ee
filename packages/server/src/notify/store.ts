import type { ActionId, NotificationId, NotificationKind, NotificationMessageKind } from "@tyr/contract";
import { sql, type Generated, type Selectable } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { Happening } from "./happenings.ts";

type NoticeTable = {
  number: Generated<number>;
  key: string;
  kind: NotificationKind;
  event: string;
  action_id: ActionId | null;
  after_state: string | null;
  statement_digest: string | null;
  at: Date;
  packed_at: Date | null;
  notification_id: NotificationId | null;
};
type NotificationTable = {
  number: Generated<number>;
  id: NotificationId;
  kind: NotificationMessageKind;
  count: number;
  body: string;
  made_at: Date;
  since: Date;
  state: "waiting" | "delivered" | "given_up";
  attempts: number;
  next_at: Date | null;
  delivered_at: Date | null;
  failure: string | null;
};
declare module "#platform/tables" {
  interface Tables {
    notice: NoticeTable;
    notification: NotificationTable;
  }
}

export type NoticeRow = Happening & Readonly<{ number: number }>;
export type NotificationRow = Readonly<Selectable<NotificationTable>>;

function toNotice(row: Selectable<NoticeTable>): NoticeRow {
  const { number, key, kind, event, at } = row;
  const { action_id: actionId, after_state: after, statement_digest: statementDigest } = row;
  return { number, key, kind, event, actionId, after, statementDigest, at };
}

/** What is known by its key already stays as it is. */
export async function insertNotices(tx: WriteTransaction, happenings: readonly Happening[]): Promise<void> {
  if (happenings.length === 0) return;
  const rows = happenings.map(({ actionId, after, statementDigest, ...rest }) => ({
    ...rest,
    action_id: actionId,
    after_state: after,
    statement_digest: statementDigest,
    packed_at: null,
    notification_id: null,
  }));
  await tx
    .insertInto("notice")
    .values(rows)
    .onConflict((conflict) => conflict.column("key").doNothing())
    .execute();
}

export async function knownKeys(db: ReadDatabase, keys: readonly string[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const rows = await db
    .selectFrom("notice")
    .select("key")
    .where("key", "in", [...keys])
    .execute();
  return new Set(rows.map(({ key }) => key));
}

/** What is in no message yet, in its order. */
export async function listUnpacked(db: ReadDatabase, limit: number): Promise<readonly NoticeRow[]> {
  const rows = await db
    .selectFrom("notice")
    .selectAll()
    .where("packed_at", "is", null)
    .orderBy("number")
    .limit(limit)
    .execute();
  return rows.map(toNotice);
}

/** @returns how many it was that were in no message until now */
export async function markPacked(
  tx: WriteTransaction,
  numbers: readonly number[],
  { at, into }: Readonly<{ at: Date; into: NotificationId | null }>,
): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable("notice")
    .set({ packed_at: at, notification_id: into })
    .where("number", "in", [...numbers])
    .where("packed_at", "is", null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

export type NewNotification = Pick<NotificationRow, "id" | "kind" | "count" | "body">;

export async function insertNotification(
  tx: WriteTransaction,
  made: NewNotification,
  now: Date,
): Promise<NotificationRow> {
  return await tx
    .insertInto("notification")
    .values({ ...made, made_at: now, since: now, state: "waiting", attempts: 0, next_at: now })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** The message whose turn it is: the oldest that waits. The ones behind it wait for it. */
export async function oldestWaiting(db: ReadDatabase): Promise<NotificationRow | undefined> {
  return await db
    .selectFrom("notification")
    .selectAll()
    .where("state", "=", "waiting")
    .orderBy("number")
    .limit(1)
    .executeTakeFirst();
}

/** Messages about one thing each that were made after an instant. */
export async function countSingle(db: ReadDatabase, after: Date): Promise<number> {
  const row = await db
    .selectFrom("notification")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("made_at", ">", after)
    .where("kind", "not in", ["digest", "test", "break_glass"])
    .executeTakeFirstOrThrow();
  return row.count;
}

/**
 * Takes an attempt: nobody else takes the same one.
 *
 * @param until when it may be taken again, should nobody say how it went
 */
export async function claim(
  tx: WriteTransaction,
  { id, attempts }: Pick<NotificationRow, "id" | "attempts">,
  until: Date,
): Promise<NotificationRow | undefined> {
  return await tx
    .updateTable("notification")
    .set({ attempts: attempts + 1, next_at: until })
    .where("id", "=", id)
    .where("attempts", "=", attempts)
    .where("state", "=", "waiting")
    .returningAll()
    .executeTakeFirst();
}

type Tried = Pick<NotificationRow, "id" | "attempts">;

/** Writes down how an attempt went, unless another was begun since. */
export async function settleAttempt(
  tx: WriteTransaction,
  { id, attempts }: Tried,
  outcome: Pick<NotificationRow, "state" | "next_at" | "delivered_at" | "failure">,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("notification")
    .set(outcome)
    .where("id", "=", id)
    .where("attempts", "=", attempts)
    .where("state", "=", "waiting")
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** What was given up waits again, as if it were new. Undefined: there is no such message, or it was not given up. */
export async function waitAgain(
  tx: WriteTransaction,
  id: NotificationId,
  now: Date,
): Promise<NotificationRow | undefined> {
  return await tx
    .updateTable("notification")
    .set({ state: "waiting", since: now, next_at: now, attempts: 0 })
    .where("id", "=", id)
    .where("state", "=", "given_up")
    .returningAll()
    .executeTakeFirst();
}

export async function listNewest(db: ReadDatabase, limit: number): Promise<readonly NotificationRow[]> {
  return await db.selectFrom("notification").selectAll().orderBy("number", "desc").limit(limit).execute();
}

export type Figures = Readonly<{
  gathered: number;
  waiting: number;
  givenUp: number;
  lastDeliveredAt: Date | null;
  /** Of the message whose turn it is. */
  failure: string | null;
}>;

/** What is in no message yet. */
export async function countUnpacked(db: ReadDatabase): Promise<number> {
  const row = await db
    .selectFrom("notice")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("packed_at", "is", null)
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function readFigures(db: ReadDatabase): Promise<Figures> {
  const states = await db
    .selectFrom("notification")
    .select(({ fn }) => ["state", fn.countAll<number>().as("count"), fn.max("delivered_at").as("last")])
    .groupBy("state")
    .execute();
  const of = (state: NotificationRow["state"]) => states.find((one) => one.state === state);
  return {
    gathered: await countUnpacked(db),
    waiting: of("waiting")?.count ?? 0,
    givenUp: of("given_up")?.count ?? 0,
    lastDeliveredAt: of("delivered")?.last ?? null,
    failure: (await oldestWaiting(db))?.failure ?? null,
  };
}

/** Removes what is over: what was told after a week, what was given up after a month. */
export async function forgetOver(
  tx: WriteTransaction,
  { told, givenUp }: Readonly<{ told: Date; givenUp: Date }>,
): Promise<void> {
  await tx.deleteFrom("notice").where("packed_at", "<", told).execute();
  await tx
    .deleteFrom("notification")
    .where(
      sql<boolean>`(state = 'delivered' and made_at < ${told}::timestamptz)
        or (state = 'given_up' and made_at < ${givenUp}::timestamptz)`,
    )
    .execute();
}
