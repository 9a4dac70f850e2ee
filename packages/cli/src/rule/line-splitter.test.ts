import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "./line-splitter.ts";

function split(chunks: readonly string[], lineBytesMax: number): readonly (readonly [number, string | undefined])[] {
  const splitter = new LineSplitter(lineBytesMax);
  const lines = [...chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk))), ...splitter.end()];
  return lines.map(({ number, bytes }) => [
    number,
    bytes === undefined ? undefined : Buffer.from(bytes).toString("latin1"),
  ]);
}

test("lines keep their number, empty ones are left out, the last needs no line feed", () => {
  expect(split(["a\r\n\nb", "b\n", "\r\nc"], 100)).toEqual([
    [1, "a"],
    [3, "bb"],
    [5, "c"],
  ]);
});

test("a line that is too long is known by its number only, wherever the chunks end", () => {
  expect(split(["abcd\nabcde\nx\n"], 4)).toEqual([
    [1, "abcd"],
    [2, undefined],
    [3, "x"],
  ]);
  expect(split(["abc", "de", "f\nx\nabcde", "fgh"], 4)).toEqual([
    [1, undefined],
    [2, "x"],
    [3, undefined],
  ]);
});

test("what the lines are does not depend on where chunks end", () => {
  const text = fc.array(fc.constantFrom("a", "b", "\n", "\r"), { maxLength: 40 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.array(fc.nat(40), { maxLength: 6 }), (whole, cuts) => {
      const ends = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const chunks = ends.slice(1).map((end, at) => whole.slice(ends[at], end));
      expect(split(chunks, 5)).toEqual(split([whole], 5));
    }),
  );
});
