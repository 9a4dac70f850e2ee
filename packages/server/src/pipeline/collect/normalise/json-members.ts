/** Reading members of a JSON object somebody else wrote: whatever has the wrong type is not there. */
export type Json = Readonly<Record<string, unknown>>;

/** A sender may list as much as a line holds; nobody looks further. */
const LIST_MAX = 256;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first of these members that is there and not null. */
export function memberOf(json: Json, names: readonly string[]): unknown {
  for (const name of names) {
    const value = Object.hasOwn(json, name) ? json[name] : undefined;
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

export function objectOf(json: Json, ...names: readonly string[]): Json | undefined {
  const value = memberOf(json, names);
  return isObject(value) ? value : undefined;
}

export function textOf(json: Json, ...names: readonly string[]): string | undefined {
  const value = memberOf(json, names);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A finite number, also where it is written as text. */
export function numberOf(json: Json, ...names: readonly string[]): number | undefined {
  const value = memberOf(json, names);
  const number = typeof value === "string" && /^-?\d{1,15}(?:\.\d{1,9})?$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** A whole number from 0 on. */
export function countOf(json: Json, ...names: readonly string[]): number | undefined {
  const number = numberOf(json, ...names);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** `true`, `1`, `"true"`, `"1"`, `"yes"` and `"pass"` are yes; their opposites no; anything else is not known. */
export function flagOf(json: Json, ...names: readonly string[]): boolean | undefined {
  const value = memberOf(json, names);
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  const word = String(value).toLowerCase();
  if (["true", "1", "yes", "pass"].includes(word)) return true;
  return ["false", "0", "no", "fail", "softfail", "none"].includes(word) ? false : undefined;
}

/** A list, or the one thing that stands in its place. */
export function listOf(json: Json, ...names: readonly string[]): readonly unknown[] {
  const value = memberOf(json, names);
  if (value === undefined) return [];
  return Array.isArray(value) ? value.slice(0, LIST_MAX) : [value];
}

/** Texts of a list; of one text with commas, its parts. */
export function textsOf(json: Json, ...names: readonly string[]): readonly string[] {
  const list = listOf(json, ...names);
  const [only] = list;
  const parts = list.length === 1 && typeof only === "string" ? only.split(",", LIST_MAX) : list;
  return parts.flatMap((one) => (typeof one === "string" && one.trim() !== "" ? [one.trim()] : []));
}

/** 64 hexadecimal digits, in lower case. */
export function sha256Of(json: Json, ...names: readonly string[]): string | undefined {
  const value = textOf(json, ...names)?.toLowerCase();
  return value !== undefined && /^[0-9a-f]{64}$/.test(value) ? value : undefined;
}
