import { expect, test } from "vitest";
import type { EventRow } from "./intake-store.ts";
import { type Before, placeRows } from "./place-rows.ts";

const NOW = new Date("2026-03-01T12:00:00.000Z");
const A = "0198e0a0-0000-7000-8000-00000000000a";
const B = "0198e0a0-0000-7000-8000-00000000000b";

const row = (id: string, time: string, sensor: string = A): EventRow => ({
  id,
  time: `2026-03-01T${time}.000Z`,
  sensor_id: sensor,
  kind: "log",
  session: null,
  src_ip: null,
  src_port: null,
  dst_ip: null,
  dst_port: null,
  transport: null,
  user_name: null,
  action: "log.line",
  outcome: "unknown",
  severity: "info",
  logsource: "{}",
  fields: null,
  ecs: "{}",
  raw: "{}",
  raw_exact: null,
  raw_ref: null,
});

const before = (given: Partial<Before> = {}): Before => ({
  position: 40,
  sensors: new Map([
    [A, { seq: 7, newest: null }],
    [B, { seq: 0, newest: new Date("2026-03-01T11:59:00.000Z") }],
  ]),
  ids: new Set(),
  ...given,
});

test("positions and numbers of sensors go on without gaps, and what is known takes none", () => {
  const incoming = [
    { row: row("1", "11:00:00"), part: 0 },
    { row: row("2", "11:00:01"), part: 0 },
    { row: row("3", "11:59:00", B), part: 1 },
    { row: row("4", "11:00:02"), part: 1 },
  ];
  const { rows, parts } = placeRows(incoming, before({ ids: new Set(["2"]) }), NOW);
  expect(rows.map((one) => [one.row.id, one.position, one.seq])).toEqual([
    ["1", 41, 8],
    ["3", 42, 1],
    ["4", 43, 9],
  ]);
  expect(parts).toEqual([
    { part: 0, stored: 1, late: 0, newest: new Date("2026-03-01T11:00:00.000Z") },
    { part: 1, stored: 2, late: 0, newest: new Date("2026-03-01T11:59:00.000Z") },
  ]);
});

test("late is what is more than five minutes older than the newest before it, stored or of this batch, of its own sensor", () => {
  const times = ["11:54:00", "11:53:59"];
  const stored = times.map((time, index) => ({ row: row(String(index), time, B), part: 0 }));
  expect(placeRows(stored, before(), NOW).rows.map(({ late }) => late)).toEqual([false, true]);
  const batch = ["11:30:00", "11:40:00", "11:34:59"].map((time, index) => ({ row: row(String(index), time), part: 0 }));
  const { rows, parts } = placeRows(batch, before(), NOW);
  expect(rows.map(({ late }) => late)).toEqual([false, false, true]);
  expect(parts).toMatchObject([{ late: 1, newest: new Date("2026-03-01T11:40:00.000Z") }]);
});

test("a clock that runs ahead counts as of now, and beyond five minutes says nothing about time", () => {
  const ahead = [
    { row: row("1", "12:05:01"), part: 0 },
    { row: row("2", "11:00:00"), part: 0 },
    { row: row("3", "12:05:00"), part: 1 },
    { row: row("4", "11:55:00"), part: 1 },
    { row: row("5", "11:54:59"), part: 1 },
  ];
  const { rows, parts } = placeRows(ahead, before(), NOW);
  expect(rows.map(({ late }) => late)).toEqual([false, false, false, false, true]);
  expect(parts.map(({ newest }) => newest)).toEqual([new Date("2026-03-01T11:00:00.000Z"), NOW]);
  expect(placeRows(ahead.slice(0, 1), before(), NOW).parts).toMatchObject([{ newest: null }]);
});

test("events are counted by the hour they say they are of, before 1970 too", () => {
  const old = { row: { ...row("1", "11:00:00"), time: "1969-12-31T23:59:59.999Z" }, part: 0 };
  const { hours } = placeRows([old, { row: row("2", "11:59:59"), part: 0 }], before(), NOW);
  expect([...hours]).toEqual([
    [-3_600_000, 1],
    [Date.UTC(2026, 2, 1, 11), 1],
  ]);
});

test("a row of a sensor that is not there is refused as one that is wrong, so that it alone is set aside", () => {
  const incoming = [{ row: row("1", "11:00:00", "0198e0a0-0000-7000-8000-00000000000c"), part: 0 }];
  expect(() => placeRows(incoming, before(), NOW)).toThrow(expect.objectContaining({ code: "22000" }));
});
