import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "#platform/clock";
import { openDatabase } from "#platform/database";
import { silentLogger } from "#platform/log";
import {
  createPostgresDatabase,
  openTestDatabase,
  TEST_ENGINES,
  TEST_POSTGRES_URL,
  type TestDatabase,
} from "#platform/testing";
import { eraseFromDefinitions } from "./definition-store.ts";
import { createFolderStore } from "./folder-store.ts";
import type { RuleFileChange, RuleStore } from "./rule-store.ts";
import { createTableStore } from "./table-store.ts";
import { timersByHand, watchByHand } from "./testing/by-hand.ts";
import { testRuleStore, type StoreWorld } from "./testing/rule-store-contract.ts";

const NEVER_MS = 3_600_000;
type Folder = Omit<StoreWorld, "settle"> & Readonly<{ dir: string; pass: () => void }>;

function folderOf(files: Readonly<Record<string, string>>): Folder {
  const dir = mkdtempSync(join(tmpdir(), "tyr-rule-store-"));
  const [timers, watch] = [timersByHand(), watchByHand()];
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
    watch.poke(join(dir, path));
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  return {
    dir,
    store: createFolderStore({ dir, log: silentLogger, watch: watch.watch, timers }),
    write,
    remove(path) {
      rmSync(join(dir, path));
      watch.poke(join(dir, path));
    },
    // A link that leads to itself: nobody can look into it, not even whom no mode keeps out.
    hide(path) {
      renameSync(join(dir, path), join(dir, `.${path}`));
      symlinkSync(path, join(dir, path));
      watch.poke(join(dir, path));
    },
    show(path) {
      rmSync(join(dir, path));
      renameSync(join(dir, `.${path}`), join(dir, path));
      watch.poke(join(dir, path));
    },
    // Long enough for what is doubted at first, and for folders that are new.
    pass: () => timers.pass(6_000),
    [Symbol.asyncDispose]: async () => {
      rmSync(dir, { recursive: true, force: true });
      await Promise.resolve();
    },
  };
}

describe("rules in a folder", () => {
  testRuleStore(async (files) => {
    const folder = folderOf(files);
    const settle = async (): Promise<void> => {
      folder.pass();
      await Promise.resolve();
    };
    return await Promise.resolve({ ...folder, settle });
  });
});

