import type { EventId, EventKind, SensorId } from "@tyr/contract";
import { canonicalAddress } from "./address.ts";
import type { EventEndpoint, Logsource, StoredEvent } from "./event.ts";
import type { EventRow } from "./intake-store.ts";
import type { EventTable } from "./tables.ts";

/** What a stage reads of an event, in the order of the stream. `StoredEvent` has more. */
export type StreamEvent = Pick<
  StoredEvent,
  | "id"
  | "position"
  | "time"
  | "observedAt"
  | "sensorId"
  | "kind"
  | "src"
  | "user"
  | "logsource"
  | "fields"
  | "ecs"
  | "raw"
  | "rawRef"
>;

/** JSON columns as text: they are parsed here, so that neither the engine's thread nor the way from it pays for them. */
type StreamRow = Pick<
  EventTable,
  "position" | "id" | "sensor_id" | "kind" | "src_ip" | "src_port" | "user_name" | "raw" | "raw_exact" | "raw_ref"
> &
  Readonly<{ time: Date; observed_at: Date; logsource: string; fields: string | null; ecs: string }>;

type Facts = Readonly<Record<string, unknown>>;

/** There are few log sources: each is parsed once. Bounded, because a sensor's metadata names products. */
const LOGSOURCES_MAX = 256;
const logsources = new Map<string, Logsource>();

function logsourceOf(text: string): Logsource {
  const known = logsources.get(text);
  if (known !== undefined) return known;
  if (logsources.size >= LOGSOURCES_MAX) logsources.clear();
  const parsed = Object.freeze(JSON.parse(text) as Logsource);
  logsources.set(text, parsed);
  return parsed;
}

/** The line as it came, where text columns could not hold it. */
export function rawOf(row: Pick<EventTable, "raw" | "raw_exact">): string {
  return row.raw_exact === null ? row.raw : Buffer.from(row.raw_exact, "base64").toString("utf8");
}

/** PostgreSQL spells some IPv6 addresses its own way (::1.2.3.4). */
export function endpointOf(ip: string | null, port: number | null): EventEndpoint | null {
  return ip === null ? null : { ip: canonicalAddress(ip) ?? ip, port };
}

export function toStreamEvent(row: StreamRow): StreamEvent {
  const raw = rawOf(row);
  return {
    id: `evt_${row.id}` as EventId,
    position: row.position,
    time: row.time,
    observedAt: row.observed_at,
    sensorId: `snr_${row.sensor_id}` as SensorId,
    kind: row.kind as EventKind,
    src: endpointOf(row.src_ip, row.src_port),
    user: row.user_name,
    logsource: logsourceOf(row.logsource),
    fields: JSON.parse(row.fields ?? raw) as Facts,
    ecs: JSON.parse(row.ecs) as Facts,
    raw,
    rawRef: row.raw_ref,
  };
}

/** Rows of one transaction, all of them stored, at the places `first`, `first + 1` … */
type Stored = Readonly<{ first: number; rows: readonly EventRow[]; observedAt: Date }>;

/** Kept for readers that are close behind; one that is not reads the table. */
const ROWS_MAX = 10_000;
const CHARS_MAX = 16 * 1024 * 1024;

const charsOf = ({ rows }: Stored): number =>
  rows.reduce((sum, { raw, fields, ecs }) => sum + raw.length + (fields?.length ?? 0) + ecs.length, 0);

function parsed({ first, rows, observedAt }: Stored): readonly StreamEvent[] {
  return rows.map((row, index) =>
    toStreamEvent({ ...row, position: first + index, time: new Date(row.time), observed_at: observedAt }),
  );
}

/** `events` are parsed when the first reader asks for them, once for all readers. */
type Kept = Stored & { chars: number; events: readonly StreamEvent[] | undefined };

/**
 * The newest stored events, for the few readers that follow them: what this process has just written it need not read
 * back. Never the truth: whatever is not here, or no longer, is in the table.
 */
export class EventTail {
  #kept: Kept[] = [];
  #next: number | undefined;
  /** What each reader has passed. */
  readonly #passed = new Map<string, number>();

  /** Call after the commit. */
  add(stored: Stored): void {
    // Another process, or a batch with duplicates, has the places between: what is older is left to the table.
    if (stored.first !== this.#next) this.#kept = [];
    this.#kept.push({ ...stored, chars: charsOf(stored), events: undefined });
    this.#next = stored.first + stored.rows.length;
    while (this.#isOver()) this.#kept.shift();
  }

  /** Forgets what every reader has passed. @returns undefined when the next event is not here */
  after(position: number, limit: number, reader = ""): readonly StreamEvent[] | undefined {
    this.#passed.set(reader, position);
    const passed = Math.min(...this.#passed.values());
    this.#kept = this.#kept.filter(({ first, rows }) => first + rows.length > passed + 1);
    const next = this.#kept.findIndex(({ first, rows }) => first + rows.length > position + 1);
    const oldest = this.#kept[next];
    if (oldest === undefined || oldest.first > position + 1) return undefined;
    const events: StreamEvent[] = [];
    for (const kept of this.#kept.slice(next)) {
      if (events.length >= limit) break;
      kept.events ??= parsed(kept);
      const from = Math.max(0, position + 1 - kept.first);
      events.push(...kept.events.slice(from, from + limit - events.length));
    }
    return events;
  }

  #isOver(): boolean {
    const rows = this.#kept.reduce((sum, one) => sum + one.rows.length, 0);
    const chars = this.#kept.reduce((sum, one) => sum + one.chars, 0);
    return rows > ROWS_MAX || chars > CHARS_MAX;
  }
}
