import { expect, test } from "vitest";
import { eventTimeMs } from "./event-time.ts";

const noon = Date.UTC(2026, 1, 1, 12);

test.each([
  ["an instant", { "@timestamp": "2026-02-01T12:00:00Z" }],
  ["one of another zone", { timestamp: "2026-02-01T14:00:00.000+02:00" }],
  ["Sysmon's, which is UTC without saying so", { UtcTime: "2026-02-01 12:00:00.000" }],
  ["seconds since 1970, with a fraction", { ts: noon / 1000 }],
  ["milliseconds as a text", { time: String(noon) }],
  ["the first that can be used", { "@timestamp": "yesterday", EventTime: "2026-02-01T12:00:00" }],
])("the time of an event is found in %s", (_, fields) => {
  expect(eventTimeMs(fields)).toBe(noon);
});

test("a field that was asked for is the only one looked at", () => {
  const fields = { "@timestamp": "2026-02-01T12:00:00Z", seen: noon };
  expect([eventTimeMs(fields, "seen"), eventTimeMs(fields, "gone")]).toEqual([noon, Number.NaN]);
});

test.each([{}, { ts: "soon" }, { ts: -1 }, { ts: 9e15 }, { ts: {} }, { ts: "2026-99-99T00:00:00Z" }])(
  "what is no time is none: %j",
  (fields) => {
    expect(eventTimeMs(fields)).toBeNaN();
  },
);
