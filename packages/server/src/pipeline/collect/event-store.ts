import type { EventId, EventKind, EventQuery, SensorId, Severity } from "@tyr/contract";
import { sql, type Selectable } from "kysely";
import { headOf } from "#platform/bus";
import type { ReadDatabase } from "#platform/database";
import { endpointOf, rawOf, toStreamEvent, type StreamEvent } from "./event-stream.ts";
import type { Logsource, Outcome, StoredEvent } from "./event.ts";
import { uuidOf, type EventTable } from "./tables.ts";

/** Text search reads raw lines; one page looks at so many positions at most and says where to go on. */
const SEARCH_SPAN = 100_000;
const HOURS_SHOWN = 48;
const HOUR_MS = 3_600_000;

type Facts = Readonly<Record<string, unknown>>;

function toEvent(row: Selectable<EventTable>): StoredEvent {
  const raw = rawOf(row);
  return {
    id: `evt_${row.id}` as EventId,
    position: row.position,
    time: row.time,
    observedAt: row.observed_at,
    sensorId: `snr_${row.sensor_id}` as SensorId,
    kind: row.kind as EventKind,
    session: row.session,
    src: endpointOf(row.src_ip, row.src_port),
    dst: endpointOf(row.dst_ip, row.dst_port),
    transport: row.transport,
    user: row.user_name,
    action: row.action,
    outcome: row.outcome as Outcome,
    severity: row.severity as Severity,
    logsource: row.logsource as Logsource,
    fields: (row.fields ?? JSON.parse(raw)) as Facts,
    ecs: row.ecs as Facts,
    raw,
    rawRef: row.raw_ref,
    late: row.late,
    seq: row.seq,
  };
}

/** Events after a position, in the order of the stream. A short answer means the end of the stream. */
export async function readEventsAfter(
  db: ReadDatabase,
  position: number,
  limit: number,
): Promise<readonly StreamEvent[]> {
  const rows = await streamRows(db).where("position", ">", position).orderBy("position").limit(limit).execute();
  return rows.map(toStreamEvent);
}

export type EventPiece = Readonly<{
  /** Positions after this one, up to that one. */
  after: number;
  upTo: number;
  /** Events whose time, or at the latest the time they were stored, is from here (included) to there (left out). */
  from: Date;
  to: Date;
}>;

/** Events of a period among a piece of the stream, in its order; whoever takes a piece of a thousand never holds up others. */
export async function readEventPiece(
  db: ReadDatabase,
  { after, upTo, from, to }: EventPiece,
): Promise<readonly StreamEvent[]> {
  const rows = await streamRows(db)
    .where("position", ">", after)
    .where("position", "<=", upTo)
    .where("time", ">=", from)
    .where((where) => where.or([where("time", "<", to), where("observed_at", "<", to)]))
    .orderBy("position")
    .execute();
  return rows.map(toStreamEvent);
}

/** The position after which events were stored at or after an instant of our own clock. */
export async function positionBefore(db: ReadDatabase, since: Date): Promise<number> {
  return (await eventHead(db)) - (await storedSince(db, since));
}

function streamRows(db: ReadDatabase) {
  return db
    .selectFrom("event")
    .select(["position", "id", "time", "observed_at", "sensor_id", "kind", "src_ip", "src_port", "user_name"])
    .select(["raw", "raw_exact", "raw_ref"])
    .select((eb) => [
      eb.cast<string>("logsource", "text").as("logsource"),
      eb.cast<string | null>("fields", "text").as("fields"),
      eb.cast<string>("ecs", "text").as("ecs"),
    ]);
}

/** In the order of the stream; ids that do not exist are left out. */
export async function eventsByIds(db: ReadDatabase, ids: readonly EventId[]): Promise<readonly StoredEvent[]> {
  if (ids.length === 0) return [];
  const uuids = [...new Set(ids.map(uuidOf))];
  const rows = await db.selectFrom("event").selectAll().where("id", "in", uuids).orderBy("position").execute();
  return rows.map(toEvent);
}

/** Position of the newest stored event; 0 while there is none. */
export async function eventHead(db: ReadDatabase): Promise<number> {
  return await headOf(db, "event");
}

/**
 * What a block of this address or prefix would have met since then: for the dry run.
 *
 * @param cidr canonical address or prefix, v4 or v6
 */
export async function reachOf(
  db: ReadDatabase,
  cidr: string,
  since: Date,
): Promise<{ events: number; successfulLogins: number }> {
  const row = await db
    .selectFrom("event")
    .select(({ fn }) => [
      fn.countAll<number>().as("events"),
      fn
        .countAll<number>()
        .filterWhere("kind", "=", "auth_attempt")
        .filterWhere("outcome", "=", "success")
        .as("successful"),
    ])
    .where(sql<boolean>`src_ip <<= ${cidr}::inet`)
    .where("time", ">=", since)
    .executeTakeFirstOrThrow();
  return { events: row.events, successfulLogins: row.successful };
}

