import { expect, test } from "vitest";
import { csv, csvCell } from "./csv.ts";

test("a cell that a spreadsheet would run as a formula becomes text", () => {
  for (const attack of ["=HYPERLINK(1)", "+1", "-1+1", "@SUM(A1)", "\t=1", "|cmd", "%0a"])
    expect(csvCell(attack)).toMatch(/^"?'/);
  expect(csvCell(-5)).toBe("-5");
});

test("quotes and commas are escaped as RFC 4180 says, line breaks are made visible", () => {
  expect(csvCell('say "hi", now\n')).toBe('"say ""hi"", now\\n"');
});

test("the header stands first and lines end in CRLF", () => {
  expect(csv([{ a: 1 }], [{ name: "a", value: (row) => row.a }])).toBe("a\r\n1");
});
