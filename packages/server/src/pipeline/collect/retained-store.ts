import { sql, type RawBuilder } from "kysely";
import type { WriteTransaction } from "#platform/database";
import { heldAddresses } from "./address.ts";

type Due = Readonly<{ cutoff: Date; heldSubjects: readonly string[] }>;
type Held = { why: string; records: number }[];

/** What else keeps events: who still has to read them, and which are evidence. */
export type EventKeepers = Readonly<{
  /** Position up to which every reader has read. */
  readUpTo: (tx: WriteTransaction) => Promise<number>;
  /** Ids of events that stories still being worked on rest on. */
  evidence: (tx: WriteTransaction) => Promise<readonly string[]>;
}>;

function heldList(counts: Readonly<Record<string, number | string | undefined>>): Held {
  return Object.entries(counts)
    .map(([why, records]) => ({ why, records: Number(records ?? 0) }))
    .filter((one) => one.records > 0);
}

async function reasonsOf({ readUpTo, evidence }: EventKeepers, tx: WriteTransaction, { heldSubjects }: Due) {
  const ids = (await evidence(tx)).map((id) => id.replace(/^evt_/, ""));
  const hold = sql`coalesce(src_ip = any (${heldAddresses(heldSubjects)}::inet[]), false)`;
  const isEvidence = sql`id = any (${ids}::uuid[])`;
  const unread = sql`position > ${await readUpTo(tx)}`;
  return { hold, isEvidence, unread };
}

/** Events as they were stored: removed by when that was, whatever time they speak of. */
export function retainedEvents(keepers: EventKeepers) {
  return {
    async count(tx: WriteTransaction, due: Due): Promise<{ due: number; held: Held }> {
      const { hold, isEvidence, unread } = await reasonsOf(keepers, tx, due);
      const { rows } = await sql<{ due: number; hold: number; evidence: number; unread: number }>`
        select count(*) as due, count(*) filter (where ${hold}) as hold,
          count(*) filter (where ${isEvidence} and not ${hold}) as evidence,
          count(*) filter (where ${unread} and not ${isEvidence} and not ${hold}) as unread
        from event where observed_at < ${due.cutoff}`.execute(tx);
      const [row] = rows;
      const held = { "legal hold": row?.hold, "open incident": row?.evidence, "not evaluated yet": row?.unread };
      return { due: row?.due ?? 0, held: heldList(held) };
    },
    async remove(tx: WriteTransaction, due: Due, limit: number): Promise<number> {
      const { hold, isEvidence, unread } = await reasonsOf(keepers, tx, due);
      const { numAffectedRows } = await sql`
        delete from event where position in (
          select position from event
          where observed_at < ${due.cutoff} and not ${hold} and not ${isEvidence} and not ${unread}
          order by position limit ${limit})`.execute(tx);
      return Number(numAffectedRows ?? 0n);
    },
  };
}

/** A held address anywhere in the bytes keeps them. */
function mentions(subjects: readonly string[]): RawBuilder<unknown> {
  return sql`exists (select from unnest(${heldAddresses(subjects)}::text[]) as held (address)
    where position(convert_to(held.address, 'UTF8') in raw) > 0)`;
}

/** Input nobody could read. */
export const retainedQuarantine = {
  async count(tx: WriteTransaction, { cutoff, heldSubjects }: Due): Promise<{ due: number; held: Held }> {
    const { rows } = await sql<{ due: number; hold: number }>`
      select count(*) as due, count(*) filter (where ${mentions(heldSubjects)}) as hold
      from quarantine where at < ${cutoff}`.execute(tx);
    return { due: rows[0]?.due ?? 0, held: heldList({ "legal hold": rows[0]?.hold }) };
  },
  async remove(tx: WriteTransaction, { cutoff, heldSubjects }: Due, limit: number): Promise<number> {
    const { numAffectedRows } = await sql`
      delete from quarantine where id in (
        select id from quarantine where at < ${cutoff} and not ${mentions(heldSubjects)} limit ${limit})`.execute(tx);
    return Number(numAffectedRows ?? 0n);
  },
};
