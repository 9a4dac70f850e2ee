import type { NormaliseOptions } from "./options.ts";
import { isoInstant, syslogInstant, type SyslogTime } from "./instants.ts";

/** A syslog line taken apart; what the message means is the program's business. */
export type SyslogLine = Readonly<{
  time: Date;
  assumedYear: boolean;
  host: string;
  program: string;
  pid: number | undefined;
  message: string;
  /** 0 to 23 (RFC 5424, section 6.2.1), where the line begins with its priority. */
  facility: number | undefined;
  /** How often the message stands for itself ("message repeated N times"); 1 by default. */
  count: number;
}>;

const BSD = /^(?:<\d{1,3}>)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (\S+) (.*)$/s;
const ISO = /^(?:<\d{1,3}>)?(\d{4}-\d\d-\d\dT\S{8,30}) (\S+) (.*)$/s;
/** RFC 5424 up to the structured data. */
const FRAME = /^<\d{1,3}>1 (\S+) (\S+) (\S+) (\S+) (\S+) (.*)$/s;
const TAG = /^([^\s:[\]]{1,64})(?:\[(\d{1,10})\])?: ?(.*)$/s;
const REPEATED = /^message repeated (\d{1,6}) times: \[ ?(.*)\]$/s;
const REPEATED_MAX = 100_000;

/** Text after the structured data of RFC 5424: `-` or `[id name="…\"…"]…`, then a blank and the message. */
function afterStructuredData(text: string): string | undefined {
  if (text.startsWith("-")) return text.slice(1).trimStart();
  let at = 0;
  while (text[at] === "[") {
    const end = endOfElement(text, at);
    if (end === undefined) return undefined;
    at = end;
  }
  return at === 0 ? undefined : text.slice(at).trimStart();
}

function endOfElement(text: string, from: number): number | undefined {
  let quoted = false;
  for (let at = from; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === "\\") at += 1;
    else if (sign === '"') quoted = !quoted;
    else if (sign === "]" && !quoted) return at + 1;
  }
  return undefined;
}

type Head = Omit<SyslogLine, "count" | "facility">;

const PRIORITY_MAX = 191;

function facilityOf(line: string): number | undefined {
  const priority = Number(/^<(\d{1,3})>/.exec(line)?.[1] ?? Number.NaN);
  return priority <= PRIORITY_MAX ? priority >> 3 : undefined;
}

function readFrame(line: string): Head | undefined {
  const found = FRAME.exec(line);
  if (found === null) return undefined;
  const [, at = "", host = "", program = "", pid = "", , rest = ""] = found;
  const time = isoInstant(at);
  const message = afterStructuredData(rest);
  if (time === undefined || message === undefined) return undefined;
  // RFC 5424 section 6.4: the message may start with a byte order mark.
  const text = message.startsWith("\uFEFF") ? message.slice(1) : message;
  return {
    time,
    assumedYear: false,
    host,
    program,
    pid: /^\d{1,10}$/.test(pid) ? Number(pid) : undefined,
    message: text,
  };
}

function whenOf(line: string, options: NormaliseOptions): (SyslogTime & { host: string; rest: string }) | undefined {
  const bsd = BSD.exec(line);
  if (bsd !== null) {
    const [, at = "", host = "", rest = ""] = bsd;
    const when = syslogInstant(at, options.now, options.year);
    return when === undefined ? undefined : { ...when, host, rest };
  }
  const [, at = "", host = "", rest = ""] = ISO.exec(line) ?? [];
  const time = isoInstant(at);
  return time === undefined ? undefined : { time, assumedYear: false, host, rest };
}

function readClassic(line: string, options: NormaliseOptions): Head | undefined {
  const when = whenOf(line, options);
  if (when === undefined) return undefined;
  const { time, assumedYear, host, rest } = when;
  const [, program = "unknown", pid, message = rest] = TAG.exec(rest) ?? [];
  return { time, assumedYear, host, program, pid: pid === undefined ? undefined : Number(pid), message };
}

/** Reads RFC 3164 (BSD), RFC 5424 and rsyslog's ISO form; undefined when the line is none of them. */
export function readSyslogLine(line: string, options: NormaliseOptions): SyslogLine | undefined {
  const head = readFrame(line) ?? readClassic(line, options);
  if (head === undefined) return undefined;
  const facility = facilityOf(line);
  const repeated = REPEATED.exec(head.message);
  if (repeated === null) return { ...head, facility, count: 1 };
  const [, times, message = ""] = repeated;
  return { ...head, facility, message, count: Math.min(Math.max(1, Number(times)), REPEATED_MAX) };
}
