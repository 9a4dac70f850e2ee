import { reject, type ValuePath } from "./rejection.ts";

/** Months and years are the mean Gregorian ones, as pySigma counts them. */
const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_629_746_000,
  y: 31_556_952_000,
};

/** Parses `30s`, `5m`, `1h`, `7d` … into milliseconds; zero is refused. */
export function parseTimespan(value: unknown, at: ValuePath): number {
  const match = typeof value === "string" ? /^(\d{1,9})([smhdwMy])$/.exec(value.trim()) : null;
  const ms = Number(match?.[1] ?? 0) * (unitMs[match?.[2] ?? ""] ?? 0);
  if (ms > 0) return ms;
  return reject("correlation-invalid", "timespan must be a number above zero and one of s, m, h, d, w, M, y", at);
}
