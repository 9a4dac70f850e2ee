import { RECORD_CLASS_NAMES, type RecordClass } from "@tyr/contract";

/** A hundred years: longer is for ever, which is said by leaving the class out. */
const DAYS_MAX = 36_500;

/**
 * Reads `event=90,quarantine=30`: days to keep, by class of record.
 *
 * @returns the days, or what is wrong
 */
export function parseRetention(text: string | undefined): Readonly<Partial<Record<RecordClass, number>>> | string {
  const keep: Partial<Record<RecordClass, number>> = {};
  const parts = (text ?? "").split(",").map((part) => part.trim());
  for (const part of parts.filter((one) => one !== "")) {
    const [name = "", days = "", more] = part.split("=");
    const known = RECORD_CLASS_NAMES.find((one) => one === name);
    if (known === undefined) return `"${name}" is not one of ${RECORD_CLASS_NAMES.join(", ")}`;
    const count = Number(days);
    if (more !== undefined || !/^\d{1,5}$/.test(days) || count < 1 || count > DAYS_MAX)
      return `"${part}" is not ${known}=DAYS, from 1 to ${DAYS_MAX}`;
    if (keep[known] !== undefined) return `${known} is named twice`;
    keep[known] = count;
  }
  return keep;
}
