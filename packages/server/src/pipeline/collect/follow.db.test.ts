import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Result } from "@tyr/contract";
import { createBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { createCollect, eventHead, readEventsAfter, type Collect, type SensorWithKey } from "./index.ts";

const by = { actor: { kind: "person", id: "usr_1", name: "ada" }, requestId: null } as const;
const SAMPLE = fileURLToPath(new URL("../../../sample/", import.meta.url));
const line = (n: number): string =>
  `2026-03-01T10:00:00Z web-1 sshd[${n}]: Failed password for root from 203.0.113.9 port ${n} ssh2\n`;
const portOf = (raw: string): number => Number(/port (\d+)/.exec(raw)?.[1]);

describe.each(TEST_ENGINES)("followed files and sensors on %s", (engine) => {
  let world: TestDatabase;
  let collect: Collect;
  let folder: string;
  let log: string;
  let before: number;
  let serial = 0;

  const open = (): Collect => {
    const deps = { database: world.db, clock: systemClock, log: silentLogger, bus: createBus(systemClock) };
    return createCollect({ ...deps, intakeBytesMax: 1024 * 1024 });
  };
  beforeAll(async () => {
    world = await openTestDatabase(engine);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => {
    collect = open();
    folder = mkdtempSync(join(tmpdir(), "tyr-follow-"));
    log = join(folder, "auth.log");
    before = await eventHead(world.db.read);
    serial += 1;
  });
  afterEach(async () => {
    await collect.stop();
    rmSync(folder, { recursive: true });
  });

  const stored = async (): Promise<number[]> =>
    (await readEventsAfter(world.db.read, before, 10_000)).map(({ raw }) => portOf(raw));
  /** The ports stored since the test began, once there are so many. */
  async function ports(count: number): Promise<number[]> {
    const giveUpAt = Date.now() + 15_000;
    while ((await stored()).length < count && Date.now() < giveUpAt) await sleep(50);
    return await stored();
  }
  const follow = (): void => collect.follow([{ sensor: `followed ${serial}`, path: log }]);
  async function restart(): Promise<void> {
    await collect.stop();
    collect = open();
    follow();
  }
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, at) => at + 1);
  function ok<T>(result: Result<T>): T {
    if (!result.ok) throw new Error(result.refusal.detail);
    return result.value;
  }

  test("lines are stored as they are written, half a line when it is whole, and the sensor registers itself", async () => {
    writeFileSync(log, line(1) + line(2).slice(0, 30));
    follow();
    expect(await ports(1)).toEqual([1]);
    appendFileSync(log, line(2).slice(30));
    expect(await ports(2)).toEqual([1, 2]);
    const [first, second] = await readEventsAfter(world.db.read, before, 10);
    expect([first?.rawRef, second?.rawRef]).toEqual([`${log}:1`, `${log}:2`]);
    expect(await collect.sensors.byName(`followed ${serial}`)).toMatchObject({
      kind: "custom",
      counters: { stored: 2 },
    });
  });

  test("a restart goes on where the last transaction ended", async () => {
    writeFileSync(log, upTo(3).map(line).join(""));
    follow();
    await ports(3);
    await collect.stop();
    appendFileSync(log, line(4));
    await restart();
    expect(await ports(4)).toEqual([1, 2, 3, 4]);
  });

  test("a rotated file is read to its end before its successor, also across a restart", async () => {
    writeFileSync(log, line(1));
    follow();
    await ports(1);
    await collect.stop();
    appendFileSync(log, line(2));
    renameSync(log, `${log}.1`);
    writeFileSync(log, line(3));
    await restart();
    expect(await ports(3)).toEqual([1, 2, 3]);
    renameSync(log, `${log}.2`);
    appendFileSync(`${log}.2`, line(4).trimEnd());
    writeFileSync(log, line(5));
    expect(await ports(5)).toEqual([1, 2, 3, 4, 5]);
  });

  test("a truncated file is read again from its beginning, also when it has outgrown the old place", async () => {
    writeFileSync(log, line(1));
    follow();
    await ports(1);
    await collect.stop();
    truncateSync(log);
    appendFileSync(log, [2, 3, 4].map(line).join(""));
    await restart();
    expect(await ports(4)).toEqual([1, 2, 3, 4]);
  });

  test("a line without an end does not stop what comes after it", async () => {
    writeFileSync(log, `${"A".repeat(600_000)}\n${line(1)}`);
    follow();
    expect(await ports(1)).toEqual([1]);
    expect(await collect.sensors.byName(`followed ${serial}`)).toMatchObject({ counters: { stored: 1, rejected: 3 } });
  });

  test("a recording of a terminal is passed over, every line of it, and its successor is read", async () => {
    const header = [1, ...Array.from({ length: 23 }, () => 0)];
    writeFileSync(log, Buffer.concat([Buffer.from(header), Buffer.from(`typed\n${line(1)}`)]));
    follow();
    await expect.poll(async () => await collect.sensors.byName(`followed ${serial}`)).toBeDefined();
    renameSync(log, `${log}.1`);
    writeFileSync(log, line(2));
    expect(await ports(1)).toEqual([2]);
    expect(await collect.sensors.byName(`followed ${serial}`)).toMatchObject({ counters: { stored: 1, rejected: 0 } });
  });

  test("the sample is not replayed into a store that holds somebody's events", async () => {
    await collect.importSample(SAMPLE).then((replayed) => expect(replayed).toBe(false));
  });

  test("a key is recognised until it is rotated or its sensor deactivated, then at once no more", async () => {
    const made: SensorWithKey = ok(await collect.sensors.create({ name: `keyed ${serial}`, kind: "web" }, by));
    const { id } = made.sensor;
    expect(made.key).toMatch(/^tyr_snr_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    expect((await collect.sensors.authenticate(made.key))?.id).toBe(id);
    expect(await collect.sensors.authenticate(`${made.key.slice(0, -1)}~`)).toBeUndefined();
    const flipped = made.key.slice(0, -1) + (made.key.endsWith("A") ? "B" : "A");
    expect(await collect.sensors.authenticate(flipped)).toBeUndefined();
    const { key } = ok(await collect.sensors.rotate(id, by));
    expect([await collect.sensors.authenticate(made.key), (await collect.sensors.authenticate(key))?.id]).toEqual([
      undefined,
      id,
    ]);
    expect(ok(await collect.sensors.deactivate(id, by)).active).toBe(false);
    expect(await collect.sensors.authenticate(key)).toBeUndefined();
    expect(await collect.sensors.active(id)).toBeUndefined();
    expect(await collect.sensors.rotate(id, by)).toMatchObject({ refusal: { code: "NOT_FOUND" } });
    const twice = await collect.sensors.create({ name: `keyed ${serial}`, kind: "web" }, by);
    expect(twice).toMatchObject({ refusal: { code: "NAME_TAKEN" } });
    const text = JSON.stringify(await world.records());
    expect([text.includes(made.key), text.includes(key)]).toEqual([false, false]);
  });

  test("a key ends by itself when its days are over, also where it was just believed, and a rotation renews it for as long", async () => {
    const clock = { at: Date.now(), now: () => new Date(clock.at) };
    const timed = createCollect({
      database: world.db,
      clock,
      log: silentLogger,
      bus: createBus(clock),
      intakeBytesMax: 1024 * 1024,
    });
    const day = 86_400_000;
    const { sensor, key } = ok(
      await timed.sensors.create({ name: `ending ${serial}`, kind: "web", keyLifeDays: 30 }, by),
    );
    expect(sensor.keyEndsAt.getTime()).toBe(clock.at + 30 * day);
    clock.at += 30 * day - 1;
    expect((await timed.sensors.authenticate(key))?.id).toBe(sensor.id);
    clock.at += 1;
    expect(await timed.sensors.authenticate(key)).toBeUndefined();
    const renewed = ok(await timed.sensors.rotate(sensor.id, by));
    expect(renewed.sensor.keyEndsAt.getTime()).toBe(clock.at + 30 * day);
    expect((await timed.sensors.authenticate(renewed.key))?.id).toBe(sensor.id);
    await timed.stop();
  });
});

test("the sample is replayed into an empty store, goes on after a stop, and is not replayed again", async () => {
  await using world = await openTestDatabase("pglite");
  const open = (bus = createBus(systemClock)): Collect =>
    createCollect({ database: world.db, clock: systemClock, log: silentLogger, bus, intakeBytesMax: 1024 * 1024 });
  const bus = createBus(systemClock);
  const first = open(bus);
  const stopped = new Promise<void>((resolve) => {
    bus.subscribe(({ topic, data }) => topic === "import.progress" && data.done === 3000 && resolve());
  });
  const interrupted = first.importSample(SAMPLE);
  await stopped;
  const half = await eventHead(world.db.read);
  expect(half).toBeGreaterThanOrEqual(3000);
  await interrupted;
  const whole = await eventHead(world.db.read);
  expect(whole).toBe(7121 + 2500 + 945);
  expect(first.imports().map(({ name, done, state }) => [name, done, state])).toEqual([
    ["sample-ssh", 7121, "done"],
    ["sample-web", 2500, "done"],
    ["sample-cowrie", 945, "done"],
  ]);
  // As if the process had died after three thousand lines: the bookmark says so, the lines behind it are known by their ids.
  await world.db.bookkeep("cursor", async (tx) => {
    await tx
      .updateTable("bookmark")
      .set({ position: 3000, finished: false })
      .where("source", "=", "sample:auth.log.gz")
      .execute();
  });
  const second = open();
  expect(await second.importSample(SAMPLE)).toBe(true);
  expect(second.imports().map(({ name }) => name)).toEqual(["sample-ssh"]);
  expect(await eventHead(world.db.read)).toBe(whole);
  expect((await second.sensors.list()).map(({ name, counters }) => [name, counters.duplicate])).toEqual([
    ["sample-cowrie", 0],
    ["sample-ssh", 4121],
    ["sample-web", 0],
  ]);
});

test("a stop during the replay ends it after the batch in hand, and nothing of it touches the database any more", async () => {
  const world = await openTestDatabase("pglite");
  const bus = createBus(systemClock);
  const deps = { database: world.db, clock: systemClock, log: silentLogger, bus, intakeBytesMax: 1024 * 1024 };
  const collect = createCollect(deps);
  const begun = new Promise<void>((resolve) => {
    bus.subscribe(({ topic, data }) => topic === "import.progress" && data.done === 1000 && resolve());
  });
  const replay = collect.importSample(SAMPLE);
  await begun;
  await collect.stop();
  const head = await eventHead(world.db.read);
  expect(head).toBeLessThan(7121);
  await world[Symbol.asyncDispose]();
  await expect(replay).resolves.toBe(true);
});
