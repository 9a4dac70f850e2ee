import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Actor } from "@tyr/contract";
import type { Origin } from "#platform/database";
import { derivedTimeId, newId } from "#platform/ids";
import type { NormalisedEvent } from "./event.ts";
import type { EventRow, QuarantineRow } from "./intake-store.ts";
import {
  holdsTtyHeader,
  LINE_CHARS_MAX,
  normalise,
  spellsTyped,
  withoutTyped,
  type NormaliseOptions,
} from "./normalise/index.ts";
import type { Sensor } from "./sensor-store.ts";
import type { Item } from "./split-body.ts";
import { uuidOf } from "./tables.ts";

/** How the lines of one sender become rows. */
export type Reading = Readonly<{
  sensor: Sensor;
  actor: Actor;
  /** By what it was sent; undefined: the server reads it itself. */
  client?: Origin["client"];
  options: Omit<NormaliseOptions, "now" | "sensorKind" | "product">;
  /** What makes a line that line when it is sent again; undefined: every line is new. */
  identity: string | undefined;
  ref: string | undefined;
  firstLine: number;
}>;

/** Bytes of an unreadable line that are kept; the row says how many there were. */
const QUARANTINE_BYTES_MAX = 65_536;
const WITHHELD = "(withheld: text of a terminal recording)";
const NUL = "\u0000";

/** Text columns hold neither NUL nor lone surrogates: made visible as ␀ and U+FFFD. */
function storable(text: string): string {
  return text.includes(NUL) ? text.replaceAll(NUL, "\u2400").toWellFormed() : text.toWellFormed();
}

function storableOrNull(text: string | null): string | null {
  return text === null ? null : storable(text);
}

/** Base64 of what `raw` cannot hold as it came. */
function exactOf(item: Item): string | null {
  if (item.exact !== undefined) return Buffer.from(item.exact).toString("base64");
  return item.text.includes(NUL) ? Buffer.from(item.text).toString("base64") : null;
}

function rawRefOf({ ref, firstLine }: Reading, item: Item): string | null {
  return ref === undefined ? null : storable(`${ref}:${firstLine + item.place}`);
}

function idOf(event: NormalisedEvent, item: Item, reading: Reading): string {
  const { sensor, identity } = reading;
  const timeMs = event.time.getTime();
  if (event.sourceId !== undefined) return uuidOf(derivedTimeId("event", timeMs, `${sensor.id}|id|${event.sourceId}`));
  if (identity === undefined) return uuidOf(newId("event", event.time));
  // The text is part of it: other content under the same name is another event, never a silent duplicate.
  return uuidOf(derivedTimeId("event", timeMs, `${sensor.id}|${identity}|${item.place}|${item.text}`));
}

/** Where a row comes from, and what is known of its bytes. */
type Place = Readonly<{
  id: string;
  sensor: Pick<Sensor, "id" | "name">;
  rawRef: string | null;
  exact: string | null;
  /** More aliases. */
  ecs: Readonly<Record<string, unknown>>;
}>;

/** An event as the row that will hold it. */
export function rowAt(event: NormalisedEvent, { id, sensor, rawRef, exact, ecs }: Place): EventRow {
  return {
    id,
    time: event.time.toISOString(),
    sensor_id: uuidOf(sensor.id),
    kind: event.kind,
    session: storableOrNull(event.session),
    src_ip: event.src?.ip ?? null,
    src_port: event.src?.port ?? null,
    dst_ip: event.dst?.ip ?? null,
    dst_port: event.dst?.port ?? null,
    transport: storableOrNull(event.transport),
    user_name: storableOrNull(event.user),
    action: storable(event.action),
    outcome: event.outcome,
    severity: event.severity,
    logsource: JSON.stringify(event.logsource),
    fields: event.fieldsInRaw ? null : JSON.stringify(event.fields),
    ecs: JSON.stringify({ ...event.ecs, ...ecs, "sensor.id": sensor.id, "sensor.name": sensor.name }),
    raw: storable(event.raw),
    raw_exact: exact,
    raw_ref: rawRef,
  };
}

function rowOf(event: NormalisedEvent, item: Item, reading: Reading): EventRow {
  return rowAt(event, {
    id: idOf(event, item, reading),
    sensor: reading.sensor,
    rawRef: rawRefOf(reading, item),
    exact: event.isReduced || withoutTyped(item.text) !== item.text ? null : exactOf(item),
    ecs: item.exact === undefined ? {} : { "tyr.invalid_utf8": true },
  });
}

function quarantined(item: Item, reading: Reading, { reason, now }: { reason: string; now: Date }): QuarantineRow {
  const bytes = item.exact ?? Buffer.from(item.text);
  // A recording of a terminal, cut off or broken: what somebody typed is not kept, not even to show why it was refused.
  const shown = spellsTyped(item.text) || holdsTtyHeader(item.text) ? Buffer.from(WITHHELD) : bytes;
  return {
    id: uuidOf(newId("quarantine", now)),
    sensor_id: uuidOf(reading.sensor.id),
    reason: storable(reason),
    raw_ref: rawRefOf(reading, item),
    raw: Buffer.from(shown.subarray(0, QUARANTINE_BYTES_MAX)).toString("hex"),
    raw_bytes: bytes.length,
  };
}

export type Prepared = Readonly<{ row: EventRow }> | Readonly<{ rejected: QuarantineRow }>;

/** One item as the row that will hold it. Never throws. */
export function prepare(item: Item, reading: Reading, now: Date): Prepared {
  const { kind, metadata } = reading.sensor;
  const product = typeof metadata["product"] === "string" ? metadata["product"] : undefined;
  const tooLong = item.text.length > LINE_CHARS_MAX;
  const normalised = tooLong
    ? ({ ok: false, reason: `longer than ${LINE_CHARS_MAX} characters (${item.text.length})` } as const)
    : normalise(item.text, { ...reading.options, now, sensorKind: kind, product });
  if (!normalised.ok) return { rejected: quarantined(item, reading, { reason: normalised.reason, now }) };
  return { row: rowOf(normalised.event, item, reading) };
}

/** An event the database will not take, as what it is: input that could not be stored. */
export function refusedRow(row: EventRow, reason: string, now: Date): QuarantineRow {
  const bytes = row.raw_exact === null ? Buffer.from(row.raw) : Buffer.from(row.raw_exact, "base64");
  return {
    id: uuidOf(newId("quarantine", now)),
    sensor_id: row.sensor_id,
    reason: storable(reason),
    raw_ref: row.raw_ref,
    raw: bytes.subarray(0, QUARANTINE_BYTES_MAX).toString("hex"),
    raw_bytes: bytes.length,
  };
}

export function digestOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(typeof part === "string" ? `${part}\n` : part);
  return hash.digest("hex");
}
