import type { SubjectId } from "@tyr/contract";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

declare module "#platform/tables" {
  interface Tables {
    totp: { subject_id: SubjectId; created_at: Date; confirmed_at: Date | null; last_step: number };
    recovery_code: { subject_id: SubjectId; code_hash: Uint8Array };
  }
}

export type Totp = Readonly<{ created_at: Date; confirmed_at: Date | null }>;

export async function findTotp(db: ReadDatabase, id: SubjectId): Promise<Totp | undefined> {
  return await db
    .selectFrom("totp")
    .select(["created_at", "confirmed_at"])
    .where("subject_id", "=", id)
    .executeTakeFirst();
}

/** Begins anew: whatever was begun before and not confirmed is forgotten. @returns false when one is confirmed already */
export async function putTotp(tx: WriteTransaction, id: SubjectId, now: Date): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("totp")
    .values({ subject_id: id, created_at: now, confirmed_at: null, last_step: 0 })
    .onConflict((conflict) =>
      conflict
        .column("subject_id")
        .doUpdateSet({ created_at: now, last_step: 0 })
        .where("totp.confirmed_at", "is", null),
    )
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

export async function confirmTotp(tx: WriteTransaction, id: SubjectId, now: Date): Promise<void> {
  await tx.updateTable("totp").set({ confirmed_at: now }).where("subject_id", "=", id).execute();
}

export async function deleteTotp(tx: WriteTransaction, id: SubjectId): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom("totp").where("subject_id", "=", id).executeTakeFirstOrThrow();
  return numDeletedRows === 1n;
}

/** Uses a step up, in one statement: of many at once with one code, the row lets exactly one through. */
export async function takeStep(tx: WriteTransaction, id: SubjectId, step: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("totp")
    .set({ last_step: step })
    .where("subject_id", "=", id)
    .where("last_step", "<", step)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

export async function countRecoveryCodes(db: ReadDatabase, id: SubjectId): Promise<number> {
  const { count } = await db
    .selectFrom("recovery_code")
    .select((is) => is.fn.countAll<number>().as("count"))
    .where("subject_id", "=", id)
    .executeTakeFirstOrThrow();
  return count;
}

/** @returns false when there is no such code any more */
export async function takeRecoveryCode(tx: WriteTransaction, id: SubjectId, code_hash: Uint8Array): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("recovery_code")
    .where("subject_id", "=", id)
    .where("code_hash", "=", code_hash)
    .executeTakeFirstOrThrow();
  return numDeletedRows === 1n;
}

/** Forgets all codes and keeps these instead. */
export async function putRecoveryCodes(
  tx: WriteTransaction,
  id: SubjectId,
  hashes: readonly Uint8Array[],
): Promise<void> {
  await tx.deleteFrom("recovery_code").where("subject_id", "=", id).execute();
  if (hashes.length === 0) return;
  await tx
    .insertInto("recovery_code")
    .values(hashes.map((code_hash) => ({ subject_id: id, code_hash })))
    .execute();
}
