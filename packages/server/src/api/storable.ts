import type { Fault } from "./plain-words.ts";

/** Deeper than any body of the contract; engines read nested JSON by recursion. */
const DEPTH_MAX = 32;

type Place = Readonly<{ value: unknown; path: string; depth: number }>;

function faultOf(text: string): string | undefined {
  if (text.includes("\u0000")) return "holds the character U+0000, which cannot be stored";
  return text.isWellFormed() ? undefined : "holds half of a character (a lone surrogate), which cannot be stored";
}

/**
 * The first text, name of a member included, that neither engine can store: PostgreSQL takes no NUL and no broken
 * UTF-16 (`jsonb`, section 8.14 of its manual). Asked once, before any handler, so that no column has to.
 */
export function findUnstorable(given: unknown): Fault | undefined {
  const places: Place[] = [{ value: given, path: "", depth: 0 }];
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const { value, path, depth } = place;
    if (typeof value === "string") {
      const message = faultOf(value);
      if (message !== undefined) return { path, message };
    }
    if (typeof value !== "object" || value === null) continue;
    if (depth === DEPTH_MAX) return { path, message: `is nested deeper than ${DEPTH_MAX} levels` };
    for (const [name, member] of Object.entries(value)) {
      const message = faultOf(name);
      if (message !== undefined) return { path, message: `has a member whose name ${message}` };
      places.push({ value: member, path: `${path}/${name.slice(0, 80)}`, depth: depth + 1 });
    }
  }
  return undefined;
}
