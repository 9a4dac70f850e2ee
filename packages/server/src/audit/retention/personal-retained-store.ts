import { sql } from "kysely";
import type { Retained } from "./retention.ts";

/** Ids of entries begin with their time (UUIDv7), so the least id of an instant divides older from newer. */
function leastId(at: Date): string {
  const hex = at.getTime().toString(16).padStart(12, "0");
  return `aud_${hex.slice(0, 8)}-${hex.slice(8, 12)}-7000-8000-000000000000`;
}

/** Personal values beside the log: their salts go with them, so what an entry commits to can never be found again. */
export const retainedPersonal: Retained = {
  async count(tx, { cutoff, heldSubjects }) {
    const { rows } = await sql<{ due: number; held: number }>`
      select count(*) as due, count(*) filter (where subject = any (${[...heldSubjects]}::text[])) as held
      from personal_value where entry_id < ${leastId(cutoff)}`.execute(tx);
    const { due = 0, held = 0 } = rows[0] ?? {};
    return { due, held: held > 0 ? [{ why: "legal hold", records: held }] : [] };
  },
  async remove(tx, { cutoff, heldSubjects }, limit) {
    const { numAffectedRows } = await sql`
      delete from personal_value where (entry_id, field) in (
        select entry_id, field from personal_value
        where entry_id < ${leastId(cutoff)} and subject <> all (${[...heldSubjects]}::text[]) limit ${limit})`.execute(
      tx,
    );
    return Number(numAffectedRows ?? 0n);
  },
};
