import { isId, ok, refuse, type Id, type Noun, type Refused, type Result } from "@tyr/contract";
import type { Page } from "#platform/database";

/** Where a newest-first list goes on; undefined when no page was read yet. */
type Before<Key> = Result<Key | undefined>;

const noPlace = (): Refused => refuse("VALIDATION_FAILED", "query/after must be the `next` of the page before");

/** `after` of a list by position: the one the last page ended at, decimal. */
export function beforeOf(after: string | undefined): Before<number> {
  if (after === undefined) return ok(undefined);
  const position = /^\d{1,16}$/.test(after) ? Number(after) : Number.NaN;
  return Number.isSafeInteger(position) ? ok(position) : noPlace();
}

/** `after` of a list by id: the one the last page ended at. */
export function beforeIdOf<N extends Noun>(noun: N, after: string | undefined): Before<Id<N>> {
  return after === undefined || isId(noun, after) ? ok(after) : noPlace();
}

/** A page as it is answered. */
export function answerOf<Row, Item>(
  { rows, next }: Page<Row, string | number>,
  toItem: (row: Row) => Item,
): Readonly<{ items: Item[]; next: string | null }> {
  return { items: rows.map(toItem), next: next === null ? null : String(next) };
}
