import type { PasskeyId, SessionId, SubjectId } from "@tyr/contract";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

export type PasskeyRow = Readonly<{
  id: PasskeyId;
  subject_id: SubjectId;
  credential_id: Uint8Array;
  /** COSE_Key (RFC 9052). */
  public_key: Uint8Array;
  counter: number;
  transports: readonly string[];
  synced: boolean;
  name: string;
  created_at: Date;
  last_used_at: Date | null;
  /** Since its counter went backwards it counts no more. */
  refused_since: Date | null;
}>;
export type ChallengeRow = Readonly<{
  handle_hash: Uint8Array;
  challenge: Uint8Array;
  purpose: string;
  session_id: SessionId | null;
  expires_at: Date;
}>;

declare module "#platform/tables" {
  interface Tables {
    passkey: Omit<PasskeyRow, "transports"> & { transports: unknown };
    webauthn_challenge: ChallengeRow;
  }
}

function toRow(row: Omit<PasskeyRow, "transports"> & { transports: unknown }): PasskeyRow {
  return { ...row, transports: row.transports as readonly string[] };
}

/** @returns false when somebody has this credential already */
export async function insertPasskey(tx: WriteTransaction, row: PasskeyRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("passkey")
    .values({ ...row, transports: JSON.stringify(row.transports) })
    .onConflict((conflict) => conflict.column("credential_id").doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** Oldest first. */
export async function listPasskeys(db: ReadDatabase, subjectId: string): Promise<readonly PasskeyRow[]> {
  const rows = await db
    .selectFrom("passkey")
    .selectAll()
    .where("subject_id", "=", subjectId as SubjectId)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return rows.map(toRow);
}

/** Everybody with a passkey that was not refused. */
export async function listPasskeyHolders(db: ReadDatabase): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom("passkey")
    .select("subject_id")
    .distinct()
    .where("refused_since", "is", null)
    .execute();
  return new Set(rows.map(({ subject_id: id }) => id));
}

export async function countPasskeys(db: ReadDatabase, subjectId: string): Promise<number> {
  const { count } = await db
    .selectFrom("passkey")
    .select((is) => is.fn.countAll<number>().as("count"))
    .where("subject_id", "=", subjectId as SubjectId)
    .executeTakeFirstOrThrow();
  return count;
}

/** One that counts no more is a second factor still: otherwise copying it would leave the password alone. */
export async function hasPasskey(db: ReadDatabase, subjectId: string): Promise<boolean> {
  return (await countPasskeys(db, subjectId)) > 0;
}

export async function findPasskey(db: ReadDatabase, credentialId: Uint8Array): Promise<PasskeyRow | undefined> {
  const row = await db.selectFrom("passkey").selectAll().where("credential_id", "=", credentialId).executeTakeFirst();
  return row === undefined ? undefined : toRow(row);
}

/** What a use changes. The account's row is locked by then, so uses of one passkey happen one after the other. */
export async function updatePasskey(
  tx: WriteTransaction,
  {
    id,
    ...change
  }: Pick<PasskeyRow, "id"> & Partial<Pick<PasskeyRow, "counter" | "synced" | "last_used_at" | "refused_since">>,
): Promise<void> {
  await tx.updateTable("passkey").set(change).where("id", "=", id).execute();
}

export type OwnPasskey = Readonly<{ id: string; subjectId: string }>;

/** @returns undefined when it is not theirs */
export async function findOwnPasskey(db: ReadDatabase, { id, subjectId }: OwnPasskey): Promise<PasskeyRow | undefined> {
  const row = await db
    .selectFrom("passkey")
    .selectAll()
    .where("id", "=", id as PasskeyId)
    .where("subject_id", "=", subjectId as SubjectId)
    .executeTakeFirst();
  return row === undefined ? undefined : toRow(row);
}

export async function renamePasskey(tx: WriteTransaction, id: PasskeyId, name: string): Promise<void> {
  await tx.updateTable("passkey").set({ name }).where("id", "=", id).execute();
}

export async function deletePasskey(tx: WriteTransaction, id: PasskeyId): Promise<void> {
  await tx.deleteFrom("passkey").where("id", "=", id).execute();
}

/** @returns those there were, oldest first */
export async function deletePasskeysOf(
  tx: WriteTransaction,
  subjectId: SubjectId,
): Promise<readonly Pick<PasskeyRow, "id">[]> {
  const rows = await tx.deleteFrom("passkey").where("subject_id", "=", subjectId).returning("id").execute();
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Also forgets challenges nobody answered in time. */
export async function insertChallenge(tx: WriteTransaction, row: ChallengeRow, now: Date): Promise<void> {
  await tx.deleteFrom("webauthn_challenge").where("expires_at", "<=", now).execute();
  await tx.insertInto("webauthn_challenge").values(row).execute();
}

/** Takes a challenge away: the second answer finds none. */
export async function takeChallengeRow(
  tx: WriteTransaction,
  handleHash: Uint8Array,
): Promise<ChallengeRow | undefined> {
  return await tx
    .deleteFrom("webauthn_challenge")
    .where("handle_hash", "=", handleHash)
    .returningAll()
    .executeTakeFirst();
}
