import type { Actor, EventId, EventKind, SensorId, Severity } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { uuidV5 } from "#platform/ids";
import type { NormalisedEvent, Outcome } from "./event.ts";
import { countUp, writeEvents, type EventRow } from "./intake-store.ts";
import { endpointOf, eventOf } from "./normalise/draft.ts";
import { rowAt } from "./prepare.ts";
import { uuidOf } from "./tables.ts";

/** Under this sensor what Tyr derived itself enters the stream: nobody can feed, rotate or end it (migration 0095). */
export const DERIVED_SENSOR = { id: "snr_d5c17b0e-9a52-5f63-8b1d-2f6c2a7e4b10" as SensorId, name: "derived" } as const;

/** Whether Tyr derived an event itself. What derives must leave those alone, or it would feed on its own output. */
export function isDerived(event: Readonly<{ sensorId: SensorId }>): boolean {
  return event.sensorId === DERIVED_SENSOR.id;
}

/** Values that fields of derived events hold. */
type Derived = string | number | boolean | readonly string[] | null | undefined;

/** What Tyr found out from events it has, to be an event itself: rules match it like any other. */
export type DerivedEvent = Readonly<{
  kind: EventKind;
  /** Dotted name of what it says: `session.ended`, `credential.reused` … */
  action: string;
  /** What rules route by, with the product `tyr`: `session_behaviour`, `credential` … */
  category: string;
  service?: string | undefined;
  /** What makes it that event, besides its kind and action: the same again is stored once. */
  identity: readonly string[];
  /** Event time of what completed it: never a clock of ours. */
  time: Date;
  src?: string | null | undefined;
  session?: string | null | undefined;
  user?: string | null | undefined;
  outcome?: Outcome;
  severity?: Severity;
  /** Flat, dotted names (docs/reference/fields.md). Never a secret. Long texts and lists are cut, undefined left out. */
  fields: Readonly<Record<string, Derived>>;
  /** The events it is derived from, newest last; the last 100 are kept, as the field `derived.from`. */
  from: readonly EventId[];
}>;

const TEXT_CHARS_MAX = 1_024;
const LIST_MAX = 100;

const cut = (text: string): string => text.slice(0, TEXT_CHARS_MAX).toWellFormed();

/** Bounded, whatever an attacker put into names and lists: a row must fit what reads it. */
function bounded(fields: DerivedEvent["fields"]): Readonly<Record<string, Exclude<Derived, undefined>>> {
  const kept: Record<string, Exclude<Derived, undefined>> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (typeof value === "string") kept[name] = cut(value);
    else kept[name] = typeof value === "object" && value !== null ? value.slice(0, LIST_MAX).map(cut) : value;
  }
  return kept;
}

function normalised(event: DerivedEvent): NormalisedEvent {
  const fields = { ...bounded(event.fields), "derived.from": event.from.slice(-LIST_MAX) };
  return eventOf({
    time: event.time,
    kind: event.kind,
    action: event.action,
    outcome: event.outcome ?? "unknown",
    severity: event.severity ?? "info",
    src: endpointOf(event.src),
    session: event.session ?? undefined,
    user: event.user ?? undefined,
    logsource: { product: "tyr", category: event.category, ...(event.service ? { service: event.service } : {}) },
    fields,
    fieldsInRaw: true,
    raw: JSON.stringify(fields),
  });
}

/** UUIDv5 over kind, action and identity: whoever derives the same again, derives this id. */
export function derivedEventId({
  kind,
  action,
  identity,
}: Pick<DerivedEvent, "kind" | "action" | "identity">): EventId {
  return `evt_${uuidV5(["derived", kind, action, ...identity])}` as EventId;
}

type AsRead = Pick<NormalisedEvent, "kind" | "logsource" | "fields" | "ecs" | "raw" | "src" | "user" | "time">;

/** A derived event as rules will read it, before it is stored: for trying rules on raw lines. */
export function asRead(event: DerivedEvent): AsRead {
  const { kind, logsource, fields, ecs, raw, src, user, time } = normalised(event);
  return { kind, logsource, fields, ecs: { ...ecs, "sensor.name": DERIVED_SENSOR.name }, raw, src, user, time };
}

/** What was stored of derived events, to be told of once it is on disk. */
export type StoredDerived = Readonly<{
  first: number;
  stored: number;
  /** SHA-256 over the stored ids, hexadecimal. */
  digest: string;
  received: number;
  late: number;
  observedAt: Date;
  rows: readonly EventRow[];
}>;

/**
 * Stores derived events at the end of the stream, in the transaction that moves the cursor of whoever derived them.
 * Those that are there already are left alone. Counted at the built-in sensor: received = stored + duplicate.
 * Afterwards: `derivedFacts` belong to the transaction, `Collect.announce` to the time after its commit.
 */
export async function storeDerived(
  tx: WriteTransaction,
  events: readonly DerivedEvent[],
  observedAt: Date,
): Promise<StoredDerived> {
  const unique = new Map(events.map((event) => [derivedEventId(event), event]));
  const rows = [...unique].map(([id, event]) =>
    rowAt(normalised(event), { id: uuidOf(id), sensor: DERIVED_SENSOR, rawRef: null, exact: null, ecs: {} }),
  );
  const nothing = { first: 0, stored: 0, digest: "", received: events.length, late: 0, observedAt, rows };
  if (rows.length === 0) return nothing;
  const placed = rows.map((row) => ({ row, part: 0 }));
  const { first, stored, digest, parts } = await writeEvents(tx, placed, observedAt);
  const late = parts[0]?.late ?? 0;
  const tally = { received: events.length, stored, duplicate: events.length - stored, rejected: 0, late };
  const counted = { sensor_id: uuidOf(DERIVED_SENSOR.id), ...tally, newest: parts[0]?.newest ?? null };
  await countUp(tx, [counted], observedAt);
  return { ...nothing, first, stored, digest, late };
}

/** The audit fact of a batch of derived events; none when nothing new was stored. */
export function derivedFacts(actor: Actor, { first, stored, digest, received, late }: StoredDerived): readonly Fact[] {
  if (stored === 0) return [];
  const sensors = [{ ...DERIVED_SENSOR, received, stored, duplicate: received - stored, late }];
  const place = { firstPosition: first, lastPosition: first + stored - 1, idsSha256: digest };
  return [
    {
      type: "event.stored",
      actor,
      object: { kind: "stream", id: "event" },
      after: `${stored} stored`,
      details: { stored, ...place, sensors, unnamed: 0 },
    },
  ];
}
