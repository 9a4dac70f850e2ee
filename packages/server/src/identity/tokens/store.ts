import type { KeyId, Permission, SubjectId, TokenAlgorithm, TokenFamilyId } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { KeyTimes } from "./token-rules.ts";

export type FamilyRow = Readonly<{
  id: TokenFamilyId;
  key_id: KeyId;
  scopes: readonly Permission[];
  behind: readonly SubjectId[];
  renewable: boolean;
  refreshes: number;
  created_at: Date;
  refreshed_at: Date | null;
  expires_at: Date;
  ended_at: Date | null;
  ended_why: string | null;
}>;
export type RefreshRow = Readonly<{
  token_hash: Uint8Array;
  family_id: TokenFamilyId;
  created_at: Date;
  expires_at: Date;
  used_at: Date | null;
}>;

declare module "#platform/tables" {
  interface Tables {
    token_key: Omit<KeyTimes, "algorithm"> & { algorithm: TokenAlgorithm };
    token_family: Omit<FamilyRow, "scopes" | "behind"> & { scopes: unknown; behind: unknown };
    refresh_token: RefreshRow;
  }
}

type StoredFamily = Omit<FamilyRow, "scopes" | "behind"> & Readonly<{ scopes: unknown; behind: unknown }>;

function toFamily(row: StoredFamily): FamilyRow {
  return { ...row, scopes: row.scopes as readonly Permission[], behind: row.behind as readonly SubjectId[] };
}

export async function listTokenKeys(db: ReadDatabase): Promise<readonly KeyTimes[]> {
  return await db.selectFrom("token_key").selectAll().limit(100).execute();
}

/** Two servers that start, or two people who rotate, do so one after the other; readers wait for nobody. */
export async function lockTokenKeys(tx: WriteTransaction): Promise<void> {
  await sql`lock table token_key in share row exclusive mode`.execute(tx);
}

export async function insertTokenKey(tx: WriteTransaction, row: KeyTimes): Promise<void> {
  await tx.insertInto("token_key").values(row).execute();
}

export async function deleteTokenKey(tx: WriteTransaction, kid: string): Promise<void> {
  await tx.deleteFrom("token_key").where("kid", "=", kid).execute();
}

export async function insertFamily(tx: WriteTransaction, row: FamilyRow): Promise<void> {
  await tx
    .insertInto("token_family")
    .values({ ...row, scopes: JSON.stringify(row.scopes), behind: JSON.stringify(row.behind) })
    .execute();
}

export async function insertRefreshToken(tx: WriteTransaction, row: RefreshRow): Promise<void> {
  await tx.insertInto("refresh_token").values(row).execute();
}

export async function findFamily(db: ReadDatabase, id: string): Promise<FamilyRow | undefined> {
  const row = await db
    .selectFrom("token_family")
    .selectAll()
    .where("id", "=", id as TokenFamilyId)
    .executeTakeFirst();
  return row === undefined ? undefined : toFamily(row);
}

/** The family of a refresh token, used or not. */
export async function familyOfToken(db: ReadDatabase, hash: Uint8Array): Promise<TokenFamilyId | undefined> {
  const row = await db
    .selectFrom("refresh_token")
    .select("family_id")
    .where("token_hash", "=", hash)
    .executeTakeFirst();
  return row?.family_id;
}

/** Locks a family, so that whatever happens to it happens one after the other. */
export async function lockFamily(tx: WriteTransaction, id: TokenFamilyId): Promise<FamilyRow | undefined> {
  const row = await tx.selectFrom("token_family").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
  return row === undefined ? undefined : toFamily(row);
}

/** To be read after its family is locked: only then is `used_at` what the transaction before left there. */
export async function findRefreshToken(tx: WriteTransaction, hash: Uint8Array): Promise<RefreshRow | undefined> {
  return await tx.selectFrom("refresh_token").selectAll().where("token_hash", "=", hash).executeTakeFirst();
}

export async function useRefreshToken(tx: WriteTransaction, hash: Uint8Array, now: Date): Promise<void> {
  await tx.updateTable("refresh_token").set({ used_at: now }).where("token_hash", "=", hash).execute();
}

export async function countRefresh(
  tx: WriteTransaction,
  { id, behind }: Pick<FamilyRow, "id" | "behind">,
  now: Date,
): Promise<void> {
  await tx
    .updateTable("token_family")
    .set((is) => ({ refreshes: is("refreshes", "+", 1), refreshed_at: now, behind: JSON.stringify(behind) }))
    .where("id", "=", id)
    .execute();
}

/** Newest first; the oldest of more than 1,000 are left out. */
export async function listFamilies(db: ReadDatabase, of: SubjectId | "everybody"): Promise<readonly FamilyRow[]> {
  const all = db.selectFrom("token_family as family").selectAll("family").orderBy("family.id", "desc").limit(1_000);
  const rows = await (
    of === "everybody"
      ? all
      : all.innerJoin("api_key as key", "key.id", "family.key_id").where("key.subject_id", "=", of)
  ).execute();
  return rows.map(toFamily);
}

type Whose = Readonly<{ family: TokenFamilyId } | { keys: readonly KeyId[] } | { person: SubjectId }>;
type End = Readonly<{ now: Date; why: string }>;

/** Ends families that are neither ended nor over. `person`: of their keys, and of service accounts they own. @returns their ids */
export async function endFamilies(
  tx: WriteTransaction,
  whose: Whose,
  { now, why }: End,
): Promise<readonly TokenFamilyId[]> {
  if ("person" in whose) return await endFamilies(tx, { keys: await lockKeysOf(tx, whose.person) }, { now, why });
  if ("keys" in whose && whose.keys.length === 0) return [];
  const all = tx
    .updateTable("token_family")
    .set({ ended_at: now, ended_why: why })
    .where("ended_at", "is", null)
    .where("expires_at", ">", now)
    .returning("id");
  const rows = await (
    "family" in whose ? all.where("id", "=", whose.family) : all.where("key_id", "in", whose.keys)
  ).execute();
  return rows.map((row) => row.id);
}

/** Keys before families, as everywhere: whoever locks the other way round waits for each other for ever. */
async function lockKeysOf(tx: WriteTransaction, person: SubjectId): Promise<readonly KeyId[]> {
  const services = tx.selectFrom("service_account").select("id").where("owner_id", "=", person);
  const rows = await tx
    .selectFrom("api_key")
    .select("id")
    .where((is) => is.or([is("subject_id", "=", person), is("service_id", "in", services)]))
    .orderBy("id")
    .forUpdate()
    .execute();
  return rows.map((row) => row.id);
}

/** Living renewable families of a key beyond the newest `kept`, oldest first. */
export async function surplusFamilies(
  tx: WriteTransaction,
  key: KeyId,
  { kept, now }: Readonly<{ kept: number; now: Date }>,
): Promise<readonly TokenFamilyId[]> {
  const rows = await tx
    .selectFrom("token_family")
    .select("id")
    .where("key_id", "=", key)
    .where("renewable", "=", true)
    .where("ended_at", "is", null)
    .where("expires_at", ">", now)
    .orderBy("id", "desc")
    .offset(kept)
    .limit(1_000)
    .execute();
  return rows.map((row) => row.id).toReversed();
}

/** Forgets families that were over before then, with their refresh tokens. */
export async function forgetFamilies(tx: WriteTransaction, before: Date): Promise<void> {
  await tx.deleteFrom("token_family").where("expires_at", "<", before).execute();
}
