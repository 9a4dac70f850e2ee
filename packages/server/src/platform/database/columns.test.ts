import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { binaryArray, type Column } from "./columns.ts";

const hex = (array: Uint8Array) => Buffer.from(array).toString("hex");

test("a column goes to the database as its wire protocol spells arrays: head, then a length before each value", () => {
  expect(hex(binaryArray({ type: "int4", values: [1, -2] }))).toBe(
    ["00000001", "00000000", "00000017", "00000002", "00000001", "0000000400000001", "00000004fffffffe"].join(""),
  );
  expect(hex(binaryArray({ type: "text", values: ["é", null] }))).toBe(
    ["00000001", "00000001", "00000019", "00000002", "00000001", "00000002c3a9", "ffffffff"].join(""),
  );
  expect(hex(binaryArray({ type: "text", values: [] }))).toBe(["00000000", "00000000", "00000019"].join(""));
});

test("an instant counts microseconds from the year 2000, before it too", () => {
  const values = ["2000-01-01T00:00:00.001Z", "1999-12-31T23:59:59.999Z"];
  expect(hex(binaryArray({ type: "timestamptz", values })).slice(40)).toBe(
    ["00000008", "00000000000003e8", "00000008", "fffffffffffffc18"].join(""),
  );
});

test.each([
  ["uuid", "0198e0a0-0000-7000-8000-00000000zzzz", "22P02"],
  ["uuid", "0198e0a0-0000-7000-8000-0000000000001f", "22P02"],
  ["uuid", "0198e0a0-0000-7000-8000-0000000000", "22P02"],
  ["timestamptz", "soon", "22008"],
  ["int4", 2 ** 31, "22003"],
  ["int4", Number.NaN, "22003"],
  ["int8", 1.5, "22003"],
  ["int8", 2 ** 63, "22003"],
] as const)(
  "of type %s %s is refused as the database would, wherever it stands, instead of leaving out bytes",
  (type, value, code) => {
    const good = {
      uuid: "0198e0a0-0000-7000-8000-00000000000a",
      timestamptz: "2026-03-01T12:00:00Z",
      int4: 1,
      int8: 1,
    }[type];
    for (const values of [[value], [value, good], [good, value]])
      expect(() => binaryArray({ type, values } as Column)).toThrow(expect.objectContaining({ code }));
  },
);
