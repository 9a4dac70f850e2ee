import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

export type HoldRow = Readonly<{
  id: string;
  subject: string;
  reason: string;
  placed_by: string;
  placed_at: Date;
  lifted_at: Date | null;
}>;

declare module "#platform/tables" {
  interface Tables {
    legal_hold: HoldRow;
  }
}

/** Erasures and holds line up here, so that nothing is erased while its hold is being written. */
export async function lockHolds(tx: WriteTransaction): Promise<void> {
  await sql`lock table legal_hold in share row exclusive mode`.execute(tx);
}

export async function findHold(db: ReadDatabase, subject: string): Promise<HoldRow | undefined> {
  return await db
    .selectFrom("legal_hold")
    .selectAll()
    .where("subject", "=", subject)
    .where("lifted_at", "is", null)
    .executeTakeFirst();
}

export async function listHolds(db: ReadDatabase): Promise<readonly HoldRow[]> {
  return await db.selectFrom("legal_hold").selectAll().where("lifted_at", "is", null).orderBy("placed_at").execute();
}

export async function insertHold(tx: WriteTransaction, hold: HoldRow): Promise<void> {
  await tx.insertInto("legal_hold").values(hold).execute();
}

/** @returns the hold that was lifted; undefined when none of that id is in force */
export async function liftHold(tx: WriteTransaction, id: string, at: Date): Promise<HoldRow | undefined> {
  return await tx
    .updateTable("legal_hold")
    .set({ lifted_at: at })
    .where("id", "=", id)
    .where("lifted_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}

/** Holds that are over say whose they were: that goes too. */
export async function deleteOldHolds(tx: WriteTransaction, subject: string): Promise<void> {
  await tx.deleteFrom("legal_hold").where("subject", "=", subject).where("lifted_at", "is not", null).execute();
}

/** @returns how many values there were; undefined when the log keeps none of this subject */
export async function deleteValues(tx: WriteTransaction, subject: string): Promise<number | undefined> {
  const held = await tx
    .selectFrom("personal_subject")
    .select("subject")
    .where("subject", "=", subject)
    .forUpdate()
    .executeTakeFirst();
  if (held === undefined) return undefined;
  const { numDeletedRows } = await tx
    .deleteFrom("personal_value")
    .where("subject", "=", subject)
    .executeTakeFirstOrThrow();
  await tx.deleteFrom("personal_subject").where("subject", "=", subject).execute();
  return Number(numDeletedRows);
}
