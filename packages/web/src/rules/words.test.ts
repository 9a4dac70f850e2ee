import { expect, test } from "vitest";
import { percent } from "./words.ts";

test("a share is told with the digits that say something, and a small one never as nothing", () => {
  expect([0, 0.0004, 0.0421, 0.0999, 0.5, 1].map(percent)).toEqual([
    "0 %",
    "under 0.1 %",
    "4.2 %",
    "10 %",
    "50 %",
    "100 %",
  ]);
});
