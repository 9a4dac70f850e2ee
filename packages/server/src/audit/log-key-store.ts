import type { ReadDatabase, WriteTransaction } from "#platform/database";

/** A key the log signed with before, as verifiers know it. It signs along until `signs_until`. */
export type ReplacedKeyRow = Readonly<{ vkey: string; replaced_at: Date; signs_until: Date }>;

declare module "#platform/tables" {
  interface Tables {
    audit_log_key: ReplacedKeyRow;
  }
}

export async function replacedKeys(db: ReadDatabase): Promise<readonly ReplacedKeyRow[]> {
  return await db.selectFrom("audit_log_key").selectAll().orderBy("replaced_at", "desc").execute();
}

export async function insertReplacedKey(tx: WriteTransaction, row: ReplacedKeyRow): Promise<void> {
  await tx.insertInto("audit_log_key").values(row).execute();
}
