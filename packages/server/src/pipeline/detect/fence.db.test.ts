import { expect, test } from "vitest";
import { createBus, cursorOf } from "#platform/bus";
import { systemClock, type Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Leading } from "#platform/lifecycle";
import { silentLogger } from "#platform/log";
import { openTestDatabase } from "#platform/testing";
import { decideLook, lookDone, lookOf, saveLook } from "./actors/look-store.ts";
import { createEvaluator } from "./evaluate.ts";
import { eraseAddress } from "./lift/credential-store.ts";
import { buildRulePack } from "./rule-pack.ts";
import { storeLines } from "./testing/stored-log.ts";
import { DetectWorker } from "./worker.ts";

const RULES = `
title: Refused
id: 11111111-1111-4111-8111-111111111111
name: refused
logsource: { category: authentication }
detection: { selection: { event.outcome: failure }, condition: selection }
---
title: Guessing
id: 33333333-3333-4333-8333-333333333333
tags: [attack.credential-access, attack.t1110]
correlation:
  { type: event_count, rules: [refused], group-by: [source.ip], timespan: 5m, condition: { gte: 5 } }
`;
const pack = buildRulePack([{ path: "rules.yml", text: RULES }]);
const ignore = (): undefined => undefined;
const quiet = { onLoss: ignore, onDetected: ignore, onRefused: ignore, onStep: ignore };

function stageOn(database: Database, leading?: Leading, clock: Clock = systemClock): DetectWorker {
  const parts = { database, clock, bus: createBus(systemClock), log: silentLogger, rules: pack };
  return new DetectWorker({ ...parts, ...(leading === undefined ? {} : { leading }) }, quiet);
}

async function drain(stage: DetectWorker): Promise<void> {
  while (await stage.step());
}

const failure = (address: string, second: number): string =>
  `Feb  1 10:00:0${second} gate sshd[9]: Failed password for invalid user u${second} from ${address} port 4000 ssh2`;
const MOVED = "is not where this process left it";

test("a stage another process has gone on from writes nothing any more, so that the next one finds what it should", async () => {
  await using world = await openTestDatabase("pglite");
  const { db } = world;
  const undisturbed = createEvaluator(pack);
  const expected: string[] = [];
  const put = async (name: string, lines: readonly string[]): Promise<void> => {
    const { events } = await storeLines(db, lines, name);
    expected.push(...events.flatMap((event) => undisturbed.evaluate(event)).map(({ id }) => id));
  };
  const saved = async () => await db.read.selectFrom("correlation_checkpoint").select("position").execute();

  // Three that believed they led and stood still, one of which knows by now that it does not.
  let isLeading = true;
  const knowing = stageOn(db, { isLeading: () => isLeading, onChange: () => ignore });
  const [idle, changing] = [stageOn(db), stageOn(db)];
  await put("one", [failure("203.0.113.1", 1), failure("203.0.113.1", 2)]);
  for (const one of [idle, knowing, changing]) await drain(one);

  const leader = stageOn(db);
  await put("two", [failure("203.0.113.1", 3), failure("203.0.113.1", 4)]);
  await drain(leader);
  await leader.save();
  expect(await saved()).toEqual([{ position: 4 }]);

  isLeading = false;
  await knowing.end();
  await expect(idle.end()).rejects.toThrow(MOVED);
  const replaced = changing.replace(buildRulePack([{ path: "rules.yml", text: RULES.replace("gte: 5", "gte: 6") }]));
  await expect(changing.step()).rejects.toThrow(MOVED);
  changing.standBy();
  await replaced;
  expect(await saved()).toEqual([{ position: 4 }]);

  await put("three", [failure("203.0.113.7", 5)]);
  await drain(leader);
  await leader.save();
  await put("four", [failure("203.0.113.1", 6)]);
  const next = stageOn(db);
  await drain(next);
  const found = await db.read.selectFrom("detection").select("id").execute();
  expect(found.map(({ id }) => id)).toEqual(expected);
  expect(expected).toHaveLength(1);
});

test("a look another process has finished is not finished again, and what that one read is not taken for looked at", async () => {
  await using world = await openTestDatabase("pglite");
  const { db } = world;
  const now = new Date("2026-02-01T00:00:00.000Z");
  const write = db.bookkeep;
  const [from, counted, position] = [await cursorOf(db.read, "actors.look"), 10, 10];
  await write("cursor", async (tx) => await saveLook(tx, { counted, isDue: false }));
  expect(await write("cursor", decideLook)).toBe(true);
  const done = { from, counted, position, now };
  await write("cursor", async (tx) => await lookDone(tx, done));
  expect(await lookOf(db.read)).toEqual({ counted: 10, looked: 10, isDue: false });

  await write("cursor", async (tx) => await saveLook(tx, { counted: 20, isDue: true }));
  await expect(write("cursor", async (tx) => await lookDone(tx, done))).rejects.toThrow(MOVED);
  const stale = { ...done, from: position, position: 20 };
  await expect(write("cursor", async (tx) => await lookDone(tx, stale))).rejects.toThrow(
    "not where this process looked",
  );
  expect(await lookOf(db.read)).toEqual({ counted: 20, looked: 10, isDue: true });
  expect(await cursorOf(db.read, "actors.look")).toBe(position);
});