describe.each(TEST_ENGINES)("rules in the database on %s", (engine) => {
  let world: TestDatabase;
  beforeAll(async () => {
    world = await openTestDatabase(engine);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  const tableOf = (folder: RuleStore, database = world.db): RuleStore =>
    createTableStore({ database, clock: systemClock, log: silentLogger, folder, restMs: NEVER_MS });
  const emptied = async (): Promise<void> =>
    await world.db.bookkeep("counters", async (tx) => void (await tx.deleteFrom("rule_definition").execute()));

  testRuleStore(async (files) => {
    await emptied();
    const folder = folderOf(files);
    const settle = async (): Promise<void> => {
      folder.pass();
      await Promise.resolve();
    };
    return { ...folder, settle, store: tableOf(folder.store) };
  });

  test("a sync that changed something is one entry, with counts and the digest of all definitions", async () => {
    await emptied();
    await using folder = folderOf({ "a.yml": "id: 11111111-1111-4111-8111-111111111111\n", "b.yml": "title: B\n" });
    const store = tableOf(folder.store);
    const before = (await world.records()).length;
    await store.read();
    const followed = store.follow(() => undefined);
    folder.remove("b.yml");
    folder.write("a.yml", "id: '22222222-2222-4222-8222-222222222222' # another\n");
    folder.pass();
    await followed.look();
    await followed.look();
    await followed.stop();
    const entries = (await world.records()).slice(before).filter(({ type }) => type === "rule.defined");
    expect(entries).toMatchObject([
      { before: null, details: { added: 2, changed: 0, removed: 0, paths: ["a.yml", "b.yml"] } },
      { before: entries[0]?.after, details: { added: 0, changed: 1, removed: 1, paths: ["a.yml", "b.yml"] } },
    ]);
    const rows = await world.db.read.selectFrom("rule_definition").selectAll().orderBy("path").execute();
    expect(rows).toMatchObject([
      { path: "a.yml", rule_ids: ["22222222-2222-4222-8222-222222222222"], updated_by: { id: "rule-sync" } },
      { path: "b.yml", rule_ids: [], yaml: null },
    ]);
    await world.db.bookkeep("counters", async (tx) => expect(await eraseFromDefinitions(tx, "rule-sync")).toBe(2));
  });

  test("a process with an empty folder takes nobody's rules away", async () => {
    await emptied();
    await using full = folderOf({ "a.yml": "title: A\n" });
    const first = tableOf(full.store);
    await first.read();
    await first.follow(() => undefined).stop();
    await using hollow = folderOf({});
    const second = tableOf(hollow.store);
    expect((await second.read()).files).toEqual([{ path: "a.yml", text: "title: A\n" }]);
    await second.follow(() => undefined).stop();
  });

  test("who begins to lead while a folder cannot be read takes its rules away from nobody, and says so once", async () => {
    await emptied();
    await using folder = folderOf({ "a.yml": "title: A\n", "linux/c.yml": "title: C\n" });
    const first = tableOf(folder.store);
    const all = (await first.read()).files;
    await first.follow(() => undefined).stop();
    folder.hide("linux");
    const said: string[] = [];
    const log = pino({ level: "warn" }, { write: (text: string) => void said.push(text) });
    const parts = { database: world.db, clock: systemClock, log, restMs: NEVER_MS };
    const second = createTableStore({ ...parts, folder: folder.store });
    expect((await second.read()).files).toEqual(all);
    const heard: RuleFileChange[] = [];
    const followed = second.follow((change) => void heard.push(change));
    for (let times = 0; times < 3; times += 1) {
      folder.pass();
      await followed.look();
    }
    folder.write("a.yml", "title: A again\n");
    folder.pass();
    await followed.look();
    expect(heard).toEqual([{ path: "a.yml", text: "title: A again\n" }]);
    expect(said.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { path: "linux", reason: expect.any(String), msg: expect.stringContaining("stays as it is in the database") },
    ]);
    folder.show("linux");
    rmSync(join(folder.dir, "linux/c.yml"));
    for (let times = 0; times < 3; times += 1) {
      folder.pass();
      await followed.look();
    }
    expect(heard.slice(1)).toEqual([{ path: "linux/c.yml", text: null }]);
    await followed.stop();
  });

  test("text no engine can hold is stored without what it cannot hold", async () => {
    await emptied();
    await using folder = folderOf({ "a.yml": "title: a\0b\n" });
    const store = tableOf(folder.store);
    expect((await store.read()).files).toEqual([{ path: "a.yml", text: "title: a\uFFFDb\n" }]);
    await store.follow(() => undefined).stop();
  });
});

describe.skipIf(TEST_POSTGRES_URL === undefined)("two processes beside one PostgreSQL", () => {
  test("one leads, the other hears of what it writes, and leads when the first is gone", async () => {
    const { url, drop } = await createPostgresDatabase();
    const encode = (record: object): Uint8Array => new TextEncoder().encode(JSON.stringify(record));
    const open = async () => await openDatabase({ url, dataDir: tmpdir(), clock: systemClock, encode });
    const [one, two] = [await open(), await open()];
    await using mine = folderOf({ "a.yml": "title: Mine\n" });
    await using theirs = folderOf({ "a.yml": "title: Theirs\n" });
    const storeOf = (database: typeof one, { store: folder }: Folder): RuleStore =>
      createTableStore({ database, clock: systemClock, log: silentLogger, folder, restMs: NEVER_MS });
    const [leader, tail] = [storeOf(one, mine), storeOf(two, theirs)];
    await leader.read();
    expect((await tail.read()).files).toEqual([{ path: "a.yml", text: "title: Mine\n" }]);
    const heard: RuleFileChange[] = [];
    const leading = leader.follow(() => undefined);
    const tailing = tail.follow((change) => void heard.push(change));
    mine.write("a.yml", "title: Mine again\n");
    theirs.write("a.yml", "title: Theirs again\n");
    for (const { pass } of [mine, theirs]) pass();
    await leading.look();
    await tailing.look();
    expect(heard).toEqual([{ path: "a.yml", text: "title: Mine again\n" }]);
    await leading.stop();
    await tailing.look();
    expect(heard.slice(1)).toEqual([{ path: "a.yml", text: "title: Theirs again\n" }]);
    await tailing.stop();
    for (const database of [one, two]) await database[Symbol.asyncDispose]();
    await drop();
  });

  test("who loses the connection its lead hangs on does not lead any more, and another one may", async () => {
    const { url, drop } = await createPostgresDatabase();
    const encode = (record: object): Uint8Array => new TextEncoder().encode(JSON.stringify(record));
    const open = async () => await openDatabase({ url, dataDir: tmpdir(), clock: systemClock, encode });
    const [one, two] = [await open(), await open()];
    const lead = await one.lead(7);
    expect(await two.lead(7)).toBeUndefined();
    expect(await two.lead(8)).toBeDefined();
    await two.bookkeep("counters", async (tx) => {
      await sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 7`.execute(tx);
    });
    expect(await lead?.isHeld()).toBe(false);
    const next = await two.lead(7);
    expect(await next?.isHeld()).toBe(true);
    await lead?.[Symbol.asyncDispose]();
    expect(await next?.isHeld()).toBe(true);
    for (const database of [one, two]) await database[Symbol.asyncDispose]();
    await drop();
  });
});
