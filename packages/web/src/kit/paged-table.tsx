import type { ReactNode } from "react";
import { counted } from "../text/counted.ts";
import type { Pages } from "../api/use-pages.ts";
import { DataTable, type Column } from "./data-table.tsx";
import { ErrorNotice, Skeleton } from "./notice.tsx";

type PagedTableProps<T> = Readonly<{
  pages: Pages<T>;
  caption: string;
  /** What one row and many are called, for "End of the list: 12 events." */
  noun: readonly [one: string, many: string];
  columns: readonly Column<T>[];
  rowKey: (row: T) => string;
  selectedKey?: string | undefined;
  onOpen?: (row: T) => void;
  empty: ReactNode;
}>;

/** A list of pages as one table, which reads on as its end comes into view. */
export function PagedTable<T extends object>({ pages, noun, empty, ...table }: PagedTableProps<T>): ReactNode {
  const { rows, error, more, next, refetch } = pages;
  if (rows === undefined)
    return error === null ? <Skeleton lines={12} /> : <ErrorNotice error={error} retry={refetch} />;
  if (rows.length === 0) return empty;
  const foot = more ? "Reading more…" : `End of the list: ${counted(rows.length, noun)}.`;
  return (
    <>
      {error === null ? null : <ErrorNotice error={error} retry={refetch} />}
      <DataTable {...table} rows={rows} onEnd={more ? next : undefined} foot={<p className="table-foot">{foot}</p>} />
    </>
  );
}
