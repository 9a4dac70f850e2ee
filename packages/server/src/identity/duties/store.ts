import type { DutyExceptionId, Id, Permission, Role, SubjectId } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

export type PairRow = Readonly<{
  id: Id<"dutyPair">;
  /** The sides in the order of their code points, so that a pair is one however it is written. */
  one: string;
  other: string;
  reason: string;
  control: string | null;
  added_by: SubjectId;
  added_at: Date;
  removed_at: Date | null;
}>;
export type ExceptionRow = Readonly<{
  id: DutyExceptionId;
  subject_id: SubjectId;
  pair: string;
  reason: string;
  granted_by: SubjectId | null;
  granted_at: Date;
  until: Date;
  ended_at: Date | null;
}>;

declare module "#platform/tables" {
  interface Tables {
    duty_pair: PairRow;
    duty_exception: ExceptionRow;
  }
}

/** Every change of what somebody holds happens one at a time: two that are right alone could be wrong together. Any constant does. */
const DUTIES_LOCK = 8_970_076;

export async function lockDuties(tx: WriteTransaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(DUTIES_LOCK)})`.execute(tx);
}

export type NamedPair = PairRow & Readonly<{ added_by_name: string | null }>;

export async function listPairs(db: ReadDatabase): Promise<readonly NamedPair[]> {
  return await db
    .selectFrom("duty_pair")
    .leftJoin("subject", "subject.id", "duty_pair.added_by")
    .selectAll("duty_pair")
    .select("subject.name as added_by_name")
    .where("removed_at", "is", null)
    .orderBy("duty_pair.id")
    .execute();
}

/** @returns false when the same two are a pair already */
export async function insertPair(tx: WriteTransaction, row: PairRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("duty_pair")
    .values(row)
    .onConflict((conflict) => conflict.columns(["one", "other"]).where("removed_at", "is", null).doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

export async function removePair(tx: WriteTransaction, id: string, now: Date): Promise<PairRow | undefined> {
  return await tx
    .updateTable("duty_pair")
    .set({ removed_at: now })
    .where("id", "=", id as PairRow["id"])
    .where("removed_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}

export type NamedException = ExceptionRow & Readonly<{ name: string; granted_by_name: string | null }>;

/** Exceptions that count at an instant: not ended, and their day has not come. */
export async function listExceptions(db: ReadDatabase, now: Date): Promise<readonly NamedException[]> {
  return await db
    .selectFrom("duty_exception")
    .innerJoin("subject", "subject.id", "duty_exception.subject_id")
    .leftJoin("subject as granter", "granter.id", "duty_exception.granted_by")
    .selectAll("duty_exception")
    .select(["subject.name", "granter.name as granted_by_name"])
    .where("ended_at", "is", null)
    .where("until", ">", now)
    .orderBy("duty_exception.id")
    .execute();
}

export async function insertException(tx: WriteTransaction, row: ExceptionRow): Promise<void> {
  await tx.insertInto("duty_exception").values(row).execute();
}

type Which = Readonly<{ id: string } | { pair: string }>;

/** @returns those that counted and no longer do */
export async function endExceptions(tx: WriteTransaction, which: Which, now: Date): Promise<readonly ExceptionRow[]> {
  const counting = tx
    .updateTable("duty_exception")
    .set({ ended_at: now })
    .where("ended_at", "is", null)
    .where("until", ">", now);
  const those =
    "id" in which ? counting.where("id", "=", which.id as DutyExceptionId) : counting.where("pair", "=", which.pair);
  return await those.returningAll().execute();
}

export type HolderRow = Readonly<{ id: SubjectId; name: string; roles: readonly Role[]; active: boolean }>;

/** Whose duties are compared: everybody's, or one person's. */
export async function listHolders(db: ReadDatabase, of: string | undefined): Promise<readonly HolderRow[]> {
  const all = db.selectFrom("subject").select(["id", "name", "roles", "active"]).orderBy("name_key");
  const rows = await (of === undefined ? all : all.where("id", "=", of as SubjectId)).execute();
  return rows.map((row) => ({ ...row, roles: row.roles as readonly Role[] }));
}

export type Program = Readonly<{ owner: SubjectId; permissions: readonly Permission[] }>;

/** What the usable keys of active service accounts may do, by who answers for the account. */
export async function listPrograms(db: ReadDatabase, now: Date): Promise<readonly Program[]> {
  const rows = await db
    .selectFrom("api_key")
    .innerJoin("service_account", "service_account.id", "api_key.service_id")
    .select(["service_account.owner_id as owner", "api_key.scopes"])
    .where("service_account.active", "=", true)
    .where("api_key.revoked_at", "is", null)
    .where("api_key.expires_at", ">", now)
    .execute();
  const byOwner = Map.groupBy(rows, (row) => row.owner);
  return [...byOwner].map(([owner, keys]) => ({
    owner,
    permissions: [...new Set(keys.flatMap(({ scopes }) => scopes as readonly Permission[]))].toSorted(),
  }));
}
