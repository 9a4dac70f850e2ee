import type { Fields } from "../expression.ts";

/** Lists inside lists beyond this depth, and objects for keywords, are not looked into. */
const depthMax = 16;
/** Dotted names of more segments are not followed into objects. */
const segmentsMax = 16;

/**
 * The values of one field: lists become several values, an absent field is undefined.
 *
 * The key as written wins; then a dotted name is followed through nested objects (and lists of them); last, the event's
 * names are compared with their blanks taken out, as the specification spells source fields.
 */
export function valuesOf(fields: Fields, name: string): readonly unknown[] | undefined {
  if (Object.hasOwn(fields, name)) return flatten(fields[name]);
  const segments = name.includes(".") ? name.split(".") : [];
  const nested =
    segments.length > 0 && segments.length <= segmentsMax ? follow(fields, { segments, from: 0, depth: 0 }) : undefined;
  return nested ?? spacedValue(fields, name);
}

function spacedValue(fields: Fields, name: string): readonly unknown[] | undefined {
  for (const key in fields) {
    if (key.includes(" ") && key.replaceAll(" ", "") === name) return flatten(fields[key]);
  }
  return undefined;
}

type Way = Readonly<{ segments: readonly string[]; from: number; depth: number }>;

/** Tries every split of the remaining segments into one key and the rest. */
function follow(container: unknown, way: Way): readonly unknown[] | undefined {
  const { segments, from, depth } = way;
  if (typeof container !== "object" || container === null || depth > depthMax) return undefined;
  if (Array.isArray(container)) {
    const next = { ...way, depth: depth + 1 };
    const found = (container as readonly unknown[]).flatMap((entry) => follow(entry, next) ?? []);
    return found.length > 0 ? found : undefined;
  }
  for (let to = from + 1; to <= segments.length; to += 1) {
    const key = segments.slice(from, to).join(".");
    if (!Object.hasOwn(container, key)) continue;
    const value = (container as Fields)[key];
    const found = to === segments.length ? flatten(value) : follow(value, { segments, from: to, depth: depth + 1 });
    if (found !== undefined) return found;
  }
  return undefined;
}

function flatten(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]).flat(depthMax) : [value];
}

/** The text of a single value; null, objects and lists have none. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" || typeof value === "bigint"
    ? String(value)
    : undefined;
}

/** Every text of an event, for keywords: all values at any depth, never the names of fields; then the raw line. */
export function allTexts(fields: Fields, raw: string | undefined): readonly string[] {
  const texts: string[] = [];
  collect(fields, texts, depthMax);
  if (raw !== undefined && !/^\s*[{[]/.test(raw)) texts.push(raw);
  return texts;
}

function collect(value: unknown, texts: string[], depth: number): void {
  const text = textOf(value);
  if (text !== undefined) texts.push(text);
  else if (typeof value === "object" && value !== null && depth > 0) {
    for (const inner of Object.values(value)) collect(inner, texts, depth - 1);
  }
}
