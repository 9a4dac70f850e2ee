import type { DelegationId } from "@tyr/contract";
import { sql } from "kysely";
import type { WriteTransaction } from "#platform/database";

/** A text somebody may sign to hand their approving over. */
export type HandOverRow = Readonly<{
  digest: string;
  delegation_id: DelegationId;
  subject_id: string;
  nonce: string;
  text: string;
  created_at: Date;
  expires_at: Date;
}>;

declare module "#platform/tables" {
  interface Tables {
    delegation_statement: HandOverRow;
  }
}

/** Somebody who asks again and again keeps this many; the oldest are forgotten. */
const OPEN_MAX = 20;

/** Also forgets what nobody signed in time. */
export async function insertHandOver(tx: WriteTransaction, row: HandOverRow): Promise<void> {
  await tx.deleteFrom("delegation_statement").where("expires_at", "<=", row.created_at).execute();
  await sql`delete from delegation_statement where digest in (
    select digest from delegation_statement where subject_id = ${row.subject_id}
    order by created_at desc, digest offset ${OPEN_MAX - 1})`.execute(tx);
  await tx.insertInto("delegation_statement").values(row).execute();
}

/** Takes it away: the second who shows a signature of it finds none. */
export async function takeHandOver(tx: WriteTransaction, digest: string): Promise<HandOverRow | undefined> {
  return await tx.deleteFrom("delegation_statement").where("digest", "=", digest).returningAll().executeTakeFirst();
}
