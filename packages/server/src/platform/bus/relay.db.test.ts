import { tmpdir } from "node:os";
import type { LiveData, LiveEntry } from "@tyr/contract";
import { Client } from "pg";
import { expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "#platform/clock";
import { openDatabase } from "#platform/database";
import { newId } from "#platform/ids";
import { silentLogger } from "#platform/log";
import { createPostgresDatabase, openTestDatabase, TEST_ENGINES } from "#platform/testing";
import { createBus, startRelay, type Bus } from "./index.ts";

const until = { timeout: 20_000, interval: 20 };
const BLOCK: LiveData["block.changed"] = { id: newId("block", new Date(0)), state: "active", value: "192.0.2.7/32" };

const OWN: LiveData["sensor.changed"] = { id: newId("sensor", new Date(0)) };

type Server = Readonly<{ bus: Bus; heard: LiveEntry[]; losses: () => number }>;

/** One of several servers on a database, as far as their buses are concerned. */
async function serverOn(url: string): Promise<Server> {
  const encode = (record: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(record));
  const database = await openDatabase({ url, dataDir: tmpdir(), clock: systemClock, encode });
  const bus = createBus(systemClock);
  const heard: LiveEntry[] = [];
  let losses = 0;
  bus.subscribe((entry) => heard.push(entry));
  bus.onLoss(() => void (losses += 1));
  if (database.notices === undefined) throw new Error("servers on PostgreSQL hear each other");
  const relay = startRelay({ notices: database.notices, bus, log: silentLogger, lookMs: 50 });
  onTestFinished(async () => {
    await relay.stop();
    await database[Symbol.asyncDispose]();
  });
  return { bus, heard, losses: () => losses };
}

async function at(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  onTestFinished(async () => await client.end());
  return client;
}

const listening =
  "select pid from pg_stat_activity where datname = current_database() and query in ('listen tyr_live', 'select 1')";

test("the embedded engine has one server: there is nobody to tell", async () => {
  await using world = await openTestDatabase("pglite");
  expect(world.db.notices).toBeUndefined();
});

test.skipIf(!TEST_ENGINES.includes("postgres"))(
  "what one server says is heard at the others once and in order, under their own numbers, and not again where it was said",
  async () => {
    const { url, drop } = await createPostgresDatabase();
    onTestFinished(async () => await drop());
    const [leader, standing] = [await serverOn(url), await serverOn(url)];
    const client = await at(url);
    await vi.waitFor(async () => expect((await client.query(listening)).rowCount).toBe(2), until);
    standing.bus.publish("sensor.changed", OWN);
    leader.bus.publish("block.changed", BLOCK);
    for (const count of [1, 2, 3]) leader.bus.publish("event.stored", { count, head: String(count) });

    const told = { topic: "block.changed", data: BLOCK };
    await vi.waitFor(() => expect(standing.heard.length).toBe(5), until);
    expect(standing.heard).toMatchObject([
      { seq: 1, topic: "sensor.changed" },
      { seq: 2, ...told },
      ...[1, 2, 3].map((count) => ({ seq: 2 + count, topic: "event.stored", data: { count, head: String(count) } })),
    ]);
    await vi.waitFor(() => expect(leader.heard.length).toBe(5), until);
    expect(leader.heard.at(-1)).toMatchObject({ topic: "sensor.changed", data: OWN });
    expect([leader.losses(), standing.losses()]).toEqual([0, 0]);

    // What is no message of this contract is passed over, and too long a one is not said: nothing breaks.
    const others = [
      "",
      "null",
      "{",
      '{"from":"x","topic":"block.changed","at":"now","data":{}}',
      '{"from":"x","topic":"y"}',
    ];
    for (const text of others) await client.query("select pg_notify('tyr_live', $1)", [text]);
    leader.bus.publish("settings.changed", { changed: ["x".repeat(9_000)] });
    leader.bus.publish("block.changed", BLOCK);
    await vi.waitFor(() => expect(standing.heard.length).toBe(6), until);
    expect(standing.heard.at(-1)).toMatchObject(told);
  },
  60_000,
);

test.skipIf(!TEST_ENGINES.includes("postgres"))(
  "a server whose connection broke hears again, and tells its live views that they may have missed something",
  async () => {
    const { url, drop } = await createPostgresDatabase();
    onTestFinished(async () => await drop());
    const [leader, standing] = [await serverOn(url), await serverOn(url)];
    const client = await at(url);
    await vi.waitFor(async () => expect((await client.query(listening)).rowCount).toBe(2), until);
    leader.bus.publish("block.changed", BLOCK);
    await vi.waitFor(() => expect(standing.heard.length).toBe(1), until);
    await client.query(`select pg_terminate_backend(pid) from (${listening}) as one`);
    await vi.waitFor(() => expect([leader.losses(), standing.losses()]).toEqual([1, 1]), until);
    expect(standing.bus.since(1), "what is kept has a hole").toBeUndefined();
    leader.bus.publish("block.changed", BLOCK);
    await vi.waitFor(() => expect(standing.heard.length).toBe(2), until);
  },
  60_000,
);
