import type { Normalised } from "../../event.ts";
import { endpointOf, eventOf, present } from "../draft.ts";
import { isObject, memberOf, numberOf, objectOf, textOf, type Json } from "../json-members.ts";
import type { NormaliseOptions } from "../options.ts";
import { readSyslogLine } from "../syslog-line.ts";
import type { Strokes } from "./strokes.ts";
import { readTiming } from "./timing.ts";
import { isCastLine } from "./unread.ts";

/** Members of a record in which stands what somebody typed or saw. */
const SPELLED = /(?:in|out)_(?:txt|bin)(?![A-Za-z0-9])/;
const SPELLED_NAME = /(?:^|[_.])(?:in|out)_(?:txt|bin)$/i;
/** What every record has (tlog's doc/log.md), beside what was typed or shown. */
const MEMBERS = ["ver", "host", "user", "session", "id", "pos", "timing"] as const;
/** Where log shippers put the record or its line; the journal says MESSAGE, some nest the record itself. */
const WRAPPERS = ["tlog", "MESSAGE", "message", "msg", "log", "short_message"] as const;
const WRAPPED_MAX = 3;
const DEPTH_MAX = 64;
const NAME_CHARS_MAX = 128;
const RECORDS_MAX = 1e9;
const ADDRESSES = ["src_ip", "source.ip", "client_ip", "remote_ip", "remote_addr", "rhost"] as const;

/** A header of syslog (RFC 3164, RFC 5424) whose program is tlog: nothing an attacker writes stands before that name. */
const BY_TLOG =
  /^(?:(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} {1,2}\d{1,2} [\d:.]{5,15}|(?:1 )?\d{4}-\d\d-\d\dT\S{5,40}) \S{1,255} )?tlog[-\w]{0,32}(?:(?:\[\d{1,10}\])?: {0,9}| \S{1,128} \S{1,32} (?:-|\[[^\]]{0,500}\]) )/;
/** As a container's runtime begins each line (CRI). */
const BY_CONTAINER = /^\d{4}-\d\d-\d\dT\S{5,40} (?:stdout|stderr) [FP] /;
/** As tlog begins each record, also within a wrapper that was cut off: nobody but the program writes there first. */
const BEGINS = /^\s{0,9}(?:\{"(?:MESSAGE|message|msg|log|short_message)":")?\{\\?"ver\\?":\\?"\d/;
const UNREAD = "a terminal recording nobody can read; its text is not kept";
const CAST = "a terminal recording by asciinema, whose format is not read; its text is not kept";

/** Whether a refused line may hold what somebody typed at a terminal: such a line is not kept as it came. */
export function spellsTyped(line: string): boolean {
  return SPELLED.test(line) || isCastLine(line);
}

type Found = Readonly<{ record: Json; around: Json }>;

/** @returns undefined where it is no object of JSON */
function objectIn(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Named by whoever wrote the members, which is no attacker: those put their text into values. */
const isRecord = (json: Json): boolean =>
  typeof json["timing"] === "string" &&
  ["id", "pos"].every((name) => Object.hasOwn(json, name)) &&
  (Object.hasOwn(json, "rec") || Object.hasOwn(json, "session")) &&
  !["eventid", "logtype"].some((name) => Object.hasOwn(json, name));

/** Of a text within a wrapper, which may be an attacker's whole: with all that tlog writes. */
const isWhole = (json: Json): boolean => isRecord(json) && MEMBERS.every((name) => Object.hasOwn(json, name));

/** The record of a line or of a wrapper's text; "broken" where tlog wrote something else, or only a part is there. */
function recordIn(text: string): Json | "broken" | undefined {
  const byTlog = BY_TLOG.exec(text)?.[0];
  const rest = text.slice((byTlog ?? BY_CONTAINER.exec(text)?.[0] ?? "").length);
  const json = objectIn(rest);
  if (json !== undefined && (byTlog === undefined || isRecord(json))) return json;
  return byTlog !== undefined || BEGINS.test(rest) ? "broken" : undefined;
}

/** As a shipper sends a line on. A record in it that tlog did not write in full is none. */
function recordWithin(text: string): Json | "broken" | undefined {
  const found = recordIn(text);
  return isObject(found) && isRecord(found) && !isWhole(found) ? undefined : found;
}

/** The record itself, and what a shipper says around it; "broken" where it is cut off. */
function unwrap(line: string): Found | "broken" | undefined {
  let value = recordIn(line);
  let around: Json = {};
  for (let depth = 0; depth < WRAPPED_MAX && isObject(value); depth += 1) {
    if (isRecord(value)) return { record: value, around };
    around = { ...value, ...around };
    const inner: unknown = memberOf(value, WRAPPERS);
    value = typeof inner === "string" ? recordWithin(inner) : isObject(inner) ? inner : undefined;
  }
  return value === "broken" ? value : undefined;
}

/** What somebody typed does not stay because a shipper put it under a name of its own. Deeper than `DEPTH_MAX` nothing is read anyway. */
function masked(value: unknown, depth = 0): unknown {
  if (depth > DEPTH_MAX || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => masked(one, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, SPELLED_NAME.test(name) ? "***" : masked(one, depth + 1)]),
  );
}

/**
 * A line of JSON without what members of these names hold: of recordings that are none by their form. Everything else of it,
 * and what an attacker wrote, is read as before. The same line where it has no such member.
 */
export function withoutTyped(line: string): string {
  if (!SPELLED.test(line) || !line.trimStart().startsWith("{")) return line;
  const json = objectIn(line);
  if (json === undefined) return line;
  const kept = JSON.stringify(masked(json));
  return kept === JSON.stringify(json) ? line : kept;
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

/** By its shipper alone: a record says nothing of where somebody sits, and whoever forges one would. */
function addressOf({ around }: Found): string | undefined {
  return textOf(around, ...ADDRESSES) ?? textOf(objectOf(around, "source") ?? {}, "ip");
}

/**
 * A record of a terminal recorded by tlog, of which only the rhythm of the keys stays. Whoever typed a password typed it
 * into `in_txt`: neither that nor what the terminal showed becomes part of the event, of its id or of its raw line.
 *
 * @returns undefined where the line is none
 */
export function readRecording(line: string, options: NormaliseOptions): Normalised | undefined {
  if (isCastLine(line)) return { ok: false, reason: CAST };
  if (!line.includes("tlog") && !SPELLED.test(line) && !line.includes("timing")) return undefined;
  const found = unwrap(line);
  if (found === undefined) return undefined;
  const head = found === "broken" ? undefined : headOf(found, line, options);
  if (found === "broken" || head === undefined) return { ok: false, reason: UNREAD };
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
