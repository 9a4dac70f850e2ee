import type { Fields } from "@tyr/sigma";

/** Where events of this world keep their time, the more telling names first. */
export const TIME_FIELDS = [
  "@timestamp",
  "timestamp",
  "UtcTime",
  "TimeCreated",
  "SystemTime",
  "EventTime",
  "eventTime",
  "time",
  "ts",
] as const;

/** Numbers below this are seconds since 1970, above it milliseconds: it is 1973 in one and the year 5138 in the other. */
const SECONDS_BELOW = 1e11;
/** The last instant a Date can hold (ECMA-262, 21.4.1.1). */
const TIME_MS_MAX = 8.64e15;
const INSTANT = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * The time of an event, milliseconds since 1970; NaN when it has none. A time without a zone is UTC.
 *
 * @param field the only one to look at; left out: the first of `TIME_FIELDS` that holds a time
 */
export function eventTimeMs(fields: Fields, field?: string): number {
  const names = field === undefined ? TIME_FIELDS : [field];
  for (const name of names) {
    const timeMs = Object.hasOwn(fields, name) ? timeOf(fields[name]) : Number.NaN;
    if (!Number.isNaN(timeMs)) return timeMs;
  }
  return Number.NaN;
}

function timeOf(value: unknown): number {
  if (typeof value !== "string") return ofNumber(value);
  const instant = INSTANT.exec(value);
  if (instant === null) return /^\d{1,16}(\.\d+)?$/.test(value) ? ofNumber(Number(value)) : Number.NaN;
  const text = value.replace(" ", "T");
  return Date.parse(instant[1] !== undefined || !text.includes("T") ? text : `${text}Z`);
}

function ofNumber(value: unknown): number {
  if (typeof value !== "number" || !(value > 0)) return Number.NaN;
  const timeMs = value < SECONDS_BELOW ? value * 1000 : value;
  return timeMs <= TIME_MS_MAX ? timeMs : Number.NaN;
}
