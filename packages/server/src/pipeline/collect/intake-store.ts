import { createHash } from "node:crypto";
import type { IntakeReceipt, SensorId } from "@tyr/contract";
import { sql } from "kysely";
import { takePositions } from "#platform/bus";
import { arrayOf, type Column, type ReadDatabase, rowsOf, type WriteTransaction } from "#platform/database";
import {
  type Before,
  type IncomingRow,
  type Placed,
  type PlacedRow,
  placeRows,
  type StoredPart,
} from "./place-rows.ts";
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
export type StoredRows = Readonly<{ parts: readonly StoredPart[]; first: number; stored: number; digest: string }>;

/** How the columns of the rows go to the database; addresses as text, which it reads. */
const COLUMNS = {
  id: "uuid",
  time: "timestamptz",
  sensor_id: "uuid",
  kind: "text",
  session: "text",
  src_ip: "text",
  src_port: "int4",
  dst_ip: "text",
  dst_port: "int4",
  transport: "text",
  user_name: "text",
  action: "text",
  outcome: "text",
  severity: "text",
  logsource: "text",
  fields: "text",
  ecs: "text",
  raw: "text",
  raw_exact: "text",
  raw_ref: "text",
} as const satisfies Record<keyof EventRow, Column["type"]>;
const READ: Readonly<Record<string, string>> = {
  src_ip: "src_ip::inet",
  dst_ip: "dst_ip::inet",
  logsource: "logsource::json",
  fields: "fields::json",
  ecs: "ecs::json",
};
const NAMES = Object.keys(COLUMNS);
const TARGET = sql.raw(["position", "seq", "late", "observed_at", ...NAMES].join(", "));
const SOURCE = sql.raw(NAMES.map((name) => READ[name] ?? name).join(", "));

function columnsOf(rows: readonly PlacedRow[]): Readonly<Record<string, Column>> {
  const columns = Object.entries(COLUMNS).map(([name, type]) => {
    const values = rows.map(({ row }) => row[name as keyof EventRow]);
    return [name, { type, values } as Column] as const;
  });
  return {
    position: { type: "int8", values: rows.map(({ position }) => position) },
    seq: { type: "int8", values: rows.map(({ seq }) => seq) },
    is_late: { type: "int4", values: rows.map(({ late }) => Number(late)) },
    ...Object.fromEntries(columns),
  };
}

async function lookBefore(tx: WriteTransaction, incoming: readonly IncomingRow[]): Promise<Omit<Before, "position">> {
  const ids = arrayOf({ type: "uuid", values: incoming.map(({ row }) => row.id) });
  const known = await tx
    .selectFrom("event")
    .select("id")
    .where("id", "=", sql<string>`any(${ids})`)
    .execute();
  const sensors = await tx
    .selectFrom("sensor_counter")
    .select(["sensor_id", "seq", "newest_at"])
    .where("sensor_id", "in", [...new Set(incoming.map(({ row }) => row.sensor_id))])
    .execute();
  return {
    ids: new Set(known.map(({ id }) => id)),
    sensors: new Map(sensors.map(({ sensor_id, seq, newest_at }) => [sensor_id, { seq, newest: newest_at }])),
  };
}

async function insertRows(tx: WriteTransaction, { rows, hours }: Placed, observedAt: Date): Promise<void> {
  const given = rowsOf("hours", {
    hour: { type: "timestamptz", values: [...hours.keys()].map((ms) => new Date(ms).toISOString()) },
    events: { type: "int8", values: [...hours.values()] },
  });
  await sql`
    with counted as (
      insert into event_hour (hour, events) select hour, events from ${given}
      on conflict (hour) do update set events = event_hour.events + excluded.events
    )
    insert into event (${TARGET})
    select position, seq, is_late = 1, ${observedAt}::timestamptz, ${SOURCE} from ${rowsOf("r", columnsOf(rows))}
  `.execute(tx);
}

/**
 * Writes events in their order: new ids get the next positions and sequence numbers, known ids are left out. What that
 * means is decided here and not by the engine, for which windows over a thousand wide rows cost a third of the write. The
 * head of the stream is locked first, so nobody else stores the same id between the look and the write.
 */
export async function writeEvents(
  tx: WriteTransaction,
  incoming: readonly IncomingRow[],
  observedAt: Date,
): Promise<StoredRows> {
  const first = await takePositions(tx, "event", 0);
  const placed = placeRows(incoming, { ...(await lookBefore(tx, incoming)), position: first - 1 }, observedAt);
  const stored = placed.rows.length;
  if (stored === 0) return { parts: [], first, stored, digest: "" };
  await insertRows(tx, placed, observedAt);
  await takePositions(tx, "event", stored);
  const digest = createHash("sha256").update(placed.rows.map(({ row }) => row.id).join(","));
  return { parts: placed.parts, first, stored, digest: digest.digest("hex") };
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
