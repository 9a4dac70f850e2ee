/** The hour (0 to 23) and ISO weekday (1 is Monday, 7 is Sunday) of an instant where people are. */
export type LocalTime = Readonly<{ hour: number; weekday: number }>;

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/** Making a formatter costs about as much as a decision. Few zones are ever asked for; a wrong one is none. */
const formatters = new Map<string, Intl.DateTimeFormat>();
const ZONES_MAX = 64;

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", hour: "2-digit", weekday: "short" });
  if (formatters.size >= ZONES_MAX) formatters.clear();
  formatters.set(timeZone, made);
  return made;
}

/** True for names of the IANA time zone database, which is what policies and people mean; offsets have no summer. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

/** @throws {RangeError} for what is no time zone */
export function localTime(at: Date, timeZone: string): LocalTime {
  const parts = formatterOf(timeZone).formatToParts(at);
  const valueOf = (type: "hour" | "weekday"): string => parts.find((part) => part.type === type)?.value ?? "";
  return { hour: Number(valueOf("hour")), weekday: WEEKDAYS.indexOf(valueOf("weekday")) + 1 };
}
