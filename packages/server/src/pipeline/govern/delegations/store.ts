import type { Actor, DelegationId, SubjectId } from "@tyr/contract";
import type { Insertable, JSONColumnType, Selectable } from "kysely";
import { readPage, type Page, type PageBefore, type ReadDatabase, type WriteTransaction } from "#platform/database";
import type { Evidence } from "../signatures/evidence.ts";

type DelegationTable = {
  id: DelegationId;
  from_id: SubjectId;
  from_actor: JSONColumnType<Actor>;
  to_id: SubjectId;
  to_actor: JSONColumnType<Actor>;
  reason: string;
  created_at: Date;
  ends_at: Date;
  ended_at: Date | null;
  ended_by: JSONColumnType<Actor | null, string | null, string | null>;
  /** What whoever handed it over signed; null in what was handed over before that was asked for, and counts no more. */
  statement: string | null;
  statement_digest: string | null;
  signature: JSONColumnType<Evidence | null, string | null, string | null>;
  key_id: string | null;
};
export type DelegationRow = Selectable<DelegationTable>;

declare module "#platform/tables" {
  interface Tables {
    delegation: DelegationTable;
  }
}

export async function insertDelegation(tx: WriteTransaction, row: Insertable<DelegationTable>): Promise<DelegationRow> {
  return await tx.insertInto("delegation").values(row).returningAll().executeTakeFirstOrThrow();
}

export async function findDelegation(db: ReadDatabase, id: DelegationId): Promise<DelegationRow | undefined> {
  return await db.selectFrom("delegation").selectAll().where("id", "=", id).executeTakeFirst();
}

/** Signed, ended by nobody, their time is not over, oldest first; whether they hold besides is for `standing.ts` to say. */
export async function listOpen(db: ReadDatabase, now: Date): Promise<readonly DelegationRow[]> {
  return await db
    .selectFrom("delegation")
    .selectAll()
    .where("statement", "is not", null)
    .where("ended_at", "is", null)
    .where("created_at", "<=", now)
    .where("ends_at", ">", now)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
}

/** From or to this account, as `listOpen`, in the order of ids. */
export async function listOpenOf(db: ReadDatabase, subjectId: SubjectId, now: Date): Promise<readonly DelegationRow[]> {
  return await db
    .selectFrom("delegation")
    .selectAll()
    .where("ended_at", "is", null)
    .where("ends_at", ">", now)
    .where((eb) => eb.or([eb("from_id", "=", subjectId), eb("to_id", "=", subjectId)]))
    .orderBy("id")
    .execute();
}

/** Handed over under a signature by this key, as `listOpenOf`. */
export async function listOpenSigned(
  db: ReadDatabase,
  keyId: string,
  now: Date,
): Promise<readonly Pick<DelegationRow, "id">[]> {
  return await db
    .selectFrom("delegation")
    .select("id")
    .where("ended_at", "is", null)
    .where("ends_at", ">", now)
    .where("key_id", "=", keyId)
    .orderBy("id")
    .execute();
}

export async function listByIds(db: ReadDatabase, ids: readonly DelegationId[]): Promise<readonly DelegationRow[]> {
  if (ids.length === 0) return [];
  return await db
    .selectFrom("delegation")
    .selectAll()
    .where("id", "in", [...ids])
    .execute();
}

/** @returns undefined when it was ended already */
export async function endDelegation(
  tx: WriteTransaction,
  id: DelegationId,
  { at, by }: Readonly<{ at: Date; by: Actor }>,
): Promise<DelegationRow | undefined> {
  return await tx
    .updateTable("delegation")
    .set({ ended_at: at, ended_by: JSON.stringify(by) })
    .where("id", "=", id)
    .where("ended_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}

export type Listed = PageBefore<DelegationId> &
  Readonly<{ openAt: Date | undefined; of: string | undefined; among: readonly DelegationId[] | undefined }>;

/** Newest first. `among`: only these. */
export async function pageDelegations(
  db: ReadDatabase,
  { openAt, of, among, ...page }: Listed,
): Promise<Page<DelegationRow, DelegationId>> {
  let query = db.selectFrom("delegation").selectAll();
  if (openAt !== undefined) query = query.where("ended_at", "is", null).where("ends_at", ">", openAt);
  if (of !== undefined)
    query = query.where((eb) => eb.or([eb("from_id", "=", of as SubjectId), eb("to_id", "=", of as SubjectId)]));
  if (among !== undefined) query = query.where("id", "in", [...among]);
  return await readPage(query, "id", page);
}
