import type { DetectionId, IncidentCategory, IncidentId, IncidentState, Severity, Verdict } from "@tyr/contract";
import { SEVERITIES } from "@tyr/contract";
import { sql } from "kysely";
import { headOf, takePositions } from "#platform/bus";
import {
  newestFirst,
  readPage,
  type Page,
  type PageBefore,
  type ReadDatabase,
  type WriteTransaction,
} from "#platform/database";
import { OPEN_STATES, type Incident, type Joined, type StoredIncident } from "./incident.ts";
import type { IncidentRow } from "./tables.ts";

function toIncident(row: IncidentRow): StoredIncident {
  return {
    id: row.id as IncidentId,
    position: row.position,
    key: row.key,
    title: row.title,
    state: row.state as IncidentState,
    severity: row.severity as Severity,
    category: row.category as IncidentCategory,
    priority: row.priority,
    escalated: row.escalated,
    actorIp: row.actor_ip,
    risk: row.risk,
    contributions: row.contributions,
    techniques: row.techniques,
    tactics: row.tactics,
    sensors: row.sensors,
    detectionCount: row.detection_count,
    firstEventAt: row.first_event_at,
    lastEventAt: row.last_event_at,
    openedAt: row.opened_at,
    updatedAt: row.updated_at,
    closedAt: row.closed_at,
    verdict: row.verdict as Verdict | null,
    assignee: row.assignee,
  };
}

/** NUL and lone surrogates fit neither text nor jsonb. */
function toJson(rows: readonly object[]): string {
  return JSON.stringify(rows, (_, value: unknown) =>
    typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\uFFFD") : value,
  );
}

/** Open incidents of these keys, locked until the transaction ends: a move by a person waits, or is seen. */
export async function lockOpen(tx: WriteTransaction, keys: readonly string[]): Promise<readonly Incident[]> {
  const rows = await tx
    .selectFrom("incident")
    .selectAll()
    .where("key", "in", keys)
    .where("state", "in", OPEN_STATES)
    .orderBy("id")
    .forUpdate()
    .execute();
  return rows.map(toIncident);
}

export async function lockIncident(tx: WriteTransaction, id: IncidentId): Promise<Incident | undefined> {
  const row = await tx.selectFrom("incident").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
  return row === undefined ? undefined : toIncident(row);
}

/** Stores incidents as they now are; each takes a new place in the stream of incidents. */
export async function putIncidents(tx: WriteTransaction, incidents: readonly Incident[]): Promise<void> {
  const first = await takePositions(tx, "incident", incidents.length);
  const rows = incidents.map((incident, index) => ({ ...incident, position: first + index }));
  await sql`
    insert into incident (id, position, key, title, state, severity, category, priority, escalated, actor_ip, risk,
      contributions, techniques, tactics, sensors, detection_count, first_event_at, last_event_at, opened_at, updated_at,
      closed_at, verdict, assignee)
    select id, position, key, title, state, severity, category, priority, escalated, "actorIp", risk, contributions,
      array(select jsonb_array_elements_text(techniques)), array(select jsonb_array_elements_text(tactics)),
      array(select jsonb_array_elements_text(sensors)), "detectionCount", "firstEventAt", "lastEventAt", "openedAt",
      "updatedAt", "closedAt", verdict, nullif(assignee, 'null'::jsonb)
    from jsonb_to_recordset(${toJson(rows)}::jsonb) as row (
      id text, position int8, key text, title text, state text, severity text, category text, priority int4,
      escalated boolean, "actorIp" text, risk int4, contributions jsonb, techniques jsonb, tactics jsonb, sensors jsonb,
      "detectionCount" int8, "firstEventAt" timestamptz, "lastEventAt" timestamptz, "openedAt" timestamptz,
      "updatedAt" timestamptz, "closedAt" timestamptz, verdict text, assignee jsonb)
    on conflict (id) do update set position = excluded.position, title = excluded.title, state = excluded.state,
      severity = excluded.severity, category = excluded.category, priority = excluded.priority, risk = excluded.risk,
      contributions = excluded.contributions, techniques = excluded.techniques, tactics = excluded.tactics,
      sensors = excluded.sensors, detection_count = excluded.detection_count, first_event_at = excluded.first_event_at,
      last_event_at = excluded.last_event_at, updated_at = excluded.updated_at, closed_at = excluded.closed_at,
      verdict = excluded.verdict, assignee = excluded.assignee
  `.execute(tx);
}

export async function insertJoined(tx: WriteTransaction, joined: readonly Joined[]): Promise<void> {
  const rows = joined.map((one) => ({ ...one, eventIds: undefined }));
  await sql`
    insert into incident_detection (detection_id, incident_id, position, time)
    select "detectionId", "incidentId", position, time
    from jsonb_to_recordset(${toJson(rows)}::jsonb)
      as row ("detectionId" text, "incidentId" text, position int8, time timestamptz)
  `.execute(tx);
  const events = joined.flatMap(({ incidentId, eventIds }) => eventIds.map((eventId) => ({ incidentId, eventId })));
  await sql`
    insert into incident_event (incident_id, event_id)
    select "incidentId", "eventId"
    from jsonb_to_recordset(${toJson(events)}::jsonb) as row ("incidentId" text, "eventId" text)
    on conflict do nothing
  `.execute(tx);
}

export async function findIncident(db: ReadDatabase, id: IncidentId): Promise<StoredIncident | undefined> {
  const row = await db.selectFrom("incident").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toIncident(row);
}

export type IncidentFilter = Readonly<{
  state?: IncidentState | undefined;
  /** True: somebody still has to deal with it (new, investigating, contained). */
  open?: boolean | undefined;
  severity?: Severity | undefined;
  ip?: string | undefined;
}>;
export type IncidentListing = PageBefore<number> & Readonly<{ filter: IncidentFilter }>;

