import * as fc from "fast-check";
import { expect, test } from "vitest";
import { diffLines } from "./diff.ts";

test("a block that is added stands between what stays", () => {
  expect(diffLines(["a", "c"], ["a", "b", "c"])).toEqual([
    { sign: " ", text: "a" },
    { sign: "+", text: "b" },
    { sign: " ", text: "c" },
  ]);
});

test("a replaced line goes before the new one comes", () => {
  expect(diffLines(["until 10:00"], ["until 12:00"]).map((line) => line.sign + line.text)).toEqual([
    "-until 10:00",
    "+until 12:00",
  ]);
});

test("whatever changes, the signs rebuild both sides", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 });
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = diffLines(before, after);
      expect(diff.filter((line) => line.sign !== "+").map((line) => line.text)).toEqual(before);
      expect(diff.filter((line) => line.sign !== "-").map((line) => line.text)).toEqual(after);
    }),
  );
});
