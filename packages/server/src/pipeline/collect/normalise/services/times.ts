import type { NormaliseOptions } from "../options.ts";
import { accessInstant, isoInstant, syslogInstant } from "../instants.ts";

/** How services write the time at the beginning of a line; `none` for those that do not. */
export type Shape =
  | "iso"
  | "[iso]"
  | "slash"
  | "ctime"
  | "[ctime]"
  | "[compact]"
  | "[bsd]"
  | "day-month"
  | "webmin"
  | "nest"
  | "none";

export type TimedLine = Readonly<{
  shape: Shape;
  time: Date;
  assumedYear: boolean;
  /** The line without its time, its blanks drawn together. */
  text: string;
}>;

type Read = (text: string, options: NormaliseOptions) => Date | { time: Date; assumedYear: boolean } | undefined;
type Row = readonly [shape: Shape, pattern: RegExp, read: Read];

const CLOCK = String.raw`\d\d:\d\d:\d\d(?:[.,]\d{1,9})?`;
const ZONE = String.raw`(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?`;
/** What may stand before the time: a level, a protocol, the address of the client. The line keeps it. */
const LEAD = String.raw`( {0,4}(?:\(\w\)|\w,|[A-Z]{4,5}:|\[[A-Za-z]{3,9}\]|https?|h2|wss?|[0-9A-Fa-f.:]{3,45})? {0,2})`;
const iso = String.raw`(\d{4}-\d\d-\d\d[T ] ?(?:\d\d| \d|\d):\d\d:\d\d(?:[.,]\d{1,9})?${ZONE})`;
const slash = String.raw`(\d{4}/\d\d/\d\d (?:- )?${CLOCK})`;
const ctime = String.raw`([A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}\d{1,2} ${CLOCK} \d{4})`;

const at = (body: string): RegExp => new RegExp(`^${LEAD}${body}`);

const ROWS: readonly Row[] = [
  ["iso", at(iso), readIso],
  ["[iso]", at(String.raw`\[${iso}(?: #\d{1,10})?\]`), readIso],
  ["slash", at(slash), readSlash],
  ["ctime", at(ctime), readCtime],
  ["[ctime]", at(String.raw`\[${ctime}\]`), readCtime],
  ["[compact]", at(String.raw`\[(\d{8}-\d\d:\d\d:\d\d)\]`), readCompact],
  ["[bsd]", at(String.raw`\[([A-Z][a-z]{2} [ \d]\d ${CLOCK})\]`), readBsd],
  ["day-month", at(String.raw`(\d\d-[A-Z][a-z]{2}-\d{4} ${CLOCK})`), readDayMonth],
  ["webmin", /^(\d{9,11}\.[\d.]{1,20} )\[(\d{1,2}\/[A-Z][a-z]{2}\/\d{4} \d\d:\d\d:\d\d)\]/, readWebmin],
  ["nest", /^(\[Nest\] \d{1,7} {1,2}- )(\d\d\/\d\d\/\d{4}, \d{1,2}:\d\d:\d\d [AP]M)/, readNest],
];

function readIso(text: string): Date | undefined {
  // MariaDB writes an hour below ten as one digit behind a blank more.
  return isoInstant(text.replace(/^(\S{10}) {1,2}(\d):/, "$1 0$2:").replace(/^(\S{10}) {2}/, "$1 "));
}

function readSlash(text: string): Date | undefined {
  return isoInstant(text.replaceAll("/", "-").replace(" - ", " "));
}

function readCtime(text: string): Date | undefined {
  const [, month, day = "", clock, year] = /^\w{3} (\w{3}) {1,2}(\d{1,2}) (\S{8})\S{0,10} (\d{4})$/.exec(text) ?? [];
  return accessInstant(`${day.padStart(2, "0")}/${month}/${year}:${clock} +0000`);
}

/** `20260201-10:00:00`, as xrdp writes. */
function readCompact(text: string): Date | undefined {
  return isoInstant(text.replace(/^(\d{4})(\d\d)(\d\d)-/, "$1-$2-$3 "));
}

function readBsd(text: string, { now, year }: NormaliseOptions): ReturnType<Read> {
  return syslogInstant(text.slice(0, "Jan  1 00:00:00".length), now, year);
}

function readDayMonth(text: string): Date | undefined {
  const [, day, month, year, clock] = /^(\d\d)-(\w{3})-(\d{4}) (\S{8})/.exec(text) ?? [];
  return accessInstant(`${day}/${month}/${year}:${clock} +0000`);
}

function readWebmin(text: string): Date | undefined {
  const [day = "", clock] = text.split(" ");
  return accessInstant(`${day.length < "01/Jan/2000".length ? `0${day}` : day}:${clock} +0000`);
}

function readNest(text: string): Date | undefined {
  const found = /^(\d\d)\/(\d\d)\/(\d{4}), (\d{1,2})(:\d\d:\d\d) ([AP])M$/.exec(text);
  if (found === null) return undefined;
  const [, month, day, year, hour, rest, half] = found;
  const hours = (Number(hour) % 12) + (half === "P" ? 12 : 0);
  return isoInstant(`${year}-${month}-${day} ${String(hours).padStart(2, "0")}${rest}`);
}

/** The line's time and what is left of it; undefined where it has none anybody writes at the beginning. */
export function readTimedLine(line: string, options: NormaliseOptions): TimedLine | undefined {
  for (const [shape, pattern, read] of ROWS) {
    const found = pattern.exec(line);
    if (found === null) continue;
    const [head, lead = "", text = ""] = found;
    const when = read(text, options);
    if (when === undefined) continue;
    const { time, assumedYear } = when instanceof Date ? { time: when, assumedYear: false } : when;
    return { shape, time, assumedYear, text: `${lead} ${line.slice(head.length)}`.replace(/ {2,}/g, " ").trimStart() };
  }
  return undefined;
}
