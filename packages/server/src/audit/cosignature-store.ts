import type { ReadDatabase, WriteTransaction } from "#platform/database";

/** `witness` is its verifier key, `line` its signature line with the line break. */
export type CosignatureRow = Readonly<{ size: number; witness: string; line: string; at: Date }>;

declare module "#platform/tables" {
  interface Tables {
    audit_cosignature: CosignatureRow;
  }
}

/** The first line of a witness for a size stays: a later one only tells another time. */
export async function insertCosignature(tx: WriteTransaction, row: CosignatureRow): Promise<void> {
  await tx
    .insertInto("audit_cosignature")
    .values(row)
    .onConflict((conflict) => conflict.columns(["witness", "size"]).doNothing())
    .execute();
}

export async function newestOfWitness(db: ReadDatabase, witness: string): Promise<CosignatureRow | undefined> {
  return await db
    .selectFrom("audit_cosignature")
    .selectAll()
    .where("witness", "=", witness)
    .orderBy("size", "desc")
    .limit(1)
    .executeTakeFirst();
}

export type CosignatureQuery = Readonly<{ witnesses: readonly string[]; upTo?: number; limit: number }>;

/** Lines of these witnesses, of the largest trees first. */
export async function newestCosignatures(
  db: ReadDatabase,
  { witnesses, upTo, limit }: CosignatureQuery,
): Promise<readonly CosignatureRow[]> {
  if (witnesses.length === 0) return [];
  let select = db.selectFrom("audit_cosignature").selectAll().where("witness", "in", witnesses);
  if (upTo !== undefined) select = select.where("size", "<=", upTo);
  return await select.orderBy("size", "desc").limit(limit).execute();
}
