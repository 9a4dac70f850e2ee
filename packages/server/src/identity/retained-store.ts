import { sql } from "kysely";
import type { WriteTransaction } from "#platform/database";

type Due = Readonly<{ cutoff: Date; heldSubjects: readonly string[] }>;

/**
 * What is left of sign-ins that are over: sessions nobody ended and browsers that were known. Sessions that somebody ends
 * are removed at once, and counts of failed sign-ins are forgotten by themselves.
 */
export const retainedSessions = {
  async count(
    tx: WriteTransaction,
    { cutoff, heldSubjects }: Due,
  ): Promise<{ due: number; held: { why: string; records: number }[] }> {
    const { rows } = await sql<{ due: number; held: number }>`
      select count(*) as due, count(*) filter (where subject_id = any (${[...heldSubjects]}::text[])) as held
      from (select subject_id from session where expires_at < ${cutoff}
        union all select subject_id from known_device where expires_at < ${cutoff}) as over`.execute(tx);
    const { due = 0, held = 0 } = rows[0] ?? {};
    return { due, held: held > 0 ? [{ why: "legal hold", records: held }] : [] };
  },
  async remove(tx: WriteTransaction, { cutoff, heldSubjects }: Due, limit: number): Promise<number> {
    const free = sql`expires_at < ${cutoff} and subject_id <> all (${[...heldSubjects]}::text[])`;
    const sessions = await sql`
      delete from session where id in (select id from session where ${free} limit ${limit})`.execute(tx);
    const removed = Number(sessions.numAffectedRows ?? 0n);
    const devices = await sql`
      delete from known_device where device_hash in
        (select device_hash from known_device where ${free} limit ${limit - removed})`.execute(tx);
    return removed + Number(devices.numAffectedRows ?? 0n);
  },
};
