import { sql } from "kysely";
import { cursorOf, moveCursor } from "#platform/bus";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

/** How far the ladder told what it sees. */
export const LOOK_CONSUMER = "actors.look";

export type Look = Readonly<{
  /** Events with a source address read so far. */
  counted: number;
  /** How many of them had been read when it last looked. */
  looked: number;
  /** A look at the place of the cursor is decided: nothing is read before it is done. */
  isDue: boolean;
}>;

export async function lookOf(db: ReadDatabase): Promise<Look> {
  const row = await db.selectFrom("ladder_look").selectAll().executeTakeFirstOrThrow();
  return { counted: row.counted, looked: row.looked, isDue: row.is_due };
}

/** In the transaction that moves the cursor of events: the place of a look is a place in the stream, not a moment. */
export async function saveLook(tx: WriteTransaction, { counted, isDue }: Omit<Look, "looked">): Promise<void> {
  await tx.updateTable("ladder_look").set({ counted, is_due: isDue }).execute();
}

/** Decides a look where the cursor is, for good, if there is anything to look at. */
export async function decideLook(tx: WriteTransaction): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("ladder_look")
    .set({ is_due: true })
    .where((where) =>
      where.or([
        where("counted", ">", where.ref("looked")),
        where.exists(where.selectFrom("actor_identity").select("id").where("unlooked", "=", true)),
      ]),
    )
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** How many events had been read when it looked, and where the cursor of looks was then. */
type Done = Readonly<{ counted: number; from: number; position: number; now: Date }>;

/** @throws {Error} when another process looked, or read on, meanwhile: what that one read would count as looked at */
export async function lookDone(tx: WriteTransaction, { counted, from, position, now }: Done): Promise<void> {
  await moveCursor(tx, { consumer: LOOK_CONSUMER, from, position, now });
  const { numUpdatedRows } = await tx
    .updateTable("ladder_look")
    .set({ looked: counted, is_due: false })
    .where("is_due", "=", true)
    .where("counted", "=", counted)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw new Error("the ladder is not where this process looked");
  await tx.updateTable("actor_identity").set({ unlooked: false }).where("unlooked", "=", true).execute();
}

/**
 * Identities of several addresses that something happened to since the last look: an event of one of their addresses, or
 * others count to them. More of them would change nothing: what is told is a matter of events and members alone.
 */
export async function identitiesToLookAt(db: ReadDatabase): Promise<readonly string[]> {
  const since = await cursorOf(db, LOOK_CONSUMER);
  const found = sql<{ id: string }>`(
    select id from (
      select coalesce(own.merged_into, own.id) as id from observation seen
      join actor_identity own on own.observation_id = seen.id where seen.last_position > ${since}
      union select coalesce(merged_into, id) from actor_identity where unlooked
    ) touched where exists (select from actor_identity part where part.merged_into = touched.id))`;
  const rows = await db.selectFrom(found.as("found")).select("id").orderBy("id").execute();
  return rows.map(({ id }) => id);
}

/** The oldest addresses of identities that stand for themselves, at most so many of each; the oldest first. */
export async function oldestOf(
  db: ReadDatabase,
  winners: readonly string[],
  limit: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = sql<{ winner: string; observation: string; first_position: number }>`(
    select winner.id as winner, member.observation_id as observation, member.first_position
    from actor_identity winner
    cross join lateral (
      select observation_id, first_position from actor_identity
      where id = winner.id or merged_into = winner.id order by first_position, id limit ${limit}
    ) member
    where winner.id = any (${[...winners]}::text[]) and winner.merged_into is null)`;
  const rows = await db.selectFrom(found.as("found")).selectAll().orderBy("winner").orderBy("first_position").execute();
  const groups = Map.groupBy(rows, ({ winner }) => winner);
  return new Map([...groups].map(([winner, of]) => [winner, of.map(({ observation }) => observation)]));
}
