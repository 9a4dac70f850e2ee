import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createCollect, isDerived, readEventsAfter, type Collect, type Sensor } from "#collect";
import { createBus, createTopicBus, cursorOf } from "#platform/bus";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { createEvaluator } from "../evaluate.ts";
import { eventLogsource } from "../event-logsource.ts";
import { loadRulePack } from "../rule-pack.ts";
import type { IntelAsked, IntelEntry, IntelProvider } from "./answer.ts";
import { backoffMs, ProviderAsker } from "./ask-providers.ts";
import { startIntel } from "./create-intel.ts";
import { EventFollower, INTEL_CONSUMER } from "./follow-events.ts";
import { listLists } from "./list-store.ts";
import { loadListPart } from "./load-list.ts";
import { answersFor, countWanted } from "./verdict-store.ts";

const BY = { actor: { kind: "system", id: "test", name: "test" }, requestId: null } as const;
const PROVIDERS = ["abuseipdb", "greynoise"];
const HASH = "ab".repeat(32);
const RULES = fileURLToPath(new URL("../../../../../../rules", import.meta.url));
const HOUR_MS = 3_600_000;

const login = (address: string, at: string): string =>
  JSON.stringify({
    eventid: "cowrie.login.failed",
    username: "root",
    password: "c4n4ry",
    src_ip: address,
    timestamp: at,
    session: "s1",
  });
const brought = (address: string, at: string): string =>
  JSON.stringify({
    eventid: "cowrie.session.file_download",
    shasum: HASH,
    src_ip: address,
    timestamp: at,
    session: "s1",
  });
const entry = (more: Partial<IntelEntry>): IntelEntry => ({
  kind: "ip",
  value: "9.9.9.9",
  score: 1,
  threatTypes: ["botnet_cc"],
  families: ["Emotet"],
  ...more,
});

/** Answers what it is told to, and remembers whom it was asked about. */
function fakeProvider(asked: string[], answers: () => IntelAsked): IntelProvider {
  return {
    name: "abuseipdb",
    ask: async (address) => {
      asked.push(address);
      return await Promise.resolve(answers());
    },
  };
}
const reported: IntelAsked = { ok: true, answer: { verdict: "malicious", score: 0.9, categories: ["22"] } };

