import { describe, expect, test } from "vitest";
import { isTimeZone, localTime } from "./local-time.ts";

describe("the hour and weekday policies are asked with", () => {
  test.each([
    [
      "winter in Berlin is an hour ahead",
      { at: "2026-01-15T06:30:00Z", zone: "Europe/Berlin", local: { hour: 7, weekday: 4 } },
    ],
    [
      "summer in Berlin is two hours ahead",
      { at: "2026-07-15T06:30:00Z", zone: "Europe/Berlin", local: { hour: 8, weekday: 3 } },
    ],
    [
      "the last moment before clocks go forward",
      { at: "2026-03-29T00:59:59.999Z", zone: "Europe/Berlin", local: { hour: 1, weekday: 7 } },
    ],
    [
      "the hour that does not exist is skipped",
      { at: "2026-03-29T01:00:00Z", zone: "Europe/Berlin", local: { hour: 3, weekday: 7 } },
    ],
    [
      "the hour that exists twice, for the first time",
      { at: "2026-10-25T00:30:00Z", zone: "Europe/Berlin", local: { hour: 2, weekday: 7 } },
    ],
    [
      "the hour that exists twice, for the second time",
      { at: "2026-10-25T01:30:00Z", zone: "Europe/Berlin", local: { hour: 2, weekday: 7 } },
    ],
    ["and the hour after it", { at: "2026-10-25T02:00:00Z", zone: "Europe/Berlin", local: { hour: 3, weekday: 7 } }],
    [
      "half an hour of an offset counts",
      { at: "2026-01-15T18:29:59Z", zone: "Asia/Kolkata", local: { hour: 23, weekday: 4 } },
    ],
    ["and makes another day", { at: "2026-01-15T18:30:00Z", zone: "Asia/Kolkata", local: { hour: 0, weekday: 5 } }],
    ["midnight is 0, never 24", { at: "2026-02-01T00:00:00Z", zone: "UTC", local: { hour: 0, weekday: 7 } }],
    [
      "the day before, across the date line",
      { at: "2026-02-02T05:00:00Z", zone: "Pacific/Pago_Pago", local: { hour: 18, weekday: 7 } },
    ],
  ] as const)("%s", (_name, { at, zone, local }) => {
    expect(localTime(new Date(at), zone)).toEqual(local);
  });

  test.each(["", "Mars/Olympus", "+02:00", "europe berlin", "__proto__", "UTC\n", "A".repeat(64)])(
    "%j is no time zone",
    (name) => expect(isTimeZone(name)).toBe(false),
  );
  test.each(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])("%s is one", (name) =>
    expect(isTimeZone(name)).toBe(true),
  );
});
