import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sql } from "kysely";
import { ok, refuse } from "@tyr/contract";
import { cursorOf, headOf, moveCursor, takePositions } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { openDatabase, rowsOf, urgently, type Database, type Fact, type WriteTransaction } from "#platform/database";
import { embeddedDirectory, openTestDatabase, TEST_ENGINES, type EngineName } from "./testing.ts";

const fact: Fact = {
  type: "system.heartbeat",
  actor: { kind: "system", id: "system", name: "system" },
  object: { kind: "test", id: "1" },
};
const options = { clock: systemClock, encode: () => new Uint8Array() };
const cursor = (position: number) => ({ consumer: "test", position, now: systemClock.now() });

const COMMITS = 50;

/**
 * How often the engine synced its log to disk. PostgreSQL counts for all its databases together, so others' commits may
 * add to it, never take away: https://www.postgresql.org/docs/17/monitoring-stats.html (pg_stat_wal; in 18 pg_stat_io).
 */
async function syncsOf(db: Database, engine: EngineName): Promise<number> {
  if (engine === "pglite") return (await db.syncs()) ?? 0;
  // What a connection counted is otherwise published once a second.
  await db.read.selectNoFrom(sql`pg_stat_force_next_flush()`.as("flushed")).execute();
  const { version } = await db.read
    .selectNoFrom(sql<number>`current_setting('server_version_num')::int`.as("version"))
    .executeTakeFirstOrThrow();
  const count =
    version >= 180_000
      ? sql<number>`(select sum(fsyncs)::int8 from pg_stat_io where object = 'wal')`
      : sql<number>`(select wal_sync from pg_stat_wal)`;
  const { syncs } = await db.read.selectNoFrom(count.as("syncs")).executeTakeFirstOrThrow();
  return syncs;
}

