import type { Actor, DetectionId, EventId, IncidentId } from "@tyr/contract";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { EntryKind } from "./tables.ts";

/** Something a person did to an incident. */
export type IncidentEntry = Readonly<{
  id: string;
  incidentId: IncidentId;
  at: Date;
  kind: EntryKind;
  actor: Actor;
  text: string;
  from: string | null;
  to: string | null;
  verdict: string | null;
}>;

/** Where a page begins: after an instant, and which things of that very instant it still holds. */
export type Bound = Readonly<
  { incident: IncidentId; at: Date | undefined; limit: number } & (
    | { sameInstant: "all" | "none" }
    | { sameInstant: "after"; ref: string }
  )
>;

/** UUIDv7 begin with the millisecond of the event's time: bounds of ids are bounds of time. */
function idBound(at: Date, which: "first" | "last"): string {
  const hex = Math.max(0, at.getTime()).toString(16).padStart(12, "0");
  const rest = which === "first" ? "0000-0000-000000000000" : "ffff-ffff-ffffffffffff";
  return `evt_${hex.slice(0, 8)}-${hex.slice(8)}-${rest}`;
}

/** Ids of the events behind an incident, in the order of their times. */
export async function eventIdsAfter(db: ReadDatabase, bound: Bound): Promise<readonly EventId[]> {
  const { incident, at, limit } = bound;
  let rows = db.selectFrom("incident_event").select("event_id").where("incident_id", "=", incident);
  if (bound.sameInstant === "after") rows = rows.where("event_id", ">", bound.ref);
  else if (at !== undefined) {
    rows = rows.where("event_id", ">", idBound(at, bound.sameInstant === "all" ? "first" : "last"));
  }
  const found = await rows.orderBy("event_id").limit(limit).execute();
  return found.map(({ event_id }) => event_id as EventId);
}

/** Ids of an incident's detections, in the order of their times. */
export async function detectionRefsAfter(db: ReadDatabase, bound: Bound): Promise<readonly DetectionId[]> {
  const { incident, at, limit } = bound;
  let rows = db.selectFrom("incident_detection").select("detection_id").where("incident_id", "=", incident);
  if (bound.sameInstant === "after" && at !== undefined) {
    const { ref } = bound;
    rows = rows.where((where) =>
      where.or([where("time", ">", at), where.and([where("time", "=", at), where("detection_id", ">", ref)])]),
    );
  } else if (at !== undefined) rows = rows.where("time", bound.sameInstant === "all" ? ">=" : ">", at);
  const found = await rows.orderBy("time").orderBy("detection_id").limit(limit).execute();
  return found.map(({ detection_id }) => detection_id as DetectionId);
}

/** What people did to an incident, oldest first; the newest 500. */
export async function entriesOf(db: ReadDatabase, incident: IncidentId): Promise<readonly IncidentEntry[]> {
  const rows = await db
    .selectFrom("incident_entry")
    .selectAll()
    .where("incident_id", "=", incident)
    .orderBy("at", "desc")
    .orderBy("id", "desc")
    .limit(ENTRIES_MAX)
    .execute();
  return rows.toReversed().map((row) => ({
    id: row.id,
    incidentId: row.incident_id as IncidentId,
    at: row.at,
    kind: row.kind,
    actor: row.actor,
    text: row.text,
    from: row.from_state,
    to: row.to_state,
    verdict: row.verdict,
  }));
}
const ENTRIES_MAX = 500;

export async function insertEntry(tx: WriteTransaction, entry: IncidentEntry): Promise<void> {
  const { id, incidentId, at, kind, actor, text, from, to, verdict } = entry;
  await tx
    .insertInto("incident_entry")
    .values({
      id,
      incident_id: incidentId,
      at,
      kind,
      actor: JSON.stringify(actor),
      text,
      from_state: from,
      to_state: to,
      verdict,
    })
    .execute();
}
