import type { Color, Paint } from "./color.ts";
import { truncate, visible, width } from "./visible-text.ts";

export type Cell = string | number | boolean | null | undefined;
export type Column<Row> = Readonly<{
  /** Name in the header and in CSV. */
  name: string;
  value: (row: Row) => Cell;
  color?: (row: Row) => Color | undefined;
  right?: boolean;
  /** May be cut when the terminal is too narrow; ids and numbers may not. */
  cuttable?: boolean;
}>;
export type TableOptions = Readonly<{
  paint: Paint;
  /** Cells of the terminal; undefined (a pipe or a file) cuts nothing. */
  cells?: number | undefined;
}>;

const GAP = "  ";
const NARROWEST = 8;

function showCell(cell: Cell): string {
  return cell === null || cell === undefined || cell === "" ? "–" : visible(String(cell));
}

/** Takes cells from the widest cuttable column, one at a time, until the row fits or none can give more. */
function fit(widths: number[], cuttable: readonly boolean[], cells: number): number[] {
  const fitted = [...widths];
  const total = (): number => fitted.reduce((sum, one) => sum + one, 0) + GAP.length * (fitted.length - 1);
  for (let over = total() - cells; over > 0; over -= 1) {
    let widest = -1;
    for (const [at, one] of fitted.entries())
      if (cuttable[at] === true && one > NARROWEST && one > (fitted[widest] ?? 0)) widest = at;
    if (widest < 0) break;
    fitted[widest] = (fitted[widest] ?? 0) - 1;
  }
  return fitted;
}

/** An aligned table with a header, one row per line, no trailing spaces. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], options: TableOptions): string {
  const head = columns.map((column) => column.name.toUpperCase());
  const body = rows.map((row) => columns.map((column) => showCell(column.value(row))));
  const natural = head.map((name, at) => Math.max(width(name), ...body.map((cells) => width(cells[at] ?? ""))));
  const cuttable = columns.map((column) => column.cuttable === true);
  const widths = options.cells === undefined ? natural : fit(natural, cuttable, options.cells);

  const line = (cells: readonly string[], color: (at: number) => Color | undefined): string => {
    const parts = cells.map((cell, at) => {
      const cut = truncate(cell, widths[at] ?? 0);
      const pad = " ".repeat(Math.max(0, (widths[at] ?? 0) - width(cut)));
      const paint = color(at);
      const shown = paint === undefined ? cut : options.paint(paint, cut);
      return columns[at]?.right === true ? pad + shown : shown + (at === cells.length - 1 ? "" : pad);
    });
    return parts.join(GAP).trimEnd();
  };
  const rowLines = rows.map((row, index) => line(body[index] ?? [], (at) => columns[at]?.color?.(row)));
  return [line(head, () => "dim"), ...rowLines].join("\n");
}

/** `name   value` lines, the values aligned. */
export function pairs(entries: readonly (readonly [name: string, value: Cell])[], paint: Paint): string[] {
  const widest = Math.max(0, ...entries.map(([name]) => width(name)));
  return entries.map(([name, value]) => `${paint("dim", name.padEnd(widest))}  ${showCell(value)}`);
}
