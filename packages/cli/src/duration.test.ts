import { expect, test } from "vitest";
import { parseDuration, showBytes, showDuration } from "./duration.ts";

test("durations are read in seconds, minutes, hours, days and weeks", () => {
  expect(["90s", "15m", "24h", "7d", "2w", "1h30m"].map(parseDuration)).toEqual([
    90, 900, 86_400, 604_800, 1_209_600, 5400,
  ]);
});

test("anything else is no duration", () => {
  for (const text of ["", "24", "h", "1.5h", "-1h", "1y", "1h 30m", "9999999999s"])
    expect(parseDuration(text)).toBeUndefined();
});

test("durations and sizes are shown short", () => {
  expect([0, 59, 3661, 90_000].map(showDuration)).toEqual(["0s", "59s", "1h 1m", "1d 1h"]);
  expect([0, 1023, 1536, 5 * 1024 ** 3].map(showBytes)).toEqual(["0 B", "1023 B", "1.5 KiB", "5.0 GiB"]);
});
