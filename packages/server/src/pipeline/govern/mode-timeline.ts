import type { IncidentId, TimelineItem } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { listModeChangesOf } from "./mode-store.ts";

/** The changes of the mode an incident asked for, as lines of its timeline, oldest first. */
export async function listModeTimeline(db: ReadDatabase, incidentId: IncidentId): Promise<readonly TimelineItem[]> {
  return (await listModeChangesOf(db, incidentId)).map(({ number, mode, reason, actor, at, until }) => ({
    at: at.toISOString(),
    kind: "action",
    title: `Mode became ${mode}`,
    text: reason,
    severity: null,
    actor,
    ref: String(number),
    facts: { mode, until: until?.toISOString() ?? null },
  }));
}
