import { sql, type RawBuilder } from "kysely";
import { heldAddresses } from "#collect";
import type { WriteTransaction } from "#platform/database";
import { deleteTags } from "./tag-store.ts";

type Due = Readonly<{ cutoff: Date; heldSubjects: readonly string[] }>;

/** What else keeps a detection: who still has to read it, and what it is part of. */
export type DetectionKeepers = Readonly<{
  /** Position up to which every reader has read. */
  readUpTo: (tx: WriteTransaction) => Promise<number>;
  /** Of a row of `detection`: something that is kept is made of it. */
  isPart: RawBuilder<boolean>;
}>;

async function reasonsOf({ readUpTo, isPart }: DetectionKeepers, tx: WriteTransaction, { heldSubjects }: Due) {
  const hold = sql`coalesce(actor_ip = any (${heldAddresses(heldSubjects)}::text[]), false)`;
  const unread = sql`position > ${await readUpTo(tx)}`;
  return { hold, isPart, unread };
}

/** Detections with their tags, by when they were recorded. Counts of rules and techniques stay: they name nobody. */
export function retainedDetections(keepers: DetectionKeepers) {
  return {
    async count(tx: WriteTransaction, due: Due): Promise<{ due: number; held: { why: string; records: number }[] }> {
      const { hold, isPart, unread } = await reasonsOf(keepers, tx, due);
      const { rows } = await sql<{ due: number; hold: number; part: number; unread: number }>`
        select count(*) as due, count(*) filter (where ${hold}) as hold,
          count(*) filter (where ${isPart} and not ${hold}) as part,
          count(*) filter (where ${unread} and not ${isPart} and not ${hold}) as unread
        from detection where recorded_at < ${due.cutoff}`.execute(tx);
      const [row] = rows;
      const reasons = [
        { why: "legal hold", records: row?.hold ?? 0 },
        { why: "part of an incident that is kept", records: row?.part ?? 0 },
        { why: "not evaluated yet", records: row?.unread ?? 0 },
      ];
      return { due: row?.due ?? 0, held: reasons.filter((one) => one.records > 0) };
    },
    async remove(tx: WriteTransaction, due: Due, limit: number): Promise<number> {
      const { hold, isPart, unread } = await reasonsOf(keepers, tx, due);
      const { rows } = await sql<{ id: string }>`
        select id from detection
        where recorded_at < ${due.cutoff} and not ${hold} and not ${isPart} and not ${unread}
        order by position limit ${limit} for update`.execute(tx);
      const ids = rows.map((row) => row.id);
      if (ids.length === 0) return 0;
      await deleteTags(tx, ids);
      await sql`delete from detection where id = any (${ids}::text[])`.execute(tx);
      return ids.length;
    },
  };
}
