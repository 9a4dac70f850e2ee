import type { Cell, Column } from "./table.ts";
import { visible } from "./visible-text.ts";

/** Spreadsheets run cells that begin like this; a leading apostrophe makes them text (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r|%]/;

export function csvCell(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "string") return String(cell);
  const shown = FORMULA.test(cell) ? `'${visible(cell)}` : visible(cell);
  return /[",]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}

/** RFC 4180 with a header. Control characters are made visible, so no cell holds a line break. */
export function csv<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const lines = rows.map((row) => columns.map((column) => csvCell(column.value(row))).join(","));
  return [columns.map((column) => csvCell(column.name)).join(","), ...lines].join("\r\n");
}
