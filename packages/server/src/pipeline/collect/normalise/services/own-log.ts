import type { Normalised } from "../../event.ts";
import { normaliseJson } from "../generic-json.ts";
import type { NormaliseOptions } from "../options.ts";
import { looksLikePairs, readPairs } from "./key-values.ts";
import { readServiceJson } from "./read-json.ts";
import { readServiceLine } from "./read-service.ts";
import { looksLikeWindowsXml, readWindowsXml } from "./windows-xml.ts";

type Json = Readonly<Record<string, unknown>>;

/** `web  | `, as Docker Compose writes before each line, and `2026-02-01T10:00:00.0Z stdout F `, as containerd does. */
const WRAPPERS = /^(?:[\w.-]{1,64} {0,32}\| |\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d) std(?:out|err) [FP] )/;

/** What is inside of what a container's log puts around a line; undefined where nothing is around it. */
export function unwrapped(line: string): string | undefined {
  const around = WRAPPERS.exec(line)?.[0];
  return around === undefined ? undefined : line.slice(around.length);
}

/** ISO time, a host and a program with a colon behind it: syslog, whatever service might begin its lines with such a time. */
const SYSLOG = /^\S{19,40} [\w.:-]{1,255} [^\s:[\]=]{1,64}(?:\[\d{1,10}\])?: /;

/** Whether a line that begins with an ISO time can only be one of syslog. */
export function isSyslogForSure(line: string): boolean {
  return line[4] !== "-" || SYSLOG.test(line);
}

/** A line of a service's own log file, whose format is neither JSON nor syslog nor that of access logs; undefined: of none we know. */
export function readOwnLog(line: string, options: NormaliseOptions): Normalised | undefined {
  if (looksLikePairs(line)) return fromObject(readPairs(line), line, options);
  if (looksLikeWindowsXml(line)) return fromObject(readWindowsXml(line), line, options);
  return readServiceLine(line, options);
}

function fromObject(json: Json | undefined, line: string, options: NormaliseOptions): Normalised | undefined {
  if (json === undefined) return undefined;
  const read = readServiceJson(json, line, options) ?? normaliseJson(json, line, options);
  return read.ok ? { ok: true, event: { ...read.event, fieldsInRaw: false } } : read;
}
