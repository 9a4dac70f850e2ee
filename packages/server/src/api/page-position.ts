import { refuse, type Refused } from "@tyr/contract";

/** `after` of a newest-first list: the position the last page ended at, decimal. */
export type Before = Readonly<{ ok: true; value: number }> | Refused;

/** @returns the position to list before; the largest there is when no page was read yet */
export function beforeOf(after: string | undefined): Before {
  if (after === undefined) return { ok: true, value: Number.MAX_SAFE_INTEGER };
  const position = /^\d{1,16}$/.test(after) ? Number(after) : Number.NaN;
  if (Number.isSafeInteger(position)) return { ok: true, value: position };
  return refuse("VALIDATION_FAILED", "query/after must be the `next` of the page before");
}

/** A page out of one row more than was asked for. */
export function pageOf<Row extends Readonly<{ position: number }>, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): Readonly<{ items: Item[]; next: string | null }> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? String(last.position) : null;
  return { items: shown.map(toItem), next };
}
