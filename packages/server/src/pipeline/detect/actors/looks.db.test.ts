import { expect, test } from "vitest";
import type { Database } from "#platform/database";
import { openTestDatabase } from "#platform/testing";
import { isDerived, readEventsAfter } from "#collect";
import { generator } from "../testing/stored-log.ts";
import { lookOf } from "./look-store.ts";
import { hash32, sessionLines } from "./testing/scenarios.ts";
import { climbAll, climbUp, happen, worldOn, type World } from "./testing/world.ts";
import { climb, lookHere } from "./worker.ts";

const LOOK_EVERY = 60;

/** Gangs whose addresses come back: with a client so many have in the end that it holds nobody together, or with their own. */
function gangs(seed: number): readonly string[] {
  const random = generator(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  return Array.from({ length: 80 }, () => {
    const one = pick(56);
    const gang = one % 14;
    const own = gang.toString(16).padStart(32, "0");
    return sessionLines({
      at: `2026-04-${String(1 + pick(28)).padStart(2, "0")}T0${pick(9)}:00:00Z`,
      ip: `45.7.${gang}.${1 + one}`,
      hassh: random() < 0.3 ? hash32("0123456789abcdef"[gang % 3] ?? "0") : own,
      logins: [`user${pick(4)}:pw-${gang}`, `root:pw-${pick(20)}`],
      commands: [`echo gang ${"abcdefgh"[gang % 8]}`, ["uname -a", "id", "w"][pick(3)] ?? "id"],
    });
  }).flat();
}
const lines = gangs(5);

/** All that was told of identities: which, when, and with which counts; and how stable they are said to be. */
async function told({ read }: Database): Promise<readonly string[]> {
  const events = (await readEventsAfter(read, 0, 10_000)).filter(isDerived);
  const profiles = await read.selectFrom("actor_profile").selectAll().execute();
  const told = events.map(({ id, time, fields }) => JSON.stringify([id, time, fields]));
  return [...told, ...profiles.map((row) => JSON.stringify(row))].toSorted();
}

class Killed extends Error {}

/** A database whose process dies at some of its transactions: before they begin, or after they are on disk. */
function mortal(database: Database, random: () => number): Database {
  const may = (): void => {
    if (random() < 0.15) throw new Killed();
  };
  return {
    ...database,
    async audited(facts, work) {
      may();
      const value = await database.audited(facts, work);
      may();
      return value;
    },
    async bookkeep(what, work) {
      may();
      const value = await database.bookkeep(what, work);
      may();
      return value;
    },
  };
}

async function livingOn(work: () => Promise<unknown>): Promise<number> {
  for (let deaths = 0; ; deaths += 1)
    try {
      await work();
      return deaths;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
}

/** In one go, as an import is read. */
async function undisturbed(): Promise<readonly string[]> {
  await using database = await openTestDatabase();
  await happen(database.db, lines, "crowd");
  await climbAll(worldOn(database.db, { lookEvery: LOOK_EVERY }));
  return await told(database.db);
}

test("what is told of identities depends on events alone: not on batches, on kills, or on when the ladder was awake", async () => {
  const expected = await undisturbed();
  expect(expected.length).toBeGreaterThan(8);
  await using database = await openTestDatabase();
  const random = generator(11);
  const world: World = worldOn(mortal(database.db, random), { lookEvery: LOOK_EVERY, batchMax: 29, stepMax: 9 });
  let deaths = 0;
  for (let from = 0; from < lines.length;) {
    const portion = 20 + Math.floor(random() * 160);
    // Other processes live: only the ladder dies, and each of its deaths leaves it wherever it was.
    await happen(database.db, lines.slice(from, from + portion), `crowd-${from}`);
    from += portion;
    const turns = Math.floor(random() * 12);
    if (random() < 0.5) deaths += await livingOn(async () => await climbUp(world));
    else for (let turn = 0; turn < turns; turn += 1) deaths += await livingOn(async () => await climb(world.deps));
  }
  deaths += await livingOn(async () => await climbAll(world));
  expect(deaths).toBeGreaterThan(20);
  expect(await told(database.db)).toEqual(expected);
});

test("a look that is decided is taken there, though its process dies and events come first", async () => {
  await using database = await openTestDatabase();
  const world = worldOn(database.db);
  await happen(database.db, lines.slice(0, 200), "one");
  await climbUp(world);
  expect(await told(database.db)).toEqual([]);
  expect(await lookHere(world.deps)).toBe(true);
  const { counted } = await lookOf(database.db.read);
  await happen(database.db, lines.slice(200), "two");
  while ((await lookOf(database.db.read)).isDue) await climb(worldOn(database.db, { batchMax: 5 }).deps);
  expect(await lookOf(database.db.read)).toEqual({ counted, looked: counted, isDue: false });
  const early = await told(database.db);
  expect(early.length).toBeGreaterThan(1);
  await climbAll(world);
  expect((await told(database.db)).length).toBeGreaterThan(early.length);
  expect(await lookHere(world.deps)).toBe(false);
});
