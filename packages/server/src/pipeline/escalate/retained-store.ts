import { heldAddresses } from "#collect";
import { sql, type RawBuilder } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

type Due = Readonly<{ cutoff: Date; heldSubjects: readonly string[] }>;

/** Of a detection's row: it belongs to an incident, and stays as long as that does. */
export const belongsToIncident: RawBuilder<boolean> = sql<boolean>`
  exists (select from incident_detection kept where kept.detection_id = detection.id)`;

/** Incidents people may still work on. */
export async function openIncidentIds(db: ReadDatabase): Promise<readonly string[]> {
  const rows = await db.selectFrom("incident").select("id").where("state", "<>", "closed").execute();
  return rows.map((row) => row.id);
}

/** What else keeps a closed incident: ids of those whose actions are not over. */
export type IncidentKeepers = Readonly<{ inForce: (tx: WriteTransaction) => Promise<readonly string[]> }>;

async function reasonsOf({ inForce }: IncidentKeepers, tx: WriteTransaction, { cutoff, heldSubjects }: Due) {
  const isDue = sql`state = 'closed' and closed_at < ${cutoff}`;
  const hold = sql`coalesce(actor_ip = any (${heldAddresses(heldSubjects)}::text[]), false)`;
  const needed = sql`id = any (${[...(await inForce(tx))]}::text[])`;
  return { isDue, hold, needed };
}

/** Closed incidents, by when they were closed; their detections and events stay for their own classes. */
export function retainedIncidents(keepers: IncidentKeepers) {
  return {
    async count(tx: WriteTransaction, due: Due): Promise<{ due: number; held: { why: string; records: number }[] }> {
      const { isDue, hold, needed } = await reasonsOf(keepers, tx, due);
      const { rows } = await sql<{ due: number; hold: number; needed: number }>`
        select count(*) as due, count(*) filter (where ${hold}) as hold,
          count(*) filter (where ${needed} and not ${hold}) as needed
        from incident where ${isDue}`.execute(tx);
      const { due: all = 0, hold: held = 0, needed: kept = 0 } = rows[0] ?? {};
      const reasons = [
        { why: "legal hold", records: held },
        { why: "action in force", records: kept },
      ];
      return { due: all, held: reasons.filter((one) => one.records > 0) };
    },
    async remove(tx: WriteTransaction, due: Due, limit: number): Promise<number> {
      const { isDue, hold, needed } = await reasonsOf(keepers, tx, due);
      const { rows } = await sql<{ id: string }>`
        select id from incident where ${isDue} and not ${hold} and not ${needed}
        order by closed_at limit ${limit} for update`.execute(tx);
      const ids = rows.map((row) => row.id);
      if (ids.length === 0) return 0;
      for (const table of ["incident_detection", "incident_event", "incident_entry"] as const)
        await tx.deleteFrom(table).where("incident_id", "in", ids).execute();
      await tx.deleteFrom("incident").where("id", "in", ids).execute();
      return ids.length;
    },
  };
}
