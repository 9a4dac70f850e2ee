import type { SensorId, SourceCounters } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import { keyEnd } from "./sensor-key.ts";
import { uuidOf, type SensorTable } from "./tables.ts";

/** Who may send events, with what it has sent so far. */
export type Sensor = Readonly<{
  id: SensorId;
  name: string;
  kind: SensorTable["kind"];
  location: string | null;
  metadata: Readonly<Record<string, unknown>>;
  active: boolean;
  keyId: string;
  keyEndsAt: Date;
  createdAt: Date;
  lastSeenAt: Date | null;
  counters: SourceCounters;
}>;
export type SensorWithHash = Readonly<{ sensor: Sensor; keyHash: string }>;

function sensors(db: ReadDatabase) {
  return db
    .selectFrom("sensor")
    .leftJoin("sensor_counter", "sensor_counter.sensor_id", "sensor.id")
    .selectAll("sensor")
    .select((eb) => [
      eb.fn.coalesce("received", eb.lit(0)).as("received"),
      eb.fn.coalesce("stored", eb.lit(0)).as("stored"),
      eb.fn.coalesce("duplicate", eb.lit(0)).as("duplicate"),
      eb.fn.coalesce("rejected", eb.lit(0)).as("rejected"),
      eb.fn.coalesce("late", eb.lit(0)).as("late"),
      "last_seen_at",
    ]);
}
type Row = Awaited<ReturnType<ReturnType<typeof sensors>["execute"]>>[number];

function toSensor(row: Row): Sensor {
  const { received, stored, duplicate, rejected, late } = row;
  return {
    id: `snr_${row.id}` as SensorId,
    name: row.name,
    kind: row.kind,
    location: row.location,
    metadata: row.metadata as Readonly<Record<string, unknown>>,
    active: row.active,
    keyId: row.key_id,
    keyEndsAt: row.key_ends_at,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    counters: { received, stored, duplicate, rejected, late },
  };
}

/** By name; their number is small: somebody registered each by hand. Those that are part of Tyr are none of them. */
export async function listSensors(db: ReadDatabase): Promise<readonly Sensor[]> {
  const rows = await sensors(db).where("builtin", "=", false).orderBy("name").execute();
  return rows.map(toSensor);
}

export async function findSensor(db: ReadDatabase, id: SensorId): Promise<Sensor | undefined> {
  const row = await sensors(db).where("sensor.id", "=", uuidOf(id)).executeTakeFirst();
  return row === undefined ? undefined : toSensor(row);
}

export async function findSensorByName(db: ReadDatabase, name: string): Promise<Sensor | undefined> {
  const row = await sensors(db).where("sensor.name", "=", name).where("builtin", "=", false).executeTakeFirst();
  return row === undefined ? undefined : toSensor(row);
}

/** An active sensor by the name part of its key, with the hash to compare the whole key to. */
export async function findByKeyId(db: ReadDatabase, keyId: string): Promise<SensorWithHash | undefined> {
  const row = await sensors(db).where("key_id", "=", keyId).where("active", "=", true).executeTakeFirst();
  return row === undefined ? undefined : { sensor: toSensor(row), keyHash: row.key_hash };
}

/** @returns false when the name is taken */
export async function insertSensor(tx: WriteTransaction, row: Omit<SensorTable, "builtin">): Promise<boolean> {
  const inserted = await tx
    .insertInto("sensor")
    .values({ ...row, metadata: sql`${JSON.stringify(row.metadata)}::jsonb` })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .returning("id")
    .execute();
  if (inserted.length === 0) return false;
  await tx.insertInto("sensor_counter").values({ sensor_id: row.id }).execute();
  return true;
}

export type ReplacedKey = Readonly<{ keyId: string; endsAt: Date }>;

/**
 * The new key counts as long as the old one was to count.
 *
 * @returns the id of the key it had, and when the new one ends; undefined when there is no such sensor or it is deactivated
 */
export async function replaceKey(
  tx: WriteTransaction,
  id: SensorId,
  { now, ...key }: Pick<SensorTable, "key_id" | "key_hash"> & Readonly<{ now: Date }>,
): Promise<ReplacedKey | undefined> {
  const before = await tx
    .selectFrom("sensor")
    .select(["key_id", "key_life_days"])
    .where("id", "=", uuidOf(id))
    .where("active", "=", true)
    .forUpdate()
    .executeTakeFirst();
  if (before === undefined) return undefined;
  const endsAt = keyEnd(now, before.key_life_days);
  await tx
    .updateTable("sensor")
    .set({ ...key, key_ends_at: endsAt })
    .where("id", "=", uuidOf(id))
    .execute();
  return { keyId: before.key_id, endsAt };
}

/** @returns false when there is no such sensor or it is deactivated already */
export async function deactivate(tx: WriteTransaction, id: SensorId): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("sensor")
    .set({ active: false })
    .where("id", "=", uuidOf(id))
    .where("active", "=", true)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
