import { describe, expect, test } from "vitest";
import { normalise } from "./index.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
function read(event: Readonly<Record<string, unknown>>) {
  const read = normalise(JSON.stringify(event), { format: "auto", sensorKind: "custom", now: NOW });
  if (!read.ok) throw new Error(read.reason);
  return read.event;
}

describe("events of Windows as JSON", () => {
  test.each([
    [{ Channel: "Security", UtcTime: "2026-02-01 10:00:00.157" }, "2026-02-01T10:00:00.157Z"],
    [{ Channel: "Security", TimeCreated: "2026-02-01T10:00:00.1234567Z" }, "2026-02-01T10:00:00.123Z"],
    [{ Event: { System: { TimeCreated: { SystemTime: "2026-02-01T10:00:00Z" } } } }, "2026-02-01T10:00:00.000Z"],
    [{ "@timestamp": "2026-02-01T10:00:00Z", UtcTime: "2020-01-01 00:00:00" }, "2026-02-01T10:00:00.000Z"],
  ])("happened when Windows, or before it their shipper, says: %j", (event, time) => {
    expect(read(event)).toMatchObject({ time: new Date(time), timeOrigin: "source" });
  });

  test("whose own time is none happened, as far as anybody knows, when they were received", () => {
    expect(read({ Channel: "Security", UtcTime: "-" })).toMatchObject({ time: NOW, timeOrigin: "observed" });
  });

  test.each([{ Channel: "Security" }, { winlog: { channel: "Security" } }, { SourceName: "x" }])(
    "of one kind in one millisecond are two events: %j",
    (sign) => {
      expect(read({ ...sign, event_id: 4625 }).sourceId).toBeUndefined();
    },
  );

  test("are not what keeps others from having an id of their own", () => {
    expect(read({ source: "acme", event_id: 17 }).sourceId).toBe("17");
    expect(read({ SourceName: "acme", event_id: "e-1" }).sourceId).toBe("e-1");
  });
});

test.each([
  ["<86>Feb  1 10:00:00 gate myauth: x", 10],
  ["<38>1 2026-02-01T10:00:00Z gate myauth 7 - - x", 4],
  ["<0>2026-02-01T10:00:00Z gate kernel: x", 0],
  ["<192>Feb  1 10:00:00 gate myauth: x", undefined],
  ["Feb  1 10:00:00 gate myauth: x", undefined],
])("a syslog line is of the facility its priority says: %s", (line, facility) => {
  const event = normalise(line, { format: "auto", sensorKind: "custom", now: NOW });
  expect(event.ok ? event.event.fields["facility"] : event.reason).toBe(facility);
});
