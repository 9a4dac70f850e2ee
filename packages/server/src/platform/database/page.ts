import { sql, type SelectQueryBuilder, type StringReference } from "kysely";

/** Where a page of a newest-first list begins; without `before` at the newest. */
export type PageBefore<Key> = Readonly<{ before?: Key | undefined; limit: number }>;
/** `next` goes into `before` of the following page; null on the last. */
export type Page<Row, Key> = Readonly<{ rows: readonly Row[]; next: Key | null }>;

/**
 * Narrows to the newest rows before a key. By key and not by offset: what is added between two pages neither shifts nor
 * repeats a row.
 *
 * @param column unique, and rising as rows are added (a position, a UUIDv7)
 */
export function newestFirst<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  column: StringReference<DB, TB>,
  { before, limit }: PageBefore<string | number>,
): SelectQueryBuilder<DB, TB, Row> {
  const key = sql.ref(column);
  const narrowed = before === undefined ? query : query.where(sql<boolean>`${key} < ${before}`);
  return narrowed.orderBy(key, "desc").limit(limit);
}

/** A page out of one row more than it holds: that row only tells that there are more. */
export function pageOf<Row, Key>(rows: readonly Row[], limit: number, keyOf: (row: Row) => Key): Page<Row, Key> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last !== undefined ? keyOf(last) : null };
}

/** One page of a query, newest first by one of the columns it selects. */
export async function readPage<DB, TB extends keyof DB, Row, Column extends keyof Row & StringReference<DB, TB>>(
  query: SelectQueryBuilder<DB, TB, Row>,
  column: Column,
  { before, limit }: PageBefore<Row[Column] & (string | number)>,
): Promise<Page<Row, Row[Column]>> {
  const rows: readonly Row[] = await newestFirst(query, column, { before, limit: limit + 1 }).execute();
  return pageOf(rows, limit, (row) => row[column]);
}
