/** Reading the times of logs. All pure; every function answers undefined for text that is no time. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const OLDEST_MS = 0;
const NEWEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** A host may be set to a zone ahead of UTC, or its clock be fast: lines up to a day ahead are of this year. */
const AHEAD_MS = 24 * 3_600_000;
/** February 29th exists every eighth year at the latest (2096 → 2104). */
const YEARS_BACK_MAX = 8;

function inRange(ms: number): Date | undefined {
  return ms >= OLDEST_MS && ms <= NEWEST_MS ? new Date(ms) : undefined;
}

/** The month of the year, 1–12, or NaN. */
function monthOf(name: string): number {
  const index = MONTHS.indexOf(name);
  return index < 0 ? Number.NaN : index + 1;
}

type Parts = Readonly<{ year: number; month: number; day: number; hour: number; minute: number; second: number }>;

/** Refuses the 30th of February and the 25th hour instead of counting on; a leap second becomes the next second. */
function utc({ year, month, day, hour, minute, second }: Parts): number {
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(Date.UTC(year, month - 1, day));
  const exists = back.getUTCMonth() === month - 1 && back.getUTCDate() === day;
  return exists && hour < 24 && minute < 60 && second <= 60 ? ms : Number.NaN;
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|UTC|\(UTC\)|[+-]\d\d:?\d\d)?$/i;

function zoneMs(zone: string | undefined): number {
  if (zone === undefined || !/^[+-]/.test(zone)) return 0;
  const digits = zone.replace(":", "");
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return (digits.startsWith("-") ? -minutes : minutes) * 60_000;
}

/** RFC 3339 and its relatives (blank for T, comma, no zone: UTC). Precision below a millisecond is cut. */
export function isoInstant(text: string): Date | undefined {
  if (text.length > 64) return undefined;
  const found = ISO.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", zone] = found;
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts;
  const ms = Number(fraction.slice(0, 3).padEnd(3, "0"));
  return inRange(utc({ year: y, month: mo, day: d, hour: h, minute: mi, second: s }) + ms - zoneMs(zone));
}

/** Numbers since 1970: seconds, milliseconds, microseconds or nanoseconds, told apart by their size. */
function epochInstant(value: number): Date | undefined {
  if (!Number.isFinite(value) || value <= 0) return undefined;
  if (value < 1e11) return inRange(Math.trunc(value * 1000));
  if (value < 1e14) return inRange(Math.trunc(value));
  if (value < 1e17) return inRange(Math.trunc(value / 1e3));
  return inRange(Math.trunc(value / 1e6));
}

/** What a JSON source may write as a time: text or number. */
export function anyInstant(value: unknown): Date | undefined {
  if (typeof value === "number") return epochInstant(value);
  if (typeof value !== "string") return undefined;
  return /^\d{9,19}(?:\.\d{1,9})?$/.test(value) ? epochInstant(Number(value)) : isoInstant(value);
}

/** Common log format: `17/May/2015:10:05:03 +0000`. */
export function accessInstant(text: string): Date | undefined {
  const found = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})$/.exec(text);
  if (found === null) return undefined;
  const [, day, month = "", year, hour, minute, second, zone] = found;
  const time = { hour: Number(hour), minute: Number(minute), second: Number(second) };
  return inRange(utc({ year: Number(year), month: monthOf(month), day: Number(day), ...time }) - zoneMs(zone));
}

export type SyslogTime = Readonly<{ time: Date; assumedYear: boolean }>;

/**
 * BSD syslog (RFC 3164): `Mar 27 13:06:56`, without year and zone: read as UTC.
 *
 * @param year of the log, when it is known; else the latest year that does not put the line into the future of `now`
 */
export function syslogInstant(text: string, now: Date, year?: number): SyslogTime | undefined {
  const found = /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)$/.exec(text);
  if (found === null) return undefined;
  const [, month = "", day, hour, minute, second] = found;
  const time = { hour: Number(hour), minute: Number(minute), second: Number(second) };
  const at = (inYear: number): number => utc({ year: inYear, month: monthOf(month), day: Number(day), ...time });
  if (year !== undefined) {
    const known = inRange(at(year));
    return known === undefined ? undefined : { time: known, assumedYear: false };
  }
  const newest = now.getTime() + AHEAD_MS;
  const from = new Date(newest).getUTCFullYear();
  for (let back = 0; back <= YEARS_BACK_MAX; back += 1) {
    const ms = at(from - back);
    if (ms <= newest) return { time: new Date(ms), assumedYear: true };
  }
  return undefined;
}
