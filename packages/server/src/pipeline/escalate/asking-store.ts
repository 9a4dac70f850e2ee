import type { IncidentId, Severity } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { OPEN_STATES } from "./incident.ts";

/** An incident of high severity or worse, with when it was opened, changed and closed. */
export type SeriousIncident = Readonly<{
  incidentId: IncidentId;
  severity: Severity;
  openedAt: Date;
  changedAt: Date;
  closedAt: Date | null;
}>;
/** More at a time say nothing more. */
const READ_MAX = 500;

/** Those that changed since, newest first. */
export async function seriousIncidents(db: ReadDatabase, since: Date): Promise<readonly SeriousIncident[]> {
  const rows = await db
    .selectFrom("incident")
    .select(["id", "state", "severity", "opened_at", "updated_at", "closed_at"])
    .where("severity", "in", ["high", "critical"])
    .where("updated_at", ">", since)
    .orderBy("position", "desc")
    .limit(READ_MAX)
    .execute();
  return rows.map((row) => ({
    incidentId: row.id as IncidentId,
    severity: row.severity as Severity,
    openedAt: row.opened_at,
    changedAt: row.updated_at,
    // Resolved is dealt with, too.
    closedAt: OPEN_STATES.some((state) => state === row.state) ? null : (row.closed_at ?? row.updated_at),
  }));
}
