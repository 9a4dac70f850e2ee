import type { Id, SensorId } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { uuidOf } from "./tables.ts";

/** Input nobody could read, with why. */
export type Quarantined = Readonly<{
  id: Id<"quarantine">;
  sensorId: SensorId;
  at: Date;
  reason: string;
  rawRef: string | null;
  /** At most 64 KiB of it, bytes that are no UTF-8 as U+FFFD. */
  raw: string;
  /** Bytes of the whole input. */
  rawBytes: number;
}>;

type Listing = Readonly<{ sensor: SensorId | undefined; after: Id<"quarantine"> | undefined; limit: number }>;

/** Newest first; ids sort by time. One more than `limit` when there are more. */
export async function listQuarantine(
  db: ReadDatabase,
  { sensor, after, limit }: Listing,
): Promise<readonly Quarantined[]> {
  let rows = db.selectFrom("quarantine").selectAll();
  if (sensor !== undefined) rows = rows.where("sensor_id", "=", uuidOf(sensor));
  if (after !== undefined) rows = rows.where("id", "<", uuidOf(after));
  const found = await rows
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  return found.map((row) => ({
    id: `qtn_${row.id}` as Id<"quarantine">,
    sensorId: `snr_${row.sensor_id}` as SensorId,
    at: row.at,
    reason: row.reason,
    rawRef: row.raw_ref,
    raw: Buffer.from(row.raw).toString("utf8"),
    rawBytes: row.raw_bytes,
  }));
}
