import type { IntakeReceipt, SensorId } from "@tyr/contract";
import { sql } from "kysely";
import { takePositions } from "#platform/bus";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import { uuidOf, type EventTable } from "./tables.ts";

/** An event as it is written: `position`, `seq` and `late` follow from what is stored already. */
export type EventRow = Readonly<
  Omit<EventTable, "position" | "seq" | "late" | "observed_at" | "time" | "logsource" | "fields" | "ecs"> & {
    time: string;
    logsource: string;
    /** JSON text; null when `raw` is that JSON. */
    fields: string | null;
    ecs: string;
  }
>;
/** `raw` in hex. */
export type QuarantineRow = Readonly<{
  id: string;
  sensor_id: string;
  reason: string;
  raw_ref: string | null;
  raw: string;
  raw_bytes: number;
}>;
/** What became of the rows of one part of a batch. */
type StoredPart = Readonly<{ part: number; stored: number; late: number; newest: Date | null }>;
export type StoredRows = Readonly<{ parts: readonly StoredPart[]; first: number; stored: number; digest: string }>;

/** Older than the newest event of its sensor by more than this is late. */
const LATE = sql.lit("5 minutes");
/** A clock may run ahead of ours by this much: its events count as of now. Beyond it lies, and says nothing about time. */
const AHEAD = sql.lit("5 minutes");

const COLUMNS = sql.raw(
  "ord int4, part int4, id uuid, time timestamptz, sensor_id uuid, kind text, session text, src_ip inet, src_port int4, " +
    "dst_ip inet, dst_port int4, transport text, user_name text, action text, outcome text, severity text, logsource text, " +
    "fields text, ecs text, raw text, raw_exact text, raw_ref text",
);
const FIRST =
  "position, id, time, observed_at, sensor_id, kind, session, src_ip, src_port, dst_ip, dst_port, transport, user_name";
const REST = "raw, raw_exact, raw_ref, late, seq";
const TARGET = sql.raw(`${FIRST}, action, outcome, severity, logsource, fields, ecs, ${REST}`);
const PLACED = sql.raw(`${FIRST}, action, outcome, severity, logsource::json, fields::json, ecs::json, ${REST}`);

type Answer = StoredPart & { digest: string };

/**
 * Writes events in their order: new ids get the next positions and sequence numbers, known ids are left out. One
 * statement, because each round trip to the embedded engine costs as much as fifty rows. The head of the stream is
 * locked first, so nobody else stores the same id between the look and the write.
 */
export async function writeEvents(tx: WriteTransaction, rowsJson: string, observedAt: Date): Promise<StoredRows> {
  const first = await takePositions(tx, "event", 0);
  const { rows } = await sql<Answer>`
    with incoming as (select * from json_to_recordset(${rowsJson}::json) as r(${COLUMNS})),
    counted as (
      select *, case when time <= ${observedAt}::timestamptz + interval ${AHEAD} then least(time, ${observedAt}::timestamptz) end as counted_at
      from incoming
    ),
    placed as materialized (
      select i.*, ${observedAt}::timestamptz as observed_at,
        ${first}::int8 - 1 + row_number() over (order by i.ord) as position,
        c.seq + row_number() over mine as seq,
        coalesce(i.time < greatest(c.newest_at, max(i.counted_at) over (
          partition by i.sensor_id order by i.ord rows between unbounded preceding and 1 preceding
        )) - interval ${LATE}, false) as late
      from counted i join sensor_counter c on c.sensor_id = i.sensor_id
      where not exists (select from event e where e.id = i.id)
      window mine as (partition by i.sensor_id order by i.ord)
    ),
    written as (insert into event (${TARGET}) select ${PLACED} from placed order by ord),
    hours as (
      insert into event_hour (hour, events)
      select date_trunc('hour', time, 'UTC'), count(*) from placed group by 1
      on conflict (hour) do update set events = event_hour.events + excluded.events
    )
    select part, count(*) as stored, count(*) filter (where late) as late,
      max(counted_at) as newest,
      (select encode(sha256(convert_to(string_agg(id::text, ',' order by ord), 'UTF8')), 'hex') from placed) as digest
    from placed group by part`.execute(tx);
  const stored = rows.reduce((sum, row) => sum + row.stored, 0);
  if (stored > 0) await takePositions(tx, "event", stored);
  return { parts: rows, first, stored, digest: rows[0]?.digest ?? "" };
}

