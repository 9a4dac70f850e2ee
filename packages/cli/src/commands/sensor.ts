import { SENSOR_KINDS, type QuarantineItem, type Sensor } from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import type { Input } from "../input.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { needSensor } from "./find-sensor.ts";
import { printPages } from "./pages.ts";

const COLUMNS: readonly Column<Sensor>[] = [
  { name: "id", value: (row) => row.id },
  { name: "name", value: (row) => row.name, cuttable: true },
  { name: "kind", value: (row) => row.kind },
  { name: "active", value: (row) => (row.active ? "yes" : "no"), color: (row) => (row.active ? "green" : "dim") },
  { name: "key", value: (row) => `${row.keyHint}…` },
  { name: "key ends at", value: (row) => showInstant(row.keyEndsAt) },
  { name: "received", value: (row) => row.counters.received, right: true },
  { name: "stored", value: (row) => row.counters.stored, right: true },
  { name: "duplicate", value: (row) => row.counters.duplicate, right: true },
  { name: "rejected", value: (row) => row.counters.rejected, right: true },
  { name: "late", value: (row) => row.counters.late, right: true },
  { name: "last seen", value: (row) => showInstant(row.lastSeenAt) },
];
const QUARANTINE_COLUMNS: readonly Column<QuarantineItem>[] = [
  { name: "at", value: (row) => showInstant(row.at) },
  { name: "sensor", value: (row) => row.sensorId },
  { name: "from", value: (row) => row.rawRef },
  { name: "reason", value: (row) => row.reason },
  { name: "raw", value: (row) => row.raw, cuttable: true },
];

export const list: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("sensor.list", {});
  print.many(items, COLUMNS, "No sensors. Register one: tyr sensor add NAME --kind ssh");
  return EXIT.ok;
};

/** For people stdout holds the key alone, so that `> key-file` is all it takes. */
export function printKey(
  { print }: Context,
  made: Readonly<{ key: string; [other: string]: unknown }>,
  about: string,
): ExitCode {
  print.one(made, () => [visible(made.key)]);
  print.say(`${about} The key above is shown this once; only its hash is kept.`);
  return EXIT.ok;
}

/** For how many days a key counts, if somebody says so. */
export function keyLife(input: Input): { keyLifeDays?: number } {
  const keyLifeDays = input.whole("key-days", { min: 1, max: 365 });
  return keyLifeDays === undefined ? {} : { keyLifeDays };
}

export const add: Run = async (context, input) => {
  const name = input.value(0, "the sensor's name");
  const kind = input.oneOf("kind", SENSOR_KINDS) ?? "custom";
  const location = input.text("location");
  const body = { name, kind, ...keyLife(input), ...(location === undefined ? {} : { location }) };
  const made = await (await context.api()).call("sensor.create", { body });
  return printKey(context, made, `Registered ${made.sensor.id} ${visible(made.sensor.name)} (${made.sensor.kind}).`);
};

export const rotate: Run = async (context, input) => {
  const api = await context.api();
  const sensor = await needSensor(api, input.value(0, "the sensor"));
  if (!input.flag("yes"))
    await context.ask.confirm(`End the key of ${visible(sensor.name)} and make a new one?`, "--yes");
  const made = await api.call("sensor.rotate", { params: { id: sensor.id } });
  return printKey(context, made, `The old key of ${visible(sensor.name)} is dead.`);
};

export const deactivate: Run = async (context, input) => {
  const api = await context.api();
  const sensor = await needSensor(api, input.value(0, "the sensor"));
  if (!input.flag("yes")) await context.ask.confirm(`Take no more events from ${visible(sensor.name)}?`, "--yes");
  const ended = await api.call("sensor.deactivate", { params: { id: sensor.id } });
  context.print.many([ended], COLUMNS, "");
  return EXIT.ok;
};

export const quarantine: Run = async (context, input) => {
  const api = await context.api();
  const wanted = input.values[0];
  const filter = wanted === undefined ? {} : { sensor: (await needSensor(api, wanted)).id };
  return await printPages(context, input, {
    fetchPage: async (page) => await api.call("quarantine.list", { query: { ...filter, ...page } }),
    columns: QUARANTINE_COLUMNS,
    none: "The quarantine is empty.",
  });
};
