import type { ReadDatabase } from "#platform/database";

/** States in which people or workers still have something to do, or something is in force. */
const LIVE = ["draft", "dry_run_ok", "pending", "approved", "executing", "unknown", "executed", "reverting"] as const;

export type LiveAction = Readonly<{ id: string; incidentId: string | null }>;

/** Actions that are not over: they, and what they were decided on, stay. */
export async function liveActions(db: ReadDatabase): Promise<readonly LiveAction[]> {
  const rows = await db
    .selectFrom("action")
    .select(["id", "incident_id"])
    .where("state", "in", [...LIVE])
    .execute();
  return rows.map(({ id, incident_id }) => ({ id, incidentId: incident_id }));
}
