/** How instants are shown: in the zone of this computer, or in UTC. The server only ever speaks UTC. */
export type Zone = "local" | "utc";

const formatters = new Map<string, Intl.DateTimeFormat>();
const parts = {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
} as const;

function formatterOf(timeZone: string | undefined): Intl.DateTimeFormat {
  const key = timeZone ?? "";
  const known = formatters.get(key);
  if (known !== undefined) return known;
  // sv-SE writes ISO-like dates with a 24-hour clock, so columns align and sort by eye.
  const made = new Intl.DateTimeFormat("sv-SE", {
    ...parts,
    hourCycle: "h23",
    ...(timeZone === undefined ? {} : { timeZone }),
  });
  formatters.set(key, made);
  return made;
}

/** `2026-02-01 14:17:31`. `localZone` is only for tests; without it the computer's own zone counts. */
export function formatInstant(iso: string, zone: Zone, localZone?: string): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return "unknown";
  return formatterOf(zone === "utc" ? "UTC" : localZone).format(ms);
}

/** `14:17` on the same day as `reference`, `02-01 14:17` otherwise: for axes and dense lists. */
export function formatShort(iso: string, zone: Zone, localZone?: string): string {
  const full = formatInstant(iso, zone, localZone);
  return full === "unknown" ? full : full.slice(5, 16);
}

/** What the pointer shows: the exact instant in UTC, and how far it is from now. */
export function describeInstant(iso: string, nowMs: number): string {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? "unknown" : `${new Date(ms).toISOString()} · ${formatAge(iso, nowMs)}`;
}

/** What a `datetime-local` control holds, as the instant it means in the chosen zone; undefined when it is empty or no time. */
export function parseControl(text: string, zone: Zone): string | undefined {
  const ms = Date.parse(zone === "utc" ? `${text}Z` : text);
  return text === "" || Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** The other way: an instant as a `datetime-local` control wants it, to the second. */
export function controlText(iso: string | undefined, zone: Zone, localZone?: string): string {
  return iso === undefined ? "" : formatInstant(iso, zone, localZone).replace(" ", "T");
}

const STEPS: readonly (readonly [limitSeconds: number, unitSeconds: number, unit: string])[] = [
  [90, 1, "s"],
  [90 * 60, 60, "min"],
  [36 * 3600, 3600, "h"],
  [2 * 31_557_600, 86_400, "d"],
  // A Julian year, of 365.25 days.
  [Number.POSITIVE_INFINITY, 31_557_600, "y"],
];

/** `45 s`, `12 min`, `30 h`, `4 d`, `9 y`: the largest unit that still says something, rounded down. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  for (const [limit, unit, name] of STEPS) if (whole < limit) return `${Math.floor(whole / unit)} ${name}`;
  return "unknown";
}

/** `12 min ago`, `in 3 h`; within a second it is `now`. Clocks that differ show as `in …`, which is true. */
export function formatAge(iso: string, nowMs: number): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return "unknown";
  const seconds = (nowMs - ms) / 1000;
  if (Math.abs(seconds) < 1) return "now";
  return seconds > 0 ? `${formatDuration(seconds)} ago` : `in ${formatDuration(-seconds)}`;
}
