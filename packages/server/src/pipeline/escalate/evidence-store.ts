import type { ReadDatabase } from "#platform/database";

/** Ids of the events behind incidents that are not closed: they stay, however old. */
export async function openEvidence(db: ReadDatabase): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("incident_event")
    .innerJoin("incident", "incident.id", "incident_event.incident_id")
    .select("incident_event.event_id")
    .distinct()
    .where("incident.state", "<>", "closed")
    .execute();
  return rows.map((row) => row.event_id);
}
