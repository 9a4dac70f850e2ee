import type { ReadDatabase, WriteTransaction } from "#platform/database";

export type PersonalRow = Readonly<{ entry_id: string; field: string; subject: string; box: Uint8Array }>;

declare module "#platform/tables" {
  interface Tables {
    personal_subject: { subject: string; created_at: Date };
    personal_value: PersonalRow;
  }
}

/** Whether the subject is known; if so it is held, so that nobody erases it before the transaction ends. */
export async function holdSubject(tx: WriteTransaction, subject: string): Promise<boolean> {
  const row = await tx
    .selectFrom("personal_subject")
    .select("subject")
    .where("subject", "=", subject)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

/** @returns false when somebody else was first */
export async function insertSubject(tx: WriteTransaction, subject: string, at: Date): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("personal_subject")
    .values({ subject, created_at: at })
    .onConflict((conflict) => conflict.column("subject").doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

export async function insertValues(tx: WriteTransaction, rows: readonly PersonalRow[]): Promise<void> {
  await tx.insertInto("personal_value").values(rows).execute();
}

export async function findValues(db: ReadDatabase, entryIds: readonly string[]): Promise<readonly PersonalRow[]> {
  if (entryIds.length === 0) return [];
  return await db.selectFrom("personal_value").selectAll().where("entry_id", "in", entryIds).execute();
}
