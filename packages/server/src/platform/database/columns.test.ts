import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { binaryArray } from "./columns.ts";

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

test("what is no uuid and what is no instant is refused, instead of leaving out bytes", () => {
  expect(() => binaryArray({ type: "uuid", values: ["0198e0a0-0000-7000-8000-00000000zzzz"] })).toThrow(RangeError);
  expect(() => binaryArray({ type: "timestamptz", values: ["soon"] })).toThrow(RangeError);
});