describe.each(TEST_ENGINES)("what others know of attackers, on %s", (engine) => {
  let nowMs = Date.parse("2026-03-01T12:00:00Z");
  const clock = { now: () => new Date(nowMs) };
  let world: TestDatabase;
  let collect: Collect;
  let sensor: Sensor;
  const topics = createTopicBus({ clock, log: silentLogger });

  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    collect = createCollect({
      database: world.db,
      clock,
      log: silentLogger,
      bus: createBus(clock),
      intakeBytesMax: 2 ** 22,
    });
    const created = await collect.sensors.create({ name: "decoy", kind: "ssh" }, BY);
    if (!created.ok) throw new Error(created.refusal.detail);
    ({ sensor } = created.value);
  });
  afterAll(async () => {
    await collect.stop();
    await world[Symbol.asyncDispose]();
  });

  const deps = () => ({
    database: world.db,
    clock,
    topics,
    announce: collect.announce,
    bus: createBus(clock),
    log: silentLogger,
  });
  const follower = (providers: readonly string[], questionsMax = 100): EventFollower =>
    new EventFollower({
      ...deps(),
      providers,
      questionsMax,
      readAfter: async (after, limit) => await readEventsAfter(world.db.read, after, limit),
    });
  const send = async (...lines: readonly string[]): Promise<void> =>
    void (await collect.intake({
      sensor,
      by: BY,
      body: Buffer.from(lines.join("\n")),
      contentType: "text/plain",
      idempotencyKey: randomUUID(),
    }));
  const derived = async () => (await readEventsAfter(world.db.read, 0, 10_000)).filter(isDerived);
  const load = async (
    list: string,
    entries: readonly IntelEntry[],
    { isLast = true, generation = randomUUID() }: Readonly<{ isLast?: boolean; generation?: string }> = {},
  ) => await loadListPart(deps(), { list, generation, entries, rejected: 0, isLast, by: BY });

  test("is nothing while nothing is loaded and nobody switched on: events of that time are passed by", async () => {
    await send(login("9.9.9.9", "2026-03-01T10:00:00Z"));
    expect(await follower([]).step()).toBe(false);
    expect(await cursorOf(world.db.read, INTEL_CONSUMER)).toBe(1);
    expect(await derived()).toEqual([]);
    expect(await countWanted(world.db.read, PROVIDERS)).toBe(0);
  });

  test("counts from the last part of a list on, and the next list takes its place", async () => {
    const generation = randomUUID();
    expect(await load("feodo", [entry({})], { isLast: false, generation })).toMatchObject({
      entries: 1,
      inForce: false,
    });
    expect(await listLists(world.db.read)).toEqual([]);
    expect(await load("feodo", [entry({ value: "9.9.9.8" })], { generation })).toMatchObject({
      entries: 2,
      inForce: true,
    });
    await load("malwarebazaar", [entry({ kind: "sha256", value: HASH, families: ["Mirai"] })]);
    expect((await listLists(world.db.read)).map(({ list, entries }) => [list, entries])).toEqual([
      ["feodo", 2],
      ["malwarebazaar", 1],
    ]);
    await load("feodo", [entry({})]);
    const { count } = await world.db.read
      .selectFrom("intel_entry")
      .select((all) => all.fn.countAll<number>().as("count"))
      .where("list", "=", "feodo")
      .executeTakeFirstOrThrow();
    expect(count).toBe(1);
  });

  test("leads from a raw log line to tags, as sure as the list is, and says the same once a day", async () => {
    await send(
      brought("9.9.9.9", "2026-03-01T10:00:00Z"),
      login("9.9.9.9", "2026-03-01T10:01:00Z"),
      brought("9.9.9.9", "2026-03-02T10:00:00Z"),
    );
    await follower([]).step();
    const events = await derived();
    const said = events.map(
      ({ fields, time }) => `${String(fields["intel.provider"])} ${time.toISOString().slice(0, 10)}`,
    );
    expect(said).toHaveLength(4);
    expect(new Set(said)).toEqual(
      new Set(["feodo 2026-03-01", "feodo 2026-03-02", "malwarebazaar 2026-03-01", "malwarebazaar 2026-03-02"]),
    );
    const evaluator = createEvaluator(loadRulePack(RULES));
    const tags = events.flatMap((event) =>
      evaluator
        .evaluate({ ...event, logsource: eventLogsource({ ...event.fields, ...event.ecs }, event.logsource) })
        .flatMap((found) => found.tags),
    );
    expect(new Set(tags.map(({ technique, subTechnique }) => subTechnique ?? technique))).toEqual(
      new Set(["T1071.001", "T1588.001", "T1105"]),
    );
    expect(JSON.stringify(tags.map(({ evidence }) => evidence))).toContain("Emotet");
    await world.db.bookkeep(
      "cursor",
      async (tx) => await tx.deleteFrom("consumer_cursor").where("consumer", "=", INTEL_CONSUMER).execute(),
    );
    while (await follower([]).step());
    expect((await derived()).filter(({ time }) => time > new Date("2026-03-01T09:00:00Z"))).toHaveLength(events.length);
  });

  test("is asked for public addresses only, once a day each, and a failure keeps the answer there was", async () => {
    const asked: string[] = [];
    let answer: IntelAsked = reported;
    const asker = new ProviderAsker({ ...deps(), providers: [fakeProvider(asked, () => answer)] });
    const ending = new AbortController();
    const round = async (line: string): Promise<void> => {
      await send(line);
      while (await follower(["abuseipdb"]).step());
      await asker.step(ending.signal);
    };
    await round(login("8.8.8.8", "2026-03-01T11:00:00Z"));
    await round(login("10.0.0.1", "2026-03-01T11:00:00Z"));
    await round(login("203.0.113.5", "2026-03-01T11:00:00Z"));
    await round(login("8.8.8.8", "2026-03-01T11:30:00Z"));
    expect(asked).toEqual(["8.8.8.8"]);
    const verdicts = (await derived()).filter(({ fields }) => fields["intel.provider"] === "abuseipdb");
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]).toMatchObject({
      src: { ip: "8.8.8.8" },
      fields: { "intel.score": 0.9, "intel.categories": ["22"] },
    });

    nowMs += 25 * HOUR_MS;
    answer = { ok: false, reason: "too_many", delayMs: 5 * 60_000 };
    await round(login("8.8.8.8", "2026-03-02T13:00:00Z"));
    await round(login("8.8.4.4", "2026-03-02T13:00:00Z"));
    expect(asked).toEqual(["8.8.8.8", "8.8.8.8"]);
    expect(asker.figures().get("abuseipdb")).toMatchObject({ asked: 2, answered: 1, failed: 1 });
    expect(await answersFor(world.db.read, "8.8.8.8")).toMatchObject([{ answer: { verdict: "malicious" } }]);

    nowMs += 6 * 60_000;
    answer = reported;
    await asker.step(ending.signal);
    expect(new Set(asked.slice(2))).toEqual(new Set(["8.8.4.4", "8.8.8.8"]));
    expect(await countWanted(world.db.read, PROVIDERS)).toBe(0);
  });

  test("has bounds: what does not fit is counted and not asked, and a question that always fails is dropped", async () => {
    const asked: string[] = [];
    const many = Array.from({ length: 9 }, (_, at) => login(`8.9.0.${at + 1}`, "2026-03-02T14:00:00Z"));
    await send(...many);
    const bounded = follower(["abuseipdb"], 5);
    while (await bounded.step());
    expect([await countWanted(world.db.read, PROVIDERS), bounded.unasked]).toEqual([5, 4]);
    const asker = new ProviderAsker({
      ...deps(),
      providers: [fakeProvider(asked, () => ({ ok: false, reason: "unreachable" }))],
    });
    await asker.step(new AbortController().signal);
    expect(asked).toHaveLength(4);
    for (let day = 0; day < 20; day += 1) {
      nowMs += 7 * HOUR_MS;
      await asker.step(new AbortController().signal);
    }
    expect(asker.figures().get("abuseipdb")).toMatchObject({ asked: 30, givenUp: 5 });
    expect(await countWanted(world.db.read, PROVIDERS)).toBe(0);
  });

  test("has room for those who are switched on, whatever waits for one who is not, and forgets what does", async () => {
    await send(...[31, 32, 33].map((host) => login(`9.9.8.${host}`, "2026-03-05T10:00:00Z")));
    await follower(["greynoise"], 3).step();
    expect(await countWanted(world.db.read, ["greynoise"])).toBe(3);
    await send(...[34, 35, 36].map((host) => login(`9.9.8.${host}`, "2026-03-05T11:00:00Z")));
    const other = follower(["abuseipdb"], 3);
    await other.step();
    expect([await countWanted(world.db.read, ["abuseipdb"]), other.unasked]).toEqual([3, 0]);
    const nobody = new ProviderAsker({ ...deps(), providers: [] });
    await nobody.step(new AbortController().signal);
    expect(await countWanted(world.db.read, PROVIDERS)).toBe(0);
    const left = await world.db.read.selectFrom("intel_verdict").select("address").execute();
    expect(left.filter(({ address }) => address.startsWith("9.9.8.3"))).toEqual([]);
  });

  test("works by itself: a feed is fetched and loaded, a source is asked, and a source that refuses is left alone", async () => {
    const asked: string[] = [];
    const refusing: IntelProvider = {
      ...fakeProvider(asked, () => ({ ok: false, reason: "refused" })),
      name: "threatfox",
    };
    const fetched = { ok: true, entries: [entry({ value: "1.1.1.1", families: ["QakBot"] })], rejected: 2 } as const;
    const feed = { list: "fetched", everyMs: HOUR_MS, fetch: async () => await Promise.resolve(fetched) };
    const { readAfter } = collect;
    const intel = startIntel({
      ...deps(),
      readAfter,
      providers: [fakeProvider(asked, () => reported), refusing],
      feeds: [feed],
    });
    try {
      await vi.waitFor(
        async () =>
          expect((await intel.status()).lists).toContainEqual(expect.objectContaining({ list: "fetched", entries: 1 })),
        10_000,
      );
      await send(login("1.1.1.1", "2026-03-09T10:00:00Z"));
      await vi.waitFor(async () => {
        const mine = (await derived()).filter(({ src }) => src?.ip === "1.1.1.1");
        expect(mine.map(({ fields }) => fields["intel.provider"])).toEqual(
          expect.arrayContaining(["fetched", "abuseipdb"]),
        );
      }, 10_000);
      expect(await intel.about("1.1.1.1")).toMatchObject({
        verdict: "malicious",
        answers: [{ provider: "abuseipdb" }],
      });
      const { providers, feeds } = await intel.status();
      expect(feeds).toEqual(["fetched"]);
      expect(providers.find(({ name }) => name === "threatfox")?.pausedUntil).toBeInstanceOf(Date);
    } finally {
      await intel.stop();
    }
  });

  test("holds nothing anybody tried, only what was asked about", async () => {
    const tables = await Promise.all([
      world.db.read.selectFrom("intel_verdict").selectAll().execute(),
      world.db.read.selectFrom("intel_entry").selectAll().execute(),
    ]);
    expect(JSON.stringify(tables)).not.toContain("c4n4ry");
  });
});

test("a provider is left alone longer with every failure, and as long as it asks for, but not for ever", () => {
  expect([1, 2, 3].map((failures) => backoffMs(failures))).toEqual([60_000, 120_000, 240_000]);
  expect(backoffMs(1, 300_000)).toBe(300_000);
  expect(backoffMs(60, 10 ** 12)).toBe(6 * HOUR_MS);
});
