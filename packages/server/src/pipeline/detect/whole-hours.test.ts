import { expect, test } from "vitest";
import { wholeHours } from "./ttp-store.ts";

test.each([
  ["2026-02-01T10:20:00Z", "2026-02-01T11:20:00Z", "2026-02-01T10:00:00.000Z", "2026-02-01T12:00:00.000Z"],
  ["2026-02-01T10:00:00Z", "2026-02-01T11:00:00Z", "2026-02-01T10:00:00.000Z", "2026-02-01T11:00:00.000Z"],
  // A whole hour later would be the year 10000, which the database refuses.
  ["9999-12-31T23:30:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:00:00.000Z", "9999-12-31T23:00:00.000Z"],
])("a span from %s to %s is asked about in whole hours that can be stored", (...[from, to, first, last]) => {
  expect(wholeHours(new Date(from), new Date(to))).toEqual({ from: new Date(first), to: new Date(last) });
});

test("a span without an end stays without one", () => {
  expect(wholeHours(null, null)).toEqual({ from: null, to: null });
});
