import { describe, expect, test } from "vitest";
import { isTimeZone, localTime } from "./local-time.ts";

describe("the hour and weekday policies are asked with", () => {
  test.each([
    ["winter in Berlin is an hour ahead", "2026-01-15T06:30:00Z", "Europe/Berlin", 7, 4],
    ["summer in Berlin is two hours ahead", "2026-07-15T06:30:00Z", "Europe/Berlin", 8, 3],
    ["the last moment before clocks go forward", "2026-03-29T00:59:59.999Z", "Europe/Berlin", 1, 7],
    ["the hour that does not exist is skipped", "2026-03-29T01:00:00Z", "Europe/Berlin", 3, 7],
    ["the hour that exists twice, for the first time", "2026-10-25T00:30:00Z", "Europe/Berlin", 2, 7],
    ["the hour that exists twice, for the second time", "2026-10-25T01:30:00Z", "Europe/Berlin", 2, 7],
    ["and the hour after it", "2026-10-25T02:00:00Z", "Europe/Berlin", 3, 7],
    ["half an hour of an offset counts", "2026-01-15T18:29:59Z", "Asia/Kolkata", 23, 4],
    ["and makes another day", "2026-01-15T18:30:00Z", "Asia/Kolkata", 0, 5],
    ["midnight is 0, never 24", "2026-02-01T00:00:00Z", "UTC", 0, 7],
    ["the day before, across the date line", "2026-02-02T05:00:00Z", "Pacific/Pago_Pago", 18, 7],
  ] as const)("%s", (_name, at, zone, hour, weekday) => {
    expect(localTime(new Date(at), zone)).toEqual({ hour, weekday });
  });

  test.each(["", "Mars/Olympus", "+02:00", "europe berlin", "__proto__", "UTC\n", "A".repeat(64)])(
    "%j is no time zone",
    (name) => expect(isTimeZone(name)).toBe(false),
  );
  test.each(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])("%s is one", (name) =>
    expect(isTimeZone(name)).toBe(true),
  );
});
