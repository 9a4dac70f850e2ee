import type { Normalised } from "../../event.ts";
import { endpointOf, eventOf, present } from "../draft.ts";
import { isObject, memberOf, numberOf, objectOf, textOf, type Json } from "../json-members.ts";
import type { NormaliseOptions } from "../options.ts";
import { readSyslogLine } from "../syslog-line.ts";
import type { Strokes } from "./strokes.ts";
import { readTiming } from "./timing.ts";
import { isCastLine } from "./unread.ts";

/** Members of a record in which stands what somebody typed or saw. */
const SPELLED = /\b(?:in|out)_(?:txt|bin)\\{0,8}"/;
/** Where log shippers put the text of a line; the journal says MESSAGE, some nest the record itself. */
const WRAPPERS = ["MESSAGE", "message", "msg", "log", "short_message", "tlog"] as const;
const WRAPPED_MAX = 3;
const NAME_CHARS_MAX = 128;
const RECORDS_MAX = 1e9;
const ADDRESSES = ["src_ip", "source.ip", "client_ip", "remote_ip", "remote_addr", "rhost"] as const;

/**
 * What may stand before a record: nothing, or a header of syslog or of a container's log. What else has a quote or a colon
 * with a space before it is the text of somebody else, and a command or a user name that looks like a record is none.
 */
const BEFORE = /^(?:(?!: )[^"{]){0,300}(?:\btlog[-\w]{0,32}(?:\[\d{1,10}\])?: {0,9})?$/;
const UNREAD = "a terminal recording nobody can read; its text is not kept";
const CAST = "a terminal recording by asciinema, whose format is not read; its text is not kept";

/** Whether a line may hold what somebody typed at a terminal: such a line is never kept as it came. */
export function spellsTyped(line: string): boolean {
  return SPELLED.test(line) || isCastLine(line);
}

type Found = Readonly<{ record: Json; around: Json }>;

/** @returns undefined where it begins as no record may, "broken" where it does and is none */
function parsed(text: string): unknown {
  const at = text.indexOf("{");
  if (at < 0 || !BEFORE.test(text.slice(0, at))) return undefined;
  try {
    return JSON.parse(text.slice(at));
  } catch {
    return SPELLED.test(text) ? "broken" : undefined;
  }
}

/** The record itself, and what a shipper says around it; "broken" where it is cut off. */
function unwrap(line: string): Found | "broken" | undefined {
  let value = parsed(line);
  let around: Json = {};
  for (let depth = 0; depth < WRAPPED_MAX && isObject(value); depth += 1) {
    if (typeof value["timing"] === "string") return { record: value, around };
    around = { ...value, ...around };
    const inner: unknown = memberOf(value, WRAPPERS);
    value = typeof inner === "string" ? parsed(inner) : inner;
  }
  return value === "broken" ? value : undefined;
}

function whole(json: Json, name: string): number | undefined {
  const value = json[name];
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

type Head = Readonly<{ recording: string; record: number; position: number; time: Date | undefined }>;

function headOf({ record: json }: Found, line: string, options: NormaliseOptions): Head | undefined {
  const recording = textOf(json, "rec") ?? whole(json, "session")?.toFixed(0);
  const [record, position] = [whole(json, "id"), whole(json, "pos")];
  if (recording === undefined || record === undefined || record > RECORDS_MAX || position === undefined)
    return undefined;
  return {
    recording: recording.slice(0, NAME_CHARS_MAX).toWellFormed(),
    record,
    position,
    time: timeOf(json, line, options),
  };
}

/** Seconds since the epoch in the record itself; before version 2.2 there is none, then that of syslog. */
function timeOf(json: Json, line: string, options: NormaliseOptions): Date | undefined {
  const seconds = numberOf(json, "time");
  const time = seconds === undefined ? undefined : new Date(Math.round(seconds * 1_000));
  if (time !== undefined && !Number.isNaN(time.getTime())) return time;
  return options.time ?? (line.startsWith("{") ? undefined : readSyslogLine(line, options)?.time);
}

function addressOf({ record, around }: Found): string | undefined {
  for (const json of [record, around]) {
    const flat = textOf(json, ...ADDRESSES);
    const nested = flat ?? textOf(objectOf(json, "source") ?? {}, "ip");
    if (nested !== undefined) return nested;
  }
  return undefined;
}

/**
 * A record of a terminal recorded by tlog, of which only the rhythm of the keys stays. Whoever typed a password typed it
 * into `in_txt`: neither that nor what the terminal showed becomes part of the event, of its id or of its raw line.
 *
 * @returns undefined where the line is none
 */
export function readRecording(line: string, options: NormaliseOptions): Normalised | undefined {
  if (isCastLine(line)) return { ok: false, reason: CAST };
  if (!line.includes("timing")) return undefined;
  const found = unwrap(line);
  if (found === "broken") return { ok: false, reason: UNREAD };
  const head = found && headOf(found, line, options);
  if (found === undefined || head === undefined)
    return found && spellsTyped(line) ? { ok: false, reason: UNREAD } : undefined;
  const strokes = readTiming(String(found.record["timing"]), head.position);
  if (strokes === undefined)
    return { ok: false, reason: "a terminal recording whose `timing` is not written as tlog does" };
  return { ok: true, event: { ...eventWith(found, { head, strokes, now: options.now }), isReduced: true } };
}

type Read = Readonly<{ head: Head; strokes: Strokes; now: Date }>;

function countsOf({ head, strokes }: Read, isClosed: boolean) {
  return {
    "terminal.recording": head.recording,
    "terminal.record": head.record,
    "terminal.position_ms": head.position,
    "terminal.keys": strokes.keys,
    "terminal.pasted_chars": strokes.pasted,
    "terminal.bursts": strokes.bursts,
    "terminal.closed": isClosed ? true : undefined,
  };
}

const nameOf = (json: Json, member: string): string | undefined =>
  textOf(json, member)?.slice(0, NAME_CHARS_MAX).toWellFormed();

function eventWith(found: Found, read: Read) {
  const { record: json } = found;
  const { head, strokes, now } = read;
  const [host, user, named] = [nameOf(json, "host"), nameOf(json, "user"), nameOf(json, "session")];
  const counts = countsOf(read, json["closed"] === true);
  const fields = present({
    host,
    user,
    session: named ?? whole(json, "session"),
    time: head.time?.toISOString(),
    ...counts,
    "terminal.first_ms": strokes.firstMs ?? undefined,
    "terminal.last_ms": strokes.lastMs ?? undefined,
    "terminal.sum_ms": strokes.sumMs,
    "terminal.intervals": strokes.intervals,
  });
  return eventOf({
    time: head.time ?? now,
    timeOrigin: head.time === undefined ? "observed" : "source",
    kind: "log",
    action: "terminal.input",
    src: endpointOf(addressOf(found)),
    session: named ?? head.recording,
    user,
    logsource: { product: "linux", category: "terminal", service: "tlog" },
    fields,
    fieldsInRaw: true,
    raw: JSON.stringify(fields),
    sourceId: JSON.stringify(["terminal", host ?? "", head.recording, head.record]),
    ecs: { "host.name": host, ...counts },
  });
}
