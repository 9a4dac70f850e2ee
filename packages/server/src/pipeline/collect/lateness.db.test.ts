import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBus } from "#platform/bus";
import { fixedClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { countEvents, createCollect, type Collect } from "./index.ts";

const NOW = "2026-03-01T12:00:00.000Z";
const by = { actor: { kind: "person", id: "usr_1", name: "ada" }, requestId: "r1" } as const;

describe.each(TEST_ENGINES)("the time sensors claim, on %s", (engine) => {
  const clock = fixedClock(NOW);
  let world: TestDatabase;
  let collect: Collect;
  let serial = 0;

  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    const deps = { database: world.db, clock, log: silentLogger, intakeBytesMax: 2 ** 20 };
    collect = createCollect({ ...deps, bus: createBus(clock) });
  });
  afterAll(async () => {
    await collect.stop();
    await world[Symbol.asyncDispose]();
  });

  async function aSensor() {
    const created = await collect.sensors.create({ name: `sensor ${(serial += 1)}`, kind: "ssh" }, by);
    if (!created.ok) throw new Error(created.refusal.detail);
    const { sensor } = created.value;
    const actor = { kind: "sensor", id: sensor.id, name: sensor.name } as const;
    return async (...times: readonly string[]): Promise<number> => {
      const body = times.map((timestamp) => JSON.stringify({ timestamp, event_type: "connection" })).join("\n");
      const done = await collect.intake({ sensor, by: { actor, requestId: null }, body: Buffer.from(body) });
      if (!done.ok) throw new Error(done.refusal.detail);
      return done.value.late;
    };
  }
  const newest = async () => (await countEvents(world.db.read, clock.now())).lastAt?.toISOString();

  test("an event dated far ahead says nothing about when anything happened last", async () => {
    const send = await aSensor();
    await send("9999-12-31T23:59:59Z");
    expect(await newest()).toBeUndefined();
    await send("2026-03-01T11:00:00Z");
    expect(await newest()).toBe("2026-03-01T11:00:00.000Z");
    await send("9999-12-31T23:59:59Z", "2026-03-01T11:01:00Z");
    expect(await newest()).toBe("2026-03-01T11:01:00.000Z");
  });

  test("it makes none of its sensor's honest events late, in its batch or after", async () => {
    const send = await aSensor();
    expect(await send("9999-12-31T23:59:59Z", "2026-02-01T09:00:00Z")).toBe(0);
    expect(await send("2026-02-01T09:01:00Z")).toBe(0);
    expect(await send("2026-02-01T08:00:00Z")).toBe(1);
  });

  test("a clock some minutes ahead counts as of now, never as of later", async () => {
    const send = await aSensor();
    expect(await send("2026-03-01T12:04:00Z")).toBe(0);
    expect(await newest()).toBe(NOW);
    expect(await send("2026-03-01T11:56:00Z")).toBe(0);
    expect(await send("2026-03-01T11:54:00Z")).toBe(1);
  });
});