export async function writeQuarantine(
  tx: WriteTransaction,
  rows: readonly QuarantineRow[],
  observedAt: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await sql`insert into quarantine (id, sensor_id, at, reason, raw_ref, raw, raw_bytes)
    select id, sensor_id, ${observedAt}, reason, raw_ref, decode(raw, 'hex'), raw_bytes
    from json_to_recordset(${JSON.stringify(rows)}::json)
      as r(id uuid, sensor_id uuid, reason text, raw_ref text, raw text, raw_bytes int8)`.execute(tx);
}

export type Counted = Readonly<{
  sensor_id: string;
  received: number;
  stored: number;
  duplicate: number;
  rejected: number;
  late: number;
  newest: Date | null;
}>;

/** In the order of the ids: two processes that count the same sensors must not wait for each other. */
export async function countUp(tx: WriteTransaction, counted: readonly Counted[], observedAt: Date): Promise<void> {
  const rows = counted.toSorted((a, b) => (a.sensor_id < b.sensor_id ? -1 : 1));
  await sql`update sensor_counter c set received = c.received + r.received, stored = c.stored + r.stored,
      duplicate = c.duplicate + r.duplicate, rejected = c.rejected + r.rejected, late = c.late + r.late,
      seq = c.seq + r.stored, newest_at = greatest(c.newest_at, r.newest), last_seen_at = ${observedAt}
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(sensor_id uuid, received int8, stored int8,
      duplicate int8, rejected int8, late int8, newest timestamptz)
    where c.sensor_id = r.sensor_id`.execute(tx);
}

export type KeptReceipt = Readonly<{ sensorId: SensorId; key: string; digest: string; receipt: IntakeReceipt }>;

export async function keepReceipts(tx: WriteTransaction, kept: readonly KeptReceipt[], now: Date): Promise<void> {
  if (kept.length === 0) return;
  const rows = kept.map(({ sensorId, key, digest, receipt }) => ({
    sensor_id: uuidOf(sensorId),
    key,
    digest,
    receipt: sql`${JSON.stringify(receipt)}::jsonb`,
    at: now,
  }));
  await tx
    .insertInto("intake_receipt")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function findReceipt(
  db: ReadDatabase,
  sensorId: SensorId,
  key: string,
): Promise<{ digest: string; receipt: IntakeReceipt } | undefined> {
  const row = await db
    .selectFrom("intake_receipt")
    .select(["digest", "receipt"])
    .where("sensor_id", "=", uuidOf(sensorId))
    .where("key", "=", key)
    .executeTakeFirst();
  return row === undefined ? undefined : { digest: row.digest, receipt: row.receipt as IntakeReceipt };
}

/** Receipts older than this are forgotten; their events' ids still keep a resent batch from being stored twice. */
export async function forgetReceipts(tx: WriteTransaction, before: Date): Promise<void> {
  await tx.deleteFrom("intake_receipt").where("at", "<", before).execute();
}

/** How far a followed file or a bundled log has been read. */
export type Bookmark = Readonly<{
  source: string;
  /** What the source was when it was read: a rotated or replaced file has another. */
  fingerprint: string;
  position: number;
  lines: number;
  finished: boolean;
}>;

export async function setBookmark(tx: WriteTransaction, bookmark: Bookmark, now: Date): Promise<void> {
  await tx
    .insertInto("bookmark")
    .values({ ...bookmark, updated_at: now })
    .onConflict((conflict) => conflict.column("source").doUpdateSet({ ...bookmark, updated_at: now }))
    .execute();
}

export async function findBookmark(db: ReadDatabase, source: string): Promise<Bookmark | undefined> {
  return await db
    .selectFrom("bookmark")
    .select(["source", "fingerprint", "position", "lines", "finished"])
    .where("source", "=", source)
    .executeTakeFirst();
}

export async function listBookmarks(db: ReadDatabase, prefix: string): Promise<readonly Bookmark[]> {
  return await db
    .selectFrom("bookmark")
    .select(["source", "fingerprint", "position", "lines", "finished"])
    .where(sql<boolean>`starts_with(source, ${prefix})`)
    .orderBy("source")
    .execute();
}
