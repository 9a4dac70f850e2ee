/** Reading what a provider wrote: whatever has the wrong type is not there. */
export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectIn(value: unknown, name: string): Json | undefined {
  const inner = isObject(value) ? value[name] : undefined;
  return isObject(inner) ? inner : undefined;
}

export function textIn(value: unknown, name: string): string | undefined {
  const text = isObject(value) ? value[name] : undefined;
  return typeof text === "string" && text !== "" ? text : undefined;
}

export function numberIn(value: unknown, name: string): number | undefined {
  const number = isObject(value) ? value[name] : undefined;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** Objects of a list, at most `max`. */
export function objectsIn(value: unknown, max: number): readonly Json[] {
  return Array.isArray(value) ? value.slice(0, max).filter(isObject) : [];
}

const LABEL_CHARS_MAX = 64;

/** A name somebody else chose, as one of ours: letters, digits and a few signs, bounded. */
export function labelOf(text: string | undefined): string | undefined {
  const label = text
    ?.replaceAll(/[^A-Za-z0-9 ._()/-]+/g, " ")
    .trim()
    .slice(0, LABEL_CHARS_MAX);
  return label === undefined || label === "" ? undefined : label;
}

/** A share of a hundred as a number from 0 to 1. */
export function shareOf(percent: number): number {
  return Math.min(1, Math.max(0, percent / 100));
}
