import { canonicalBytes, assertEntrySize, LedgerError } from "@tyr/ledger";
import type { AuditEntry } from "@tyr/contract";
import type { AuditRecord } from "#platform/database";
import { AuditFactRefused } from "./errors.ts";
import type { LoggedRecord } from "./personal/split-record.ts";

/**
 * The bytes of an entry: canonical JSON (RFC 8785) without fractions. They are stored and hashed, never made again.
 *
 * @throws {AuditFactRefused} `AUDIT_FACT_REFUSED` beyond 16 KiB or outside of I-JSON; nothing is cut silently
 */
export function encodeEntry(record: AuditRecord): Uint8Array {
  try {
    const bytes = canonicalBytes(record, { numbers: "safe-integer" });
    assertEntrySize(bytes);
    return bytes;
  } catch (cause) {
    if (!(cause instanceof LedgerError)) throw cause;
    throw new AuditFactRefused(`the fact ${record.type} cannot be logged: ${cause.message}`, { cause });
  }
}

/**
 * The bytes of an entry of format 2, whose personal values stand behind commitments.
 *
 * @throws {LedgerError} beyond 16 KiB or outside of I-JSON
 */
export function encodeLogged(logged: LoggedRecord): Uint8Array {
  const bytes = canonicalBytes(logged, { numbers: "safe-integer" });
  assertEntrySize(bytes);
  return bytes;
}

/** What the list can be filtered by. */
export type EntryColumns = Readonly<{
  id: string;
  at: string;
  type: string;
  actor_id: string;
  object_id: string;
  outcome: string;
  request_id: string | null;
}>;

type StoredRecord = AuditRecord & Pick<LoggedRecord, "personal">;

function parse(bytes: Uint8Array): StoredRecord | undefined {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString("utf8")) as StoredRecord | null;
    return value ?? undefined;
  } catch {
    return undefined;
  }
}

/** A time the engine reads as the same: its years are not all of JavaScript's. */
function isInstant(text: unknown): boolean {
  if (typeof text !== "string" || !/^[1-9]\d{3}-/.test(text)) return false;
  const timeMs = Date.parse(text);
  return !Number.isNaN(timeMs) && new Date(timeMs).toISOString() === text;
}

/** No text of the engine holds a zero character or half a surrogate pair: in a column they are replaced. */
function storable(text: string): string {
  return /[\0\p{Cs}]/u.test(text) ? text.toWellFormed().replaceAll("\0", "\ufffd") : text;
}

type Texts = readonly [string, string, string, string, string, string];

function areTexts(values: readonly unknown[]): values is Texts {
  return values.every((value) => typeof value === "string");
}

/** Undefined when the bytes are not an entry of ours: only possible when somebody wrote to the database beside us. */
export function columnsOf(bytes: Uint8Array): EntryColumns | undefined {
  const record = parse(bytes);
  if (record === undefined || !isInstant(record.at)) return undefined;
  const { at, actor, object, requestId } = record;
  const values: readonly unknown[] = [record.id, record.type, actor?.id, object?.id, record.outcome, requestId ?? ""];
  if (!areTexts(values)) return undefined;
  const [id, type, actor_id, object_id, outcome, request_id] = values;
  return {
    id: storable(id),
    at,
    type: storable(type),
    actor_id: storable(actor_id),
    object_id: storable(object_id),
    outcome: storable(outcome),
    request_id: requestId === null ? null : storable(request_id),
  };
}

type Place = Readonly<{ id: string; index: number | null; leafHash: Uint8Array | null }>;

/** Puts a value where its path says. */
export function placeField<E extends AuditEntry>(entry: E, field: string, value: unknown): E {
  if (field === "actor.name") return { ...entry, actor: { ...entry.actor, name: String(value) } };
  if (field === "origin.address")
    return { ...entry, origin: { client: entry.origin?.client ?? "system", address: String(value) } };
  if (field === "before" || field === "after") return { ...entry, [field]: String(value) };
  return { ...entry, details: { ...entry.details, [field.replace(/^details\./, "")]: value } };
}

const WITHHELD = "(withheld)";

/** The entry without its personal values: those who may read them have them put in their places (`reveal`). */
function withheld(entry: AuditEntry, personal: LoggedRecord["personal"]): AuditEntry {
  if (personal === undefined) return entry;
  const fields = Object.entries(personal);
  const shown = fields.reduce((so, [field]) => placeField(so, field, WITHHELD), entry);
  return {
    ...shown,
    personal: fields.map(([field, commitment]) => ({ field, commitment, state: "withheld" as const })),
  };
}

/** The entry as people see it, read from the hashed bytes and from nothing else. */
export function entryView(bytes: Uint8Array, { id, index, leafHash }: Place): AuditEntry {
  const place = { index, leafHash: leafHash === null ? null : Buffer.from(leafHash).toString("base64") };
  const record = columnsOf(bytes) === undefined ? undefined : parse(bytes);
  if (record === undefined) return { ...unreadable(id), ...place };
  const { at, type, actor, object, outcome, before, after, requestId, origin, details, personal } = record;
  const entry: AuditEntry = {
    id: record.id as AuditEntry["id"],
    at,
    type,
    actor,
    object,
    outcome,
    before,
    after,
    requestId,
    // Versions before this kept none.
    origin: origin ?? null,
    details,
    ...place,
  };
  return withheld(entry, personal);
}

function unreadable(id: string): Omit<AuditEntry, "index" | "leafHash"> {
  return {
    id: id as AuditEntry["id"],
    at: new Date(0).toISOString(),
    type: "unreadable",
    actor: { kind: "system", id: "unknown", name: "unknown" },
    object: { kind: "unknown", id: "unknown" },
    outcome: "failure",
    before: null,
    after: null,
    requestId: null,
    origin: null,
    details: { reason: "the stored bytes are not an entry" },
  };
}
