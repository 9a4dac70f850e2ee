import type { Id, SensorId } from "@tyr/contract";
import type { Selectable } from "kysely";
import { readPage, type Page, type PageBefore, type ReadDatabase } from "#platform/database";
import type { Tables } from "#platform/tables";
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

type Listing = PageBefore<Id<"quarantine">> & Readonly<{ sensor: SensorId | undefined }>;

/** Newest first; ids sort by time. */
export async function listQuarantine(
  db: ReadDatabase,
  { sensor, before, limit }: Listing,
): Promise<Page<Quarantined, Id<"quarantine">>> {
  let rows = db.selectFrom("quarantine").selectAll();
  if (sensor !== undefined) rows = rows.where("sensor_id", "=", uuidOf(sensor));
  const page = { before: before && uuidOf(before), limit };
  const { rows: found, next } = await readPage(rows, "id", page);
  return { rows: found.map(toQuarantined), next: next === null ? null : idOf(next) };
}

const idOf = (uuid: string): Id<"quarantine"> => `qtn_${uuid}` as Id<"quarantine">;

function toQuarantined(row: Selectable<Tables["quarantine"]>): Quarantined {
  return {
    id: idOf(row.id),
    sensorId: `snr_${row.sensor_id}` as SensorId,
    at: row.at,
    reason: row.reason,
    rawRef: row.raw_ref,
    raw: Buffer.from(row.raw).toString("utf8"),
    rawBytes: row.raw_bytes,
  };
}
