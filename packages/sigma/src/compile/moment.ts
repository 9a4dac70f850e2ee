import type { TimePart } from "../expression.ts";

const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
const dayMs = 86_400_000;
/** Above it a bare number counts milliseconds, below seconds: 100 000 000 000 s is the year 5138. */
const millisecondsFrom = 100_000_000_000;

/**
 * Reads an instant from an event value: RFC 3339 (also with a blank for the T, a comma, or the time left out) or a
 * number of seconds or milliseconds since 1970. Without a zone it is UTC. Engine-independent on purpose: `Date.parse`
 * accepts different texts in different browsers.
 *
 * @returns milliseconds since 1970, cut to the second, or undefined
 */
export function parseMoment(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? scale(value) : undefined;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^\d{9,14}(?:\.\d+)?$/.test(text)) return scale(Number(text));
  const match = iso.exec(text);
  if (match === null) return undefined;
  const ms = utcOf(match.slice(1, 7).map((part) => Number(part ?? 0)));
  return ms === undefined ? undefined : ms - zoneMinutes(match[7]) * 60_000;
}

/** Refuses the 30th of February and 24:61, which `Date.UTC` would carry over into the next month or hour. */
function utcOf(numbers: readonly number[]): number | undefined {
  const [year = Number.NaN, month = 1, day = 1, hour = 0, minute = 0, second = 0] = numbers;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const read = new Date(ms);
  const isReal = read.getUTCMonth() === month - 1 && read.getUTCDate() === day && hour < 24 && minute < 60;
  return isReal ? ms : undefined;
}

function scale(value: number): number {
  return Math.abs(value) < millisecondsFrom ? value * 1000 : value;
}

function zoneMinutes(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === "Z") return 0;
  const digits = zone.replace(":", "").slice(1);
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone.startsWith("-") ? -minutes : minutes;
}

const parts: Readonly<Record<TimePart, (date: Date) => number>> = {
  minute: (date) => date.getUTCMinutes(),
  hour: (date) => date.getUTCHours(),
  day: (date) => date.getUTCDate(),
  week: isoWeek,
  month: (date) => date.getUTCMonth() + 1,
  year: (date) => date.getUTCFullYear(),
};

/** One part of an instant in UTC; months from 1, weeks as in ISO 8601. */
export function partOf(ms: number, part: TimePart): number {
  return parts[part](new Date(ms));
}

/** The week belongs to the year of its Thursday. */
function isoWeek(date: Date): number {
  const weekday = (date.getUTCDay() + 6) % 7;
  const thursday = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() - weekday + 3);
  const yearStart = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1);
  return Math.floor((thursday - yearStart) / dayMs / 7) + 1;
}
