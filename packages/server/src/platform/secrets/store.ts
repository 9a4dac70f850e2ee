import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { Envelope, Place } from "./envelope.ts";

export type KeyRow = Readonly<{ name: string; check_value: Uint8Array; active: boolean; created_at: Date }>;
type SealedRow = Readonly<{
  owner_table: string;
  owner_column: string;
  owner_record: string;
  format: number;
  key_name: string;
  wrapped_key: Uint8Array;
  sealed: Uint8Array;
}>;

declare module "#platform/tables" {
  interface Tables {
    secret_key: KeyRow;
    sealed_secret: SealedRow;
  }
}

export async function listKeys(db: ReadDatabase): Promise<readonly KeyRow[]> {
  return await db.selectFrom("secret_key").selectAll().orderBy("created_at").orderBy("name").execute();
}

/** Secrets by the name of the key they are under; keys without any are left out. */
export async function countByKey(db: ReadDatabase): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom("sealed_secret")
    .select((is) => ["key_name", is.fn.countAll<number>().as("count")])
    .groupBy("key_name")
    .execute();
  return new Map(rows.map((row) => [row.key_name, row.count]));
}

/**
 * The key in force, held until the transaction ends: whoever changes keys waits for it, so that nothing is sealed under
 * a key that a finished rotation has left. Undefined also while another transaction changed it under us.
 */
export async function lockActiveKey(tx: WriteTransaction): Promise<string | undefined> {
  const row = await tx.selectFrom("secret_key").select("name").where("active", "=", true).forShare().executeTakeFirst();
  return row?.name;
}

/** Rotations and first starts line up here. */
export async function lockKeys(tx: WriteTransaction): Promise<void> {
  await sql`lock table secret_key in share row exclusive mode`.execute(tx);
}

export async function activateKey(tx: WriteTransaction, key: Omit<KeyRow, "active">): Promise<void> {
  await tx.updateTable("secret_key").set({ active: false }).where("active", "=", true).execute();
  await tx
    .insertInto("secret_key")
    .values({ ...key, active: true })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ active: true }))
    .execute();
}

function toRow({ table, column, record }: Place, envelope: Envelope): SealedRow {
  return {
    owner_table: table,
    owner_column: column,
    owner_record: record,
    format: envelope.format,
    key_name: envelope.keyName,
    wrapped_key: envelope.wrappedKey,
    sealed: envelope.sealed,
  };
}

const toEnvelope = ({ format, key_name, wrapped_key, sealed }: SealedRow): Envelope => ({
  format,
  keyName: key_name,
  wrappedKey: wrapped_key,
  sealed,
});

export async function putSealed(tx: WriteTransaction, place: Place, envelope: Envelope): Promise<void> {
  const row = toRow(place, envelope);
  const { format, key_name, wrapped_key, sealed } = row;
  await tx
    .insertInto("sealed_secret")
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(["owner_table", "owner_column", "owner_record"])
        .doUpdateSet({ format, key_name, wrapped_key, sealed }),
    )
    .execute();
}

export async function findSealed(db: ReadDatabase, place: Place): Promise<Envelope | undefined> {
  const row = await db
    .selectFrom("sealed_secret")
    .selectAll()
    .where("owner_table", "=", place.table)
    .where("owner_column", "=", place.column)
    .where("owner_record", "=", place.record)
    .executeTakeFirst();
  return row === undefined ? undefined : toEnvelope(row);
}

/** @returns whether there was one */
export async function deleteSealed(tx: WriteTransaction, place: Place): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("sealed_secret")
    .where("owner_table", "=", place.table)
    .where("owner_column", "=", place.column)
    .where("owner_record", "=", place.record)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** Some secrets under other keys than this one, held; those that somebody else holds are left to them. */
export async function takeOutdated(
  tx: WriteTransaction,
  keyName: string,
  limit: number,
): Promise<readonly Readonly<{ place: Place; envelope: Envelope }>[]> {
  const rows = await tx
    .selectFrom("sealed_secret")
    .selectAll()
    .where("key_name", "<>", keyName)
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  return rows.map((row) => ({
    place: { table: row.owner_table, column: row.owner_column, record: row.owner_record },
    envelope: toEnvelope(row),
  }));
}

export async function setWrapped(tx: WriteTransaction, place: Place, envelope: Envelope): Promise<void> {
  await tx
    .updateTable("sealed_secret")
    .set({ key_name: envelope.keyName, wrapped_key: envelope.wrappedKey })
    .where("owner_table", "=", place.table)
    .where("owner_column", "=", place.column)
    .where("owner_record", "=", place.record)
    .execute();
}