export type EventCounts = Readonly<{ total: number; lastAt: Date | null; observedSince: number }>;

/**
 * How many events were stored at or after an instant of our clock. Positions have no gaps and rise with that time, so
 * twenty looks find the place among a million rows; counting them would hold up everybody else.
 */
async function storedSince(db: ReadDatabase, since: Date): Promise<number> {
  const head = await eventHead(db);
  const search = sql<{ newer: number }>`(
    with recursive search(older, newer) as (
      select 0::int8, ${head + 1}::int8
      union all
      select case when probe.is_older then middle.at else older end, case when probe.is_older then newer else middle.at end
      from search
      cross join lateral (select (older + newer) / 2 as at) middle
      cross join lateral (
        select coalesce((select observed_at < ${since} from event where position = middle.at), true) as is_older
      ) probe
      where newer - older > 1
    )
    select min(newer) as newer from search
  )`;
  const row = await db.selectFrom(search.as("found")).select("newer").executeTakeFirstOrThrow();
  return head + 1 - row.newer;
}

/** All stored events, the newest event time, and how many were stored at or after `since` (by our own clock). */
export async function countEvents(db: ReadDatabase, since: Date): Promise<EventCounts> {
  const all = await db
    .selectFrom("sensor_counter")
    .select(({ fn }) => [fn.sum<string | null>("stored").as("total"), fn.max("newest_at").as("last")])
    .executeTakeFirstOrThrow();
  return { total: Number(all.total ?? 0), lastAt: all.last, observedSince: await storedSince(db, since) };
}

/** The newest 48 hours of event time up to `now` that hold events, oldest first, with zeros between them. */
export async function perHour(db: ReadDatabase, now: Date): Promise<readonly { at: Date; events: number }[]> {
  const rows = await db
    .selectFrom("event_hour")
    .selectAll()
    .where("hour", "<=", now)
    .orderBy("hour", "desc")
    .limit(HOURS_SHOWN)
    .execute();
  const newest = rows[0]?.hour.getTime();
  if (newest === undefined) return [];
  const counts = new Map(rows.map((row) => [row.hour.getTime(), row.events]));
  const oldest = Math.max(newest - (HOURS_SHOWN - 1) * HOUR_MS, rows.at(-1)?.hour.getTime() ?? newest);
  const hours = [];
  for (let at = oldest; at <= newest; at += HOUR_MS) hours.push({ at: new Date(at), events: counts.get(at) ?? 0 });
  return hours;
}

export async function eventById(db: ReadDatabase, id: EventId): Promise<StoredEvent | undefined> {
  return (await eventsByIds(db, [id]))[0];
}

export type EventPage = Readonly<{ events: readonly StoredEvent[]; next: number | null }>;
type Listing = Readonly<{ query: Omit<EventQuery, "after">; before: number; limit: number }>;

function filtered(db: ReadDatabase, query: Listing["query"]) {
  let rows = db.selectFrom("event").selectAll();
  if (query.sensor !== undefined) rows = rows.where("sensor_id", "=", uuidOf(query.sensor));
  if (query.kind !== undefined) rows = rows.where("kind", "=", query.kind);
  if (query.outcome !== undefined) rows = rows.where("outcome", "=", query.outcome);
  if (query.ip !== undefined) rows = rows.where(sql<boolean>`src_ip <<= ${query.ip}::inet`);
  if (query.user !== undefined) rows = rows.where("user_name", "=", query.user);
  if (query.session !== undefined) rows = rows.where("session", "=", query.session);
  if (query.from !== undefined) rows = rows.where("time", ">=", new Date(query.from));
  if (query.to !== undefined) rows = rows.where("time", "<=", new Date(query.to));
  return rows;
}

/**
 * Events newest first, strictly before a position. With `q` one page looks at 100,000 positions at most: it may hold
 * fewer events than asked for, even none, while `next` says there is more to look at.
 */
export async function listEvents(db: ReadDatabase, { query, before, limit }: Listing): Promise<EventPage> {
  const head = await eventHead(db);
  const from = Math.min(before, head + 1);
  const floor = query.q === undefined ? 0 : Math.max(0, from - 1 - SEARCH_SPAN);
  let rows = filtered(db, query).where("position", "<", from).where("position", ">", floor);
  if (query.q !== undefined) rows = rows.where(sql<boolean>`strpos(lower(raw), lower(${query.q})) > 0`);
  const found = await rows
    .orderBy("position", "desc")
    .limit(limit + 1)
    .execute();
  const events = found.slice(0, limit).map(toEvent);
  if (found.length > limit) return { events, next: events.at(-1)?.position ?? null };
  return { events, next: floor > 0 ? floor + 1 : null };
}
