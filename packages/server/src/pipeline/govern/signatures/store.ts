import type { ActionId, ApprovalKeyId, StatementKind, SubjectId } from "@tyr/contract";
import { sql } from "kysely";
import { ERASED_NAME, type ReadDatabase, type WriteTransaction } from "#platform/database";

export type StatementRow = Readonly<{
  digest: string;
  action_id: ActionId;
  subject_id: string;
  statement: StatementKind;
  nonce: string;
  text: string;
  created_at: Date;
  expires_at: Date;
}>;

export type ApprovalKeyRow = Readonly<{
  id: ApprovalKeyId;
  subject_id: SubjectId;
  name: string;
  /** SubjectPublicKeyInfo (RFC 8410), DER. */
  public_key: Uint8Array;
  created_at: Date;
  expires_at: Date;
  revoked_at: Date | null;
}>;

declare module "#platform/tables" {
  interface Tables {
    action_statement: StatementRow;
    approval_key: ApprovalKeyRow;
  }
}

/** Somebody who asks again and again keeps this many; the oldest are forgotten. */
const STATEMENTS_OPEN_MAX = 50;

/** Also forgets what nobody signed in time. */
export async function insertStatement(tx: WriteTransaction, row: StatementRow): Promise<void> {
  await tx.deleteFrom("action_statement").where("expires_at", "<=", row.created_at).execute();
  await sql`delete from action_statement where digest in (
    select digest from action_statement where subject_id = ${row.subject_id}
    order by created_at desc, digest offset ${STATEMENTS_OPEN_MAX - 1})`.execute(tx);
  await tx.insertInto("action_statement").values(row).execute();
}

/** Takes a statement away: the second who shows a signature of it finds none. */
export async function takeStatement(tx: WriteTransaction, digest: string): Promise<StatementRow | undefined> {
  return await tx.deleteFrom("action_statement").where("digest", "=", digest).returningAll().executeTakeFirst();
}

/** Whoever takes an approval back takes back what they were about to sign as well. */
export async function dropStatements(
  tx: WriteTransaction,
  { actionId, subjectId }: Readonly<{ actionId: ActionId; subjectId: string }>,
): Promise<void> {
  await tx
    .deleteFrom("action_statement")
    .where("action_id", "=", actionId)
    .where("subject_id", "=", subjectId)
    .execute();
}

/** @returns false when anybody has, or had, this key */
export async function insertApprovalKey(tx: WriteTransaction, row: ApprovalKeyRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("approval_key")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** Of one person, newest first, those that ended too. */
export async function listApprovalKeys(db: ReadDatabase, subjectId: string): Promise<readonly ApprovalKeyRow[]> {
  return await db
    .selectFrom("approval_key")
    .selectAll()
    .where("subject_id", "=", subjectId as SubjectId)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .execute();
}

/** When each of somebody's keys last signed an approval; without those that never did. */
export async function lastApprovals(db: ReadDatabase, subjectId: string): Promise<ReadonlyMap<string, Date>> {
  const rows = await db
    .selectFrom("approval")
    .select(["key_id", (eb) => eb.fn.max("at").as("at")])
    .where("subject_id", "=", subjectId as SubjectId)
    .where("key_id", "is not", null)
    .groupBy("key_id")
    .execute();
  return new Map(rows.flatMap(({ key_id: id, at }) => (id === null ? [] : [[id, at] as const])));
}

/** Everybody with a key that counts now. */
export async function listKeyHolders(db: ReadDatabase, now: Date): Promise<readonly SubjectId[]> {
  const rows = await db
    .selectFrom("approval_key")
    .select("subject_id")
    .distinct()
    .where("revoked_at", "is", null)
    .where("expires_at", ">", now)
    .execute();
  return rows.map(({ subject_id: id }) => id);
}

/** @returns undefined when it is not theirs */
export async function findApprovalKey(
  db: ReadDatabase,
  { id, subjectId }: Readonly<{ id: string; subjectId: string }>,
): Promise<ApprovalKeyRow | undefined> {
  return await db
    .selectFrom("approval_key")
    .selectAll()
    .where("id", "=", id as ApprovalKeyId)
    .where("subject_id", "=", subjectId as SubjectId)
    .executeTakeFirst();
}

/** @returns undefined when it was revoked already */
export async function revokeApprovalKey(
  tx: WriteTransaction,
  id: ApprovalKeyId,
  now: Date,
): Promise<ApprovalKeyRow | undefined> {
  return await tx
    .updateTable("approval_key")
    .set({ revoked_at: now })
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}

/** All of somebody's that were not revoked. @returns them, oldest first */
export async function revokeApprovalKeysOf(
  tx: WriteTransaction,
  subjectId: SubjectId,
  now: Date,
): Promise<readonly ApprovalKeyRow[]> {
  const rows = await tx
    .updateTable("approval_key")
    .set({ revoked_at: now })
    .where("subject_id", "=", subjectId)
    .where("revoked_at", "is", null)
    .returningAll()
    .execute();
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** What somebody called their keys; the public halves stay, for whoever checks what was signed. @returns rows changed */
export async function eraseApprovalKeys(tx: WriteTransaction, subjectId: string): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable("approval_key")
    .set({ name: ERASED_NAME })
    .where("subject_id", "=", subjectId as SubjectId)
    .where("name", "<>", ERASED_NAME)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}
