import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

export type PrunedRow = Readonly<{
  declared: number;
  removed: number;
  frontier: Uint8Array;
  statement: string;
  vkey: string;
  declared_at: Date;
}>;

declare module "#platform/tables" {
  interface Tables {
    audit_pruned: PrunedRow & { one?: boolean };
  }
}

const COLUMNS = ["declared", "removed", "frontier", "statement", "vkey", "declared_at"] as const;

/** Undefined while nothing was ever pruned. */
export async function readPruned(db: ReadDatabase): Promise<PrunedRow | undefined> {
  return await db.selectFrom("audit_pruned").select(COLUMNS).executeTakeFirst();
}

export async function putPruned(tx: WriteTransaction, row: PrunedRow): Promise<void> {
  await tx
    .insertInto("audit_pruned")
    .values(row)
    .onConflict((conflict) => conflict.column("one").doUpdateSet(row))
    .execute();
}

/**
 * Bodies from `from` up to `to`, with what opens their personal values; the range must have been declared.
 *
 * @returns how many there were; undefined when another server removed them meanwhile
 */
export async function removeBodies(tx: WriteTransaction, from: number, to: number): Promise<number | undefined> {
  const { numUpdatedRows } = await tx
    .updateTable("audit_pruned")
    .set({ removed: to })
    .where("removed", "=", from)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return undefined;
  await sql`
    delete from personal_value where entry_id in
      (select id from audit_leaf where index >= ${from} and index < ${to})`.execute(tx);
  const { numAffectedRows } = await sql`
    delete from audit_leaf where index >= ${from} and index < ${to}`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

/** Index of the first entry that is not older; undefined when all are. */
export async function firstSince(db: ReadDatabase, cutoff: Date): Promise<number | undefined> {
  const row = await db
    .selectFrom("audit_leaf")
    .select("index")
    .where("at", ">=", cutoff)
    .orderBy("index")
    .limit(1)
    .executeTakeFirst();
  return row?.index;
}

/** The first entry by, about, or with a personal value of one of these. */
export async function firstAbout(tx: WriteTransaction, ids: readonly string[]): Promise<number | undefined> {
  if (ids.length === 0) return undefined;
  const { rows } = await sql<{ index: number | null }>`
    select min(index) as index from (
      select min(index) as index from audit_leaf where actor_id = any (${[...ids]}::text[])
      union all select min(index) from audit_leaf where object_id = any (${[...ids]}::text[])
      union all select min(leaf.index) from audit_leaf leaf join personal_value held on held.entry_id = leaf.id
        where held.subject = any (${[...ids]}::text[])) as found`.execute(tx);
  return rows[0]?.index ?? undefined;
}

/** Entries that may hold the statement, newest first: whoever can write to the database can add others beside it. */
export async function declaringLeaves(
  db: ReadDatabase,
): Promise<readonly Readonly<{ index: number; bytes: Uint8Array }>[]> {
  return await db
    .selectFrom("audit_leaf")
    .select(["index", "bytes"])
    .where("type", "=", "audit.pruned")
    .orderBy("index", "desc")
    .limit(20)
    .execute();
}

/** Index of the first entry from `from` on whose body is kept. */
export async function oldestKeptFrom(db: ReadDatabase, from: number): Promise<number | undefined> {
  const row = await db
    .selectFrom("audit_leaf")
    .select("index")
    .where("index", ">=", from)
    .orderBy("index")
    .limit(1)
    .executeTakeFirst();
  return row?.index;
}

/** The oldest entry whose body is kept. */
export async function oldestKept(
  db: ReadDatabase,
): Promise<Readonly<{ index: number; id: string; at: Date }> | undefined> {
  return await db.selectFrom("audit_leaf").select(["index", "id", "at"]).orderBy("index").limit(1).executeTakeFirst();
}
