import type { EventRow } from "./intake-store.ts";

/** Older than the newest event of its sensor by more than this is late. */
const LATE_MS = 300_000;
/** A clock may run ahead of ours by this much: its events count as of now. Beyond it lies, and says nothing about time. */
const AHEAD_MS = 300_000;
const HOUR_MS = 3_600_000;

/** `part`: of the batch it came in. */
export type IncomingRow = Readonly<{ row: EventRow; part: number }>;
/** What is stored already: of each sensor its last `seq` and its newest instant, and which of the ids. */
export type Before = Readonly<{
  position: number;
  sensors: ReadonlyMap<string, Readonly<{ seq: number; newest: Date | null }>>;
  ids: ReadonlySet<string>;
}>;

export type PlacedRow = Readonly<{ row: EventRow; position: number; seq: number; late: boolean }>;
/** What became of the rows of one part of a batch. */
export type StoredPart = Readonly<{ part: number; stored: number; late: number; newest: Date | null }>;
export type Placed = Readonly<{
  rows: readonly PlacedRow[];
  parts: readonly StoredPart[];
  /** Events by the beginning of their hour, ms since 1970. */
  hours: ReadonlyMap<number, number>;
}>;

/** A sensor as this batch goes on: `newestMs` is -Infinity while it has none. */
type Sensor = { seq: number; newestMs: number };
type Part = { stored: number; late: number; newestMs: number };

/** Of a sensor that is not there. SQLSTATE 22000: about that row, so that the others of its batch are stored. */
class SensorUncounted extends Error {
  override readonly name = "SensorUncounted";
  readonly code = "22000";
}

const instant = (ms: number): Date | null => (ms === Number.NEGATIVE_INFINITY ? null : new Date(ms));

function sensorOf(known: Map<string, Sensor>, id: string, { sensors }: Before): Sensor {
  const before = sensors.get(id);
  if (before === undefined) throw new SensorUncounted(`sensor ${id} has no counter`);
  const sensor = known.get(id) ?? { seq: before.seq, newestMs: before.newest?.getTime() ?? Number.NEGATIVE_INFINITY };
  known.set(id, sensor);
  return sensor;
}

function count(parts: Map<number, Part>, part: number, one: Readonly<{ late: boolean; atMs: number }>): void {
  const known = parts.get(part) ?? { stored: 0, late: 0, newestMs: Number.NEGATIVE_INFINITY };
  known.stored += 1;
  if (one.late) known.late += 1;
  known.newestMs = Math.max(known.newestMs, one.atMs);
  parts.set(part, known);
}

/** New rows get the next positions, and the next numbers of their sensor; those whose id is known are left out. */
export function placeRows(incoming: readonly IncomingRow[], before: Before, observedAt: Date): Placed {
  const nowMs = observedAt.getTime();
  const sensors = new Map<string, Sensor>();
  const parts = new Map<number, Part>();
  const hours = new Map<number, number>();
  const rows = incoming
    .filter(({ row }) => !before.ids.has(row.id))
    .map(({ row, part }, index) => {
      const sensor = sensorOf(sensors, row.sensor_id, before);
      const timeMs = Date.parse(row.time);
      const late = timeMs < sensor.newestMs - LATE_MS;
      const atMs = timeMs <= nowMs + AHEAD_MS ? Math.min(timeMs, nowMs) : Number.NEGATIVE_INFINITY;
      sensor.newestMs = Math.max(sensor.newestMs, atMs);
      sensor.seq += 1;
      count(parts, part, { late, atMs });
      const hour = Math.floor(timeMs / HOUR_MS) * HOUR_MS;
      hours.set(hour, (hours.get(hour) ?? 0) + 1);
      return { row, position: before.position + 1 + index, seq: sensor.seq, late };
    });
  const counted = [...parts].map(([part, { newestMs, ...rest }]) => ({ part, ...rest, newest: instant(newestMs) }));
  return { rows, parts: counted, hours };
}