describe.each(TEST_ENGINES)("the database on %s", (engine) => {
  test("a state change and its audit entry appear together", async () => {
    await using world = await openTestDatabase(engine);
    await world.db.audited(fact, async (tx) => await moveCursor(tx, cursor(7)));
    expect(await cursorOf(world.db.read, "test")).toBe(7);
    expect(await world.records()).toMatchObject([
      { v: 1, type: "system.heartbeat", outcome: "success", object: { id: "1" } },
    ]);
  });

  test("rows arrive as they were sent, whatever texts they hold, and so do no rows", async () => {
    await using world = await openTestDatabase(engine);
    const texts = ["", 'it\'s "quoted", {NULL} \\\\', "é 🦊 \u0001", "\uD800", null];
    const id = "0198e0a0-1b2c-7d3e-8f40-0123456789ab";
    const rows = (count: number) =>
      rowsOf("given", {
        place: { type: "int4", values: [1, 2, 3, 4, 5].slice(0, count) },
        text: { type: "text", values: texts.slice(0, count) },
        number: { type: "int8", values: [0, -1, 2 ** 53 - 1, null, 5].slice(0, count) },
        id: { type: "uuid", values: [id, id, null, id, id].slice(0, count) },
        at: { type: "timestamptz", values: Array(count).fill("1969-07-20T20:17:40.123Z") },
      });
    const read = async (count: number) =>
      await world.db.bookkeep("cursor", async (tx) => {
        const all = sql`select text, number, id::text, at from ${rows(count)} order by place`;
        return (await all.execute(tx)).rows;
      });
    const at = new Date("1969-07-20T20:17:40.123Z");
    expect(await read(5)).toEqual([
      { text: texts[0], number: 0, id, at },
      { text: texts[1], number: -1, id, at },
      { text: texts[2], number: 2 ** 53 - 1, id: null, at },
      { text: "\uFFFD", number: null, id, at },
      { text: null, number: 5, id, at },
    ]);
    expect(await read(0)).toEqual([]);
  });

  test("a change whose work fails leaves neither change nor entry", async () => {
    await using world = await openTestDatabase(engine);
    const work = world.db.audited(fact, async (tx) => {
      await moveCursor(tx, cursor(7));
      throw new Error("half way");
    });
    await expect(work).rejects.toThrow("half way");
    expect(await cursorOf(world.db.read, "test")).toBe(0);
    expect(await world.records()).toEqual([]);
  });

  test("a refusal changes nothing and writes no entry of success", async () => {
    await using world = await openTestDatabase(engine);
    const refused = await world.db.audited(fact, async (tx) => {
      await moveCursor(tx, cursor(7));
      return refuse("NOT_FOUND", "no such thing");
    });
    expect(refused.ok).toBe(false);
    expect(await cursorOf(world.db.read, "test")).toBe(0);
    expect(await world.records()).toEqual([]);
  });

  test("work that names no fact is rolled back: an unaudited write cannot stay", async () => {
    await using world = await openTestDatabase(engine);
    const answer = await world.db.audited(
      () => [],
      async (tx) => {
        await moveCursor(tx, cursor(7));
        return ok(1);
      },
    );
    expect(answer).toEqual(ok(1));
    expect(await cursorOf(world.db.read, "test")).toBe(0);
  });

  test("the reading handle has nothing that writes", async () => {
    await using world = await openTestDatabase(engine);
    expect(Object.keys(world.db.read).toSorted()).toEqual(["case", "dynamic", "fn", "selectFrom", "selectNoFrom"]);
    // @ts-expect-error an unaudited write does not type-check
    expect(world.db.read.insertInto).toBeUndefined();
  });

  test("who reads while others write sees whole transactions only, and one that failed holds nobody up", async () => {
    await using world = await openTestDatabase(engine);
    const seen: (readonly [number, number])[] = [];
    // A cursor that may go back, as writers here come in any order.
    const put = async (tx: WriteTransaction, consumer: string, position: number): Promise<void> => {
      const row = { consumer, position, updated_at: new Date(0) };
      const insert = tx.insertInto("consumer_cursor").values(row);
      await insert.onConflict((conflict) => conflict.column("consumer").doUpdateSet({ position })).execute();
    };
    const both = async (position: number): Promise<void> =>
      await world.db.bookkeep("cursor", async (tx) => {
        await put(tx, "a", position);
        await new Promise((resolve) => void setImmediate(resolve));
        await put(tx, "b", position);
        if (position % 3 === 0) await sql`select 1 / 0`.execute(tx);
      });
    const reader = async (): Promise<void> => {
      const rows = await world.db.read.selectFrom("consumer_cursor").selectAll().orderBy("consumer").execute();
      seen.push([rows[0]?.position ?? 0, rows[1]?.position ?? 0]);
    };
    const broken = world.db.bookkeep("cursor", async (tx) => void (await sql`select 1 / 0`.execute(tx)));
    const work = Array.from({ length: 30 }, async (_, n) => await Promise.allSettled([both(n), reader()]));
    await expect(broken).rejects.toMatchObject({ code: "22012" });
    const done = (await Promise.all(work)).map(([written]) => written.status);
    expect(done.filter((status) => status === "rejected")).toHaveLength(10);
    expect(seen).toHaveLength(30);
    expect(seen.filter(([a, b]) => a !== b)).toEqual([]);
    expect(await cursorOf(world.db.read, "a")).not.toBe(0);
  });

  test("positions become visible in order, however many write at once", async () => {
    await using world = await openTestDatabase(engine);
    const firsts = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, index) =>
          await world.db.bookkeep("counters", async (tx) => await takePositions(tx, "event", index + 1)),
      ),
    );
    const taken = firsts.flatMap((first, index) => Array.from({ length: index + 1 }, (_, offset) => first + offset));
    expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 210 }, (_, index) => index + 1));
    expect(await headOf(world.db.read, "event")).toBe(210);
  });

  test("values come back alike: numbers, instants, documents, bytes and arrays", async () => {
    await using world = await openTestDatabase(engine);
    const row = await world.db.read
      .selectNoFrom([
        sql<number>`${9_007_199_254_740_991}::int8`.as("big"),
        sql<Date>`'2026-02-01T14:17:31.627Z'::timestamptz`.as("instant"),
        sql<object>`${JSON.stringify({ a: [1, "ü", null] })}::jsonb`.as("document"),
        sql<Uint8Array>`${new Uint8Array([0, 255])}::bytea`.as("bytes"),
        sql<string[]>`${["a", "b,c"]}::text[]`.as("list"),
      ])
      .executeTakeFirstOrThrow();
    expect({ ...row, bytes: [...row.bytes] }).toEqual({
      big: 9_007_199_254_740_991,
      instant: new Date("2026-02-01T14:17:31.627Z"),
      document: { a: [1, "ü", null] },
      bytes: [0, 255],
      list: ["a", "b,c"],
    });
  });

  test("acknowledged means on disk", async () => {
    await using world = await openTestDatabase(engine);
    expect(await world.db.isDurable()).toBe(true);
    const before = await syncsOf(world.db, engine);
    for (let n = 1; n <= COMMITS; n++) await world.db.bookkeep("cursor", async (tx) => await moveCursor(tx, cursor(n)));
    expect(await syncsOf(world.db, engine)).toBeGreaterThanOrEqual(before + COMMITS);
  });
});

