import { isId, type Noun, type Id } from "@tyr/contract";

/** Reads one search parameter; undefined means absent or not acceptable, and then it is as if it was never there. */
export type Reader<T> = (raw: string) => T | undefined;
type Shape = Readonly<Record<string, Reader<unknown>>>;
/** What a shape yields. Every value may be undefined: a link says so to take a filter away. */
export type SearchOf<S extends Shape> = { [K in keyof S]?: Exclude<ReturnType<S[K]>, undefined> | undefined };

export function oneOf<const T extends string>(values: readonly T[]): Reader<T> {
  return (raw) => values.find((value) => value === raw);
}

/** Free text, trimmed; empty counts as absent, anything longer than the server would take is cut. */
export function text(lengthMax: number): Reader<string> {
  return (raw) => {
    const trimmed = raw.trim().slice(0, lengthMax);
    return trimmed === "" ? undefined : trimmed;
  };
}

export function idOf<N extends Noun>(noun: N): Reader<Id<N>> {
  return (raw) => (isId(noun, raw) ? raw : undefined);
}

/** An RFC 3339 instant, given back in the one form the server speaks. */
export function instant(raw: string): string | undefined {
  const ms = /^\d{4}-\d{2}-\d{2}T/.test(raw) ? Date.parse(raw) : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** Only the declared parameters, each read by its reader; a hand-edited address can hide a filter, never break a page. */
export function searchParams<S extends Shape>(shape: S): (raw: Record<string, unknown>) => SearchOf<S> {
  return (raw) => {
    const found: Record<string, unknown> = {};
    for (const [key, read] of Object.entries(shape)) {
      const value = raw[key];
      const parsed = typeof value === "string" ? read(value) : undefined;
      if (parsed !== undefined) found[key] = parsed;
    }
    return found as SearchOf<S>;
  };
}

/** Addresses stay readable: plain `key=value`, no JSON. The last of a repeated key wins. */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (typeof value === "string" && value !== "") query.set(key, value);
  }
  return query.size === 0 ? "" : `?${query.toString()}`;
}
