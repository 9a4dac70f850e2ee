import type { LogFormat } from "@tyr/contract";
import type { Normalised } from "../event.ts";
import { normaliseAccess } from "./access-log.ts";
import { normaliseCowrie } from "./cowrie.ts";
import { readEximMessage } from "./exim-message.ts";
import { normaliseJson } from "./generic-json.ts";
import type { NormaliseOptions } from "./options.ts";
import { isSyslogForSure, readOwnLog, unwrapped } from "./services/own-log.ts";
import { readServiceJson } from "./services/read-json.ts";
import { readPlainLine } from "./services/read-service.ts";
import { normaliseSyslog } from "./syslog.ts";
import { normaliseTelemetry } from "./telemetry.ts";
import { readRecording, withoutTyped } from "./terminal/recording.ts";

export { spellsTyped, withoutTyped } from "./terminal/recording.ts";
export { holdsTtyHeader, unreadRecording } from "./terminal/unread.ts";
export type { NormaliseOptions } from "./options.ts";

/** Longest line that is read, UTF-16 units; longer ones go into quarantine. */
export const LINE_CHARS_MAX = 65_536;
/** Deeper JSON would exhaust the stack of whoever reads it next: the database, a browser. */
const DEPTH_MAX = 64;

type Json = Readonly<Record<string, unknown>>;
type KnownFormat = Exclude<LogFormat, "auto">;

/** ` [17/May/2015:` and a quote after it: what no syslog line starts with. */
const ACCESS_TIME = / \[\d\d\/[A-Z][a-z]{2}\/\d{4}:/;

/** What a line looks like; undefined when it is no JSON and has no time anybody writes. */
export function detectFormat(line: string): KnownFormat | undefined {
  if (/^\s*\{/.test(line)) return "json";
  if (/^(?:<\d{1,3}>|[A-Z][a-z]{2} [ \d]\d \d\d:|\d{4}-\d\d-\d\dT)/.test(line)) return "sshd";
  return ACCESS_TIME.test(line) ? "access" : undefined;
}

function tooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => tooDeep(inner, depth - 1));
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(line: string): Readonly<{ ok: true; json: Json }> | Readonly<{ ok: false; reason: string }> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { ok: false, reason: `not JSON: ${error instanceof Error ? error.message.slice(0, 120) : "unreadable"}` };
  }
  if (!isJson(value)) return { ok: false, reason: "JSON, but not an object" };
  if (tooDeep(value, DEPTH_MAX)) return { ok: false, reason: `JSON nested deeper than ${DEPTH_MAX} levels` };
  return { ok: true, json: value };
}

function normaliseObject(line: string, format: "cowrie" | "json" | "auto", options: NormaliseOptions): Normalised {
  const parsed = parse(line);
  if (!parsed.ok) return parsed;
  const { json } = parsed;
  const id = json["eventid"];
  const isCowrie = format === "cowrie" || (format === "auto" && typeof id === "string" && id.startsWith("cowrie."));
  if (isCowrie) return normaliseCowrie(json, line);
  return (
    normaliseTelemetry(json, line, options) ??
    readServiceJson(json, line, options) ??
    normaliseJson(json, line, options)
  );
}

/**
 * Makes one line of a source into an event. Pure; never throws, whatever the line is.
 *
 * @param line without its line feed; a JSON event may hold line feeds of its own
 * @returns the event, or why nobody can read the line
 */
export function normalise(given: string, options: NormaliseOptions): Normalised {
  const line = given.length > LINE_CHARS_MAX ? given : withoutTyped(given);
  if (line.length > LINE_CHARS_MAX) return { ok: false, reason: `longer than ${LINE_CHARS_MAX} characters` };
  // Before all others, whatever the format: another reader would keep what somebody typed.
  const recording = readRecording(given, options);
  if (recording !== undefined) return recording;
  const { format } = options;
  if (format === "auto") return normaliseAny(line, options);
  if (format === "access") return normaliseAccess(line, options);
  return format === "sshd" ? normaliseSyslog(line, options) : normaliseObject(line, format, options);
}

/** @param depth how many wrappers of container logs may still be taken off */
function normaliseAny(line: string, options: NormaliseOptions, depth = 1): Normalised {
  const looksLike = detectFormat(line);
  if (looksLike === "json") return normaliseObject(line, "auto", options);
  if (looksLike === "access") return normaliseAccess(line, options);
  if (looksLike === "sshd" && isSyslogForSure(line)) return normaliseSyslog(line, options);
  const inside = depth === 0 ? undefined : unwrapped(line);
  if (inside !== undefined) return normaliseAny(inside, options, depth - 1);
  return readEximMessage(line) ?? readOwnLog(line, options) ?? normaliseTimed(line, options);
}

/** A line of nobody we know, that may be syslog of an odd sender and may have a time. */
function normaliseTimed(line: string, options: NormaliseOptions): Normalised {
  const syslog = normaliseSyslog(line, options);
  if (syslog.ok) return syslog;
  const reason = "no known format: neither JSON, syslog, an access log nor a line that begins with a time";
  return readPlainLine(line, options) ?? { ok: false, reason };
}
