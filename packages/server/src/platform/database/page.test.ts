import { expect, test } from "vitest";
import { pageOf } from "./page.ts";

test("a page names the key of its last row only when there are more", () => {
  const key = (row: number): string => `k${row}`;
  expect(pageOf([], 2, key)).toEqual({ rows: [], next: null });
  expect(pageOf([9, 8], 2, key)).toEqual({ rows: [9, 8], next: null });
  expect(pageOf([9, 8, 7], 2, key)).toEqual({ rows: [9, 8], next: "k8" });
});
