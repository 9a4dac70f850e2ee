import { reject, type RejectionCode, type ValuePath } from "./rejection.ts";

/** A YAML mapping after conversion to plain values. */
export type Mapping = Readonly<Record<string, unknown>>;

/** Where a value stands and which refusal its shape earns. */
export type Place = Readonly<{ at: ValuePath; code: RejectionCode }>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws {RuleRejected} when the value is not a map */
export function asMapping(value: unknown, what: string, place: Place): Mapping {
  return isMapping(value) ? value : reject(place.code, `${what} must be a map`, place.at);
}

/** A non-empty string; numbers are taken as their text because YAML reads `name: 2024` as one. */
export function asText(value: unknown, what: string, place: Place): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string" && value.trim() !== "") return value;
  return reject(place.code, `${what} must be a non-empty string`, place.at);
}

/** A string or a list of strings, as a list. */
export function asTextList(value: unknown, what: string, place: Place): readonly string[] {
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  return list.map((entry, index) =>
    asText(entry, Array.isArray(value) ? `${what}, entry ${index + 1},` : what, {
      ...place,
      at: Array.isArray(value) ? [...place.at, index] : place.at,
    }),
  );
}
