import { expect, test } from "vitest";
import {
  controlText,
  describeInstant,
  formatAge,
  formatDuration,
  formatInstant,
  formatShort,
  parseControl,
} from "./format.ts";

const instant = "2026-03-29T00:59:30.000Z";

test("the same instant reads differently in UTC and in the reader's zone", () => {
  expect(formatInstant(instant, "utc")).toBe("2026-03-29 00:59:30");
  expect(formatInstant(instant, "local", "America/New_York")).toBe("2026-03-28 20:59:30");
  expect(formatInstant(instant, "local", "Asia/Kolkata")).toBe("2026-03-29 06:29:30");
});

test("the hour that summer time skips is never shown", () => {
  expect(formatInstant("2026-03-29T00:59:59Z", "local", "Europe/Berlin")).toBe("2026-03-29 01:59:59");
  expect(formatInstant("2026-03-29T01:00:00Z", "local", "Europe/Berlin")).toBe("2026-03-29 03:00:00");
});

test("midnight is 00 and never 24", () => {
  expect(formatInstant("2026-02-01T00:00:00Z", "utc")).toBe("2026-02-01 00:00:00");
  expect(formatShort("2026-02-01T00:00:00Z", "utc")).toBe("02-01 00:00");
});

test("something that is not a time is unknown, not 1970", () => {
  expect(formatInstant("", "utc")).toBe("unknown");
  expect(formatAge("soon", 0)).toBe("unknown");
});

test("ages keep the largest unit that still says something", () => {
  expect([4, 89, 90, 5399, 5400, 129_599, 129_600, 63_115_199, 63_115_200].map(formatDuration)).toEqual([
    "4 s",
    "89 s",
    "1 min",
    "89 min",
    "1 h",
    "35 h",
    "1 d",
    "730 d",
    "2 y",
  ]);
});

test("the future is told from the past", () => {
  const now = Date.parse("2026-02-01T12:00:00Z");
  expect(formatAge("2026-02-01T11:48:00Z", now)).toBe("12 min ago");
  expect(formatAge("2026-02-01T15:00:00Z", now)).toBe("in 3 h");
  expect(describeInstant("2026-02-01T12:00:00Z", now)).toBe("2026-02-01T12:00:00.000Z · now");
});

test("a time typed into a control is meant in the zone that is switched on", () => {
  expect(parseControl("2026-02-01T14:17", "utc")).toBe("2026-02-01T14:17:00.000Z");
  expect(parseControl("", "utc")).toBeUndefined();
  expect(parseControl("14:17", "utc")).toBeUndefined();
  expect(controlText("2026-02-01T14:17:31.627Z", "utc")).toBe("2026-02-01T14:17:31");
  expect(controlText("2026-02-01T14:17:31.627Z", "local", "Asia/Kolkata")).toBe("2026-02-01T19:47:31");
  expect(controlText(undefined, "utc")).toBe("");
});