const MANY = `
title: Many sources
id: 43333333-3333-4333-8333-333333333333
correlation:
  { type: value_count, rules: [refused], group-by: [host.name], timespan: 5m, condition: { gte: 50, field: source.ip } }
`;

test.each(["in the memory of the stage", "after a restart"])(
  "an address that is erased before windows were ever saved is in none, also %s",
  async (where) => {
    await using world = await openTestDatabase("pglite");
    const { db } = world;
    let skewMs = 0;
    const both = buildRulePack([{ path: "rules.yml", text: `${RULES}---${MANY}` }]);
    const begin = (): DetectWorker => {
      const clock: Clock = { now: () => new Date(Date.now() + skewMs) };
      const parts = { database: db, clock, bus: createBus(systemClock), log: silentLogger, rules: both };
      return new DetectWorker(parts, quiet);
    };
    let stage = begin();
    const drainLater = async (): Promise<void> => {
      skewMs += 6_000;
      await drain(stage);
    };
    const rowsNaming = async (address: string): Promise<number> => {
      const rows = await db.read.selectFrom("correlation_group").selectAll().execute();
      return rows.filter((row) => JSON.stringify(row).includes(JSON.stringify(JSON.stringify(address)).slice(1, -1)))
        .length;
    };
    const waiting = async () => await db.read.selectFrom("window_erasure").select("address").execute();
    const erase = async (address: string) =>
      await db.bookkeep("counters", async (tx) => await eraseAddress(tx, `value:${address}`));
    await storeLines(db, [failure("203.0.113.1", 1), failure("203.0.113.1", 2), failure("203.0.113.11", 2)], "one");
    await drain(stage);
    expect(await rowsNaming("203.0.113.1"), "not saved yet").toBe(0);
    await erase("203.0.113.1");
    if (where === "after a restart") stage = begin();
    await drainLater();
    await storeLines(db, [failure("203.0.113.11", 3)], "two");
    await drainLater();
    await drainLater();
    expect(await rowsNaming("203.0.113.1")).toBe(0);
    expect(await rowsNaming("203.0.113.11")).toBeGreaterThan(0);
    expect(await waiting(), "what was erased is remembered no longer than it takes").toEqual([]);

    await storeLines(
      db,
      [3, 4, 5].map((second) => failure("203.0.113.1", second)),
      "three",
    );
    await drainLater();
    await drainLater();
    expect(await rowsNaming("203.0.113.1"), "who comes back begins anew").toBeGreaterThan(0);
    await erase("203.0.113.1");
    expect([await rowsNaming("203.0.113.1"), await waiting()], "everything was saved: nothing is read again").toEqual([
      0,
      [],
    ]);
    await drainLater();
    await storeLines(db, [failure("203.0.113.1", 6), failure("203.0.113.1", 7)], "four");
    await drainLater();
    expect(await db.read.selectFrom("detection").select("id").execute(), "five, of which three were erased").toEqual(
      [],
    );
  },
);

test("windows of an erased address are gone at once, and do not come back out of the memory of the stage", async () => {
  await using world = await openTestDatabase("pglite");
  const { db } = world;
  let skewMs = 0;
  const stage = stageOn(db, undefined, { now: () => new Date(Date.now() + skewMs) });
  const keys = async () => {
    const rows = await db.read.selectFrom("correlation_group").select("group_key").orderBy("group_key").execute();
    return rows.map(({ group_key }) => JSON.parse(group_key) as unknown);
  };
  const erase = async (address: string) =>
    await db.bookkeep("counters", async (tx) => await eraseAddress(tx, `value:${address}`));
  const put = async (name: string, address: string, seconds: readonly number[]): Promise<void> => {
    await storeLines(
      db,
      seconds.map((second) => failure(address, second)),
      name,
    );
    await drain(stage);
  };
  await put("one", "203.0.113.1", [1, 2]);
  await put("two", "203.0.113.11", [1, 2]);
  await stage.save();
  expect(await keys()).toEqual([["203.0.113.1"], ["203.0.113.11"]]);
  await put("three", "203.0.113.11", [3]);

  expect(await erase("203.0.113.1")).toBe(1);
  expect(await keys()).toEqual([["203.0.113.11"]]);
  await expect(stage.save(), "read before the erasure").rejects.toThrow(MOVED);
  await put("four", "203.0.113.1", [4, 5, 6]);
  await stage.save();
  expect(await keys()).toEqual([["203.0.113.1"], ["203.0.113.11"]]);
  expect(await erase("203.0.113.1")).toBe(1);
  skewMs += 1_000;
  await put("five", "203.0.113.11", [7]);
  await stage.save();
  expect(await keys()).toEqual([["203.0.113.11"]]);
  await put("six", "203.0.113.1", [7, 8]);
  await put("seven", "203.0.113.11", [8]);
  const found = await db.read.selectFrom("detection").select("actor_ip").execute();
  expect(found, "five of one that nobody erased, never five of the other").toEqual([{ actor_ip: "203.0.113.11" }]);
});
