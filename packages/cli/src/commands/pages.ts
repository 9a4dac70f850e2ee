import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import type { Column } from "../output/table.ts";

type Page<Row> = Readonly<{ items: readonly Row[]; next: string | null }>;
type PageQuery = Readonly<{ limit: number; after?: string }>;

/** Largest page the contract allows. */
const PAGE_MAX = 500;
const ROWS_MAX = 100_000;

/** Rows up to `--limit`, over as many pages as that takes; says on stderr how to go on when there are more. */
export async function readPages<Row>(
  { print }: Context,
  input: Input,
  fetchPage: (query: PageQuery) => Promise<Page<Row>>,
): Promise<Row[]> {
  const limit = input.whole("limit", { min: 1, max: ROWS_MAX }) ?? 50;
  let after = input.text("after");
  const rows: Row[] = [];
  for (;;) {
    const page = await fetchPage({
      limit: Math.min(PAGE_MAX, limit - rows.length),
      ...(after === undefined ? {} : { after }),
    });
    rows.push(...page.items);
    if (page.next === null || page.items.length === 0) return rows;
    after = page.next;
    if (rows.length < limit) continue;
    print.say(`There are more: add --limit N, or --after ${after}`);
    return rows;
  }
}

type Listing<Row> = Readonly<{
  fetchPage: (query: PageQuery) => Promise<Page<Row>>;
  columns: readonly Column<Row>[];
  /** Said instead of an empty table. */
  none: string;
}>;

/** What a list command does once its filters are read. @returns the exit code */
export async function printPages<Row>(
  context: Context,
  input: Input,
  { fetchPage, columns, none }: Listing<Row>,
): Promise<ExitCode> {
  context.print.many(await readPages(context, input, fetchPage), columns, none);
  return EXIT.ok;
}
