import {
  createSortedRowModel,
  rowSortingFeature,
  sortFn_basic,
  sortFn_text,
  tableFeatures,
  useTable,
  type ColumnDef,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, type ReactNode } from "react";
import { Icon } from "./icon.tsx";

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { text: sortFn_text, basic: sortFn_basic },
});

export type Column<T> = Readonly<{
  id: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** Given where sorting by this column makes sense; only complete lists may be sorted in the browser. */
  sortBy?: (row: T) => string | number;
  align?: "end";
  className?: string;
}>;
/** `stored.desc` in the address. */
export type Sort = Readonly<{ id: string; desc: boolean }>;

type DataTableProps<T> = Readonly<{
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  selectedKey?: string | undefined;
  onOpen?: (row: T) => void;
  sort?: Sort | undefined;
  onSort?: (sort: Sort) => void;
  /** Called when the last rows come into view and there is a next page. */
  onEnd?: (() => void) | undefined;
  foot?: ReactNode;
}>;

const ROW_PX = 41;

export function parseSort(raw: string | undefined): Sort | undefined {
  const match = /^([a-zA-Z]{1,30})\.(asc|desc)$/.exec(raw ?? "");
  return match?.[1] === undefined ? undefined : { id: match[1], desc: match[2] === "desc" };
}
export const sortText = (sort: Sort): string => `${sort.id}.${sort.desc ? "desc" : "asc"}`;

/** A table of any length: real table markup, rows outside the view replaced by two spacers. */
export function DataTable<T extends object>(props: DataTableProps<T>): ReactNode {
  const scroll = useRef<HTMLDivElement>(null);
  const { columns, onEnd } = props;
  const defs = useMemo(() => columns.map(toDef), [columns]);
  const data = useMemo(() => [...props.rows], [props.rows]);
  const table = useTable({
    features,
    columns: defs,
    data,
    getRowId: props.rowKey,
    state: { sorting: props.sort === undefined ? [] : [{ id: props.sort.id, desc: props.sort.desc }] },
  });
  const { rows } = table.getRowModel();
  // Its functions are called during render only and handed to nobody, so stale ones can not arise.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  const atEnd = last !== undefined && last.index >= rows.length - 8;
  useEffect(() => {
    if (atEnd) onEnd?.();
  }, [atEnd, onEnd, rows.length]);
  return (
    <div className="table-scroll" ref={scroll} tabIndex={0} role="region" aria-label={props.caption}>
      <table className="table" aria-rowcount={rows.length + 1}>
        <caption className="sr-only">{props.caption}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <HeaderCell key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer px={first?.start ?? 0} span={columns.length} />
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <tr
                key={row.id}
                ref={virtual.measureElement}
                data-index={item.index}
                aria-rowindex={item.index + 2}
                className={row.id === props.selectedKey ? "selected" : undefined}
                aria-current={row.id === props.selectedKey ? "true" : undefined}
                onClick={(event) => openFrom(event.target, () => props.onOpen?.(row.original))}
              >
                {columns.map((column) => (
                  <td key={column.id} className={cellClass(column)}>
                    {column.cell(row.original)}
                  </td>
                ))}
              </tr>
            );
          })}
          <Spacer px={virtual.getTotalSize() - (last?.end ?? 0)} span={columns.length} />
        </tbody>
      </table>
      {props.foot}
    </div>
  );
}

function toDef<T extends object>(column: Column<T>): ColumnDef<typeof features, T> {
  const { sortBy } = column;
  if (sortBy === undefined) return { id: column.id, header: column.header };
  return { id: column.id, header: column.header, accessorFn: (row: T) => sortBy(row), sortFn: "basic" };
}

const cellClass = <T,>(column: Column<T>): string | undefined =>
  [column.align === "end" ? "end" : "", column.className ?? ""].join(" ").trim() || undefined;

/** A click anywhere opens the row, except on what does something of its own, and not at the end of selecting text. */
function openFrom(target: EventTarget, open: () => void): void {
  if (target instanceof Element && target.closest("a, button, input, select, summary") !== null) return;
  if ((globalThis.getSelection()?.toString() ?? "") === "") open();
}

function Spacer({ px, span }: Readonly<{ px: number; span: number }>): ReactNode {
  if (px <= 0) return null;
  return (
    <tr aria-hidden="true" className="spacer">
      <td colSpan={span} style={{ height: px }} />
    </tr>
  );
}

type HeaderProps<T> = Readonly<{
  column: Column<T>;
  sort: Sort | undefined;
  onSort: ((sort: Sort) => void) | undefined;
}>;

function HeaderCell<T>({ column, sort, onSort }: HeaderProps<T>): ReactNode {
  const sorted = sort?.id === column.id ? (sort.desc ? "descending" : "ascending") : undefined;
  const sortable = column.sortBy !== undefined && onSort !== undefined;
  return (
    <th scope="col" className={cellClass(column)} aria-sort={sorted}>
      {sortable ? (
        <button type="button" className="sort" onClick={() => onSort({ id: column.id, desc: sorted !== "descending" })}>
          {column.header}
          <span className={sorted === undefined ? "sort-sign" : `sort-sign ${sorted}`}>
            <Icon name="down" size={10} />
          </span>
        </button>
      ) : (
        column.header
      )}
    </th>
  );
}
