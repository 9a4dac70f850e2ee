import type { ActionId, Actor } from "@tyr/contract";
import type { Generated, Insertable, JSONColumnType, Selectable } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

type SinglePersonTable = {
  number: Generated<number>;
  is_on: boolean;
  delay_seconds: number | null;
  actor: JSONColumnType<Actor>;
  reason: string;
  at: Date;
  second_since: Date | null;
};
export type SinglePersonRow = Selectable<SinglePersonTable>;

declare module "#platform/tables" {
  interface Tables {
    single_person: SinglePersonTable;
  }
}

export async function latestSinglePerson(db: ReadDatabase): Promise<SinglePersonRow | undefined> {
  return await db.selectFrom("single_person").selectAll().orderBy("number", "desc").limit(1).executeTakeFirst();
}

/** The newest change, held: the next one follows it. */
export async function lockSinglePerson(tx: WriteTransaction): Promise<SinglePersonRow | undefined> {
  const latest = await tx
    .selectFrom("single_person")
    .selectAll()
    .orderBy("number", "desc")
    .limit(1)
    .forUpdate()
    .executeTakeFirst();
  return latest;
}

export async function insertSinglePerson(
  tx: WriteTransaction,
  row: Insertable<SinglePersonTable>,
): Promise<SinglePersonRow> {
  return await tx.insertInto("single_person").values(row).returningAll().executeTakeFirstOrThrow();
}

export async function setSecondSince(tx: WriteTransaction, number: number, since: Date | null): Promise<void> {
  await tx.updateTable("single_person").set({ second_since: since }).where("number", "=", number).execute();
}

/** Waiting actions on which somebody's own approval counts by now, in the order of their ids. */
export async function listDueOwn(
  db: ReadDatabase,
  { now, after, limit }: Readonly<{ now: Date; after: string; limit: number }>,
): Promise<readonly { id: ActionId }[]> {
  return await db
    .selectFrom("approval")
    .innerJoin("action", "action.id", "approval.action_id")
    .select("action.id")
    .distinct()
    .where("approval.not_before", "<=", now)
    .where("approval.withdrawn_at", "is", null)
    .where("action.state", "=", "pending")
    .where("action.id", ">", after as ActionId)
    .orderBy("action.id")
    .limit(limit)
    .execute();
}
