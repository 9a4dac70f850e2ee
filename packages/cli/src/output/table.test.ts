import { expect, test } from "vitest";
import { table, type Column } from "./table.ts";

type Row = { id: string; risk: number; title: string };
const columns: readonly Column<Row>[] = [
  { name: "id", value: (row) => row.id },
  { name: "risk", value: (row) => row.risk, right: true },
  { name: "title", value: (row) => row.title, cuttable: true },
];
const rows: Row[] = [
  { id: "inc_1", risk: 7, title: "Password guessing from one address against many users" },
  { id: "inc_22", risk: 100, title: "\u001B[31m管理" },
];
const paint = (_: string, text: string): string => text;

test("a table is aligned, numbers to the right, hostile text visible", () => {
  expect(table(rows, columns, { paint })).toBe(
    [
      "ID      RISK  TITLE",
      "inc_1      7  Password guessing from one address against many users",
      "inc_22   100  \\x1b[31m管理",
    ].join("\n"),
  );
});

test("a narrow terminal cuts the title and never the id", () => {
  const lines = table(rows, columns, { paint, cells: 30 }).split("\n");
  expect(lines[1]).toBe("inc_1      7  Password guessi…");
  expect(lines.every((line) => line.length <= 30)).toBe(true);
});

test("a terminal too narrow for the ids still gets them whole", () => {
  expect(table(rows, columns, { paint, cells: 5 })).toContain("inc_22");
});

test("no value is shown as a dash, not as nothing", () => {
  expect(table([{ a: null }], [{ name: "a", value: (row) => row.a }], { paint })).toBe("A\n–");
});