/** Last touched first. */
export async function listIncidents(
  db: ReadDatabase,
  { filter, ...page }: IncidentListing,
): Promise<Page<StoredIncident, number>> {
  let rows = db.selectFrom("incident").selectAll();
  const { state, open, severity, ip } = filter;
  if (state !== undefined) rows = rows.where("state", "=", state);
  if (open !== undefined) rows = rows.where("state", open ? "in" : "not in", OPEN_STATES);
  if (severity !== undefined) rows = rows.where("severity", "=", severity);
  if (ip !== undefined) rows = rows.where("actor_ip", "=", ip);
  const found = await readPage(rows, "position", page);
  return { rows: found.rows.map(toIncident), next: found.next };
}

/** All incidents about an address, last touched first. */
export async function incidentsForActor(db: ReadDatabase, ip: string): Promise<readonly StoredIncident[]> {
  const rows = await db
    .selectFrom("incident")
    .selectAll()
    .where("actor_ip", "=", ip)
    .orderBy("position", "desc")
    .execute();
  return rows.map(toIncident);
}

/** Open incidents, by severity; severities without any are zero. */
export async function countOpenBySeverity(db: ReadDatabase): Promise<Readonly<Record<Severity, number>>> {
  const rows = await db
    .selectFrom("incident")
    .select(({ fn }) => ["severity", fn.countAll<number>().as("incidents")])
    .where("state", "in", OPEN_STATES)
    .groupBy("severity")
    .execute();
  const counts = new Map(rows.map(({ severity, incidents }) => [severity, incidents]));
  const zeros = { info: 0, low: 0, medium: 0, high: 0, critical: 0 };
  for (const severity of SEVERITIES) zeros[severity] = counts.get(severity) ?? 0;
  return zeros;
}

export type TopActor = Readonly<{
  ip: string;
  risk: number;
  severity: Severity;
  incidentId: IncidentId;
  detections: number;
}>;

/** Addresses by the risk of their worst open incident. */
export async function topActors(db: ReadDatabase, limit: number): Promise<readonly TopActor[]> {
  const worst = db
    .selectFrom("incident")
    .distinctOn("actor_ip")
    .select(["actor_ip", "risk", "severity", "id", "detection_count", "last_event_at"])
    .where("actor_ip", "is not", null)
    .where("state", "in", OPEN_STATES)
    .orderBy("actor_ip")
    .orderBy("risk", "desc")
    .orderBy("last_event_at", "desc");
  const rows = await db
    .selectFrom(worst.as("worst"))
    .selectAll()
    .orderBy("risk", "desc")
    .orderBy("last_event_at", "desc")
    .limit(limit)
    .execute();
  return rows.flatMap(({ actor_ip: ip, risk, severity, id, detection_count: detections }) =>
    ip === null ? [] : [{ ip, risk, severity: severity as Severity, incidentId: id as IncidentId, detections }],
  );
}

/** The latest state of each incident that changed after a position, in the order of its last change. */
export type IncidentChange = Readonly<{
  incidentId: IncidentId;
  position: number;
  actorIp: string | null;
  risk: number;
  severity: Severity;
  state: IncidentState;
}>;

export async function readIncidentChangesAfter(
  db: ReadDatabase,
  position: number,
  limit: number,
): Promise<readonly IncidentChange[]> {
  const rows = await db
    .selectFrom("incident")
    .select(["id", "position", "actor_ip", "risk", "severity", "state"])
    .where("position", ">", position)
    .orderBy("position")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    incidentId: row.id as IncidentId,
    position: row.position,
    actorIp: row.actor_ip,
    risk: row.risk,
    severity: row.severity as Severity,
    state: row.state as IncidentState,
  }));
}

/** Position of the newest change of any incident. */
export async function incidentHead(db: ReadDatabase): Promise<number> {
  return await headOf(db, "incident");
}

/** The incident each of these detections joined; those that joined none are left out. */
export async function incidentIdsOf(
  db: ReadDatabase,
  detections: readonly DetectionId[],
): Promise<ReadonlyMap<DetectionId, IncidentId>> {
  if (detections.length === 0) return new Map();
  const rows = await db
    .selectFrom("incident_detection")
    .select(["detection_id", "incident_id"])
    .where("detection_id", "in", detections)
    .execute();
  return new Map(rows.map((row) => [row.detection_id as DetectionId, row.incident_id as IncidentId]));
}

/** Detections of an incident, newest first by their place in the stream of detections. */
export async function detectionIdsOf(
  db: ReadDatabase,
  incident: IncidentId,
  page: PageBefore<number>,
): Promise<readonly DetectionId[]> {
  const all = db.selectFrom("incident_detection").select("detection_id").where("incident_id", "=", incident);
  const rows = await newestFirst(all, "position", page).execute();
  return rows.map((row) => row.detection_id as DetectionId);
}

/** An incident as the reason for an action; its newest detections, at most 100. */
export type IncidentEvidence = Readonly<{
  incidentId: IncidentId;
  risk: number;
  severity: Severity;
  /** Whom it speaks against; null where no address is known. */
  actorIp: string | null;
  detectionIds: readonly DetectionId[];
}>;
const EVIDENCE_MAX = 100;

export async function evidenceOf(db: ReadDatabase, id: IncidentId): Promise<IncidentEvidence | undefined> {
  const incident = await findIncident(db, id);
  if (incident === undefined) return undefined;
  const detectionIds = await detectionIdsOf(db, id, { limit: EVIDENCE_MAX });
  return { incidentId: id, risk: incident.risk, severity: incident.severity, actorIp: incident.actorIp, detectionIds };
}