test("on the one session of the embedded engine, what somebody waits for goes before batches that came first", async () => {
  await using world = await openTestDatabase("pglite");
  const order: string[] = [];
  const started = Promise.withResolvers<void>();
  const committing = Promise.withResolvers<void>();
  const batch = async (name: string): Promise<void> => {
    await world.db.bookkeep("cursor", async (tx) => await moveCursor(tx, { ...cursor(1), consumer: name }));
    order.push(name);
  };
  const running = world.db.bookkeep("cursor", async (tx) => {
    await moveCursor(tx, cursor(1));
    started.resolve();
    await committing.promise;
  });
  await started.promise;
  const batches = ["batch 1", "batch 2"].map(batch);
  const click = urgently(async () => await batch("click"));
  // All of them have asked by now.
  await new Promise((resolve) => void setImmediate(resolve));
  committing.resolve();
  await Promise.all([running, ...batches, click]);
  expect(order).toEqual(["click", "batch 1", "batch 2"]);
});

test("a building of the cluster that was cut short is begun again, and what is not a database is left alone", async () => {
  const { existsSync, mkdirSync, mkdtempSync } = await import("node:fs");
  const { ensureCluster } = await import("./build-cluster.ts");
  const dir = mkdtempSync(join(tmpdir(), "tyr-cluster-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(`${dir}/pg.building/base`, { recursive: true });
  writeFileSync(`${dir}/pg.building/PG_VERSION`, "half");
  mkdirSync(`${dir}/pg`);
  await ensureCluster(`${dir}/pg`);
  expect([existsSync(`${dir}/pg/PG_VERSION`), existsSync(`${dir}/pg.building`)]).toEqual([true, false]);
  mkdirSync(`${dir}/mine`);
  writeFileSync(`${dir}/mine/thesis.txt`, "years of work");
  await expect(ensureCluster(`${dir}/mine`)).rejects.toThrow(/not a database/);
  expect(existsSync(`${dir}/mine/thesis.txt`)).toBe(true);
});

describe("what does not open says so", () => {
  test.each([
    ["a control file cut short", (pg: string) => truncateSync(join(pg, "global/pg_control"), 10)],
    ["no log", (pg: string) => rmSync(join(pg, "pg_wal"), { recursive: true })],
    ["no tables", (pg: string) => rmSync(join(pg, "base"), { recursive: true })],
    ["another version", (pg: string) => writeFileSync(join(pg, "PG_VERSION"), "99\n")],
    ["no version", (pg: string) => rmSync(join(pg, "PG_VERSION"))],
  ])("an embedded database with %s: where it is and what to do", async (_, damage) => {
    const dataDir = await embeddedDirectory();
    damage(join(dataDir, "pg"));
    await expect(openDatabase({ ...options, url: undefined, dataDir })).rejects.toMatchObject({
      code: "DATABASE_DAMAGED",
      message: expect.stringMatching(new RegExp(`${join(dataDir, "pg")}.*restore the backup.*move`, "i")),
    });
  });

  test("a PostgreSQL nobody answers for: its address without the password", async () => {
    const url = "postgres://tyr:hunter2@127.0.0.1:1/tyr";
    await expect(openDatabase({ ...options, url, dataDir: "/nowhere" })).rejects.toMatchObject({
      code: "DATABASE_UNAVAILABLE",
      message: expect.stringMatching(/^(?!.*hunter2).*127\.0\.0\.1:1\/tyr.*TYR_DATABASE_URL/),
      cause: { code: "ECONNREFUSED" },
    });
  });
});
