import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBus, cursorOf } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { eventHead } from "#collect";
import type { NewDetection, StoredDetection } from "./detection.ts";
import {
  countDetections,
  detectionById,
  detectionHead,
  detectionsByIds,
  detectionsPerHour,
  hitsByRule,
  listDetections,
  readDetectionsAfter,
  techniquesSeen,
} from "./detection-store.ts";
import { createEvaluator } from "./evaluate.ts";
import { buildRulePack, loadRulePack, type RulePack } from "./rule-pack.ts";
import { attackLog, generator, PASSWORD_TRIED, storeLines, type StoredLog } from "./testing/stored-log.ts";
import { createDetect } from "./create-detect.ts";
import { DetectWorker, type DetectDeps } from "./worker.ts";

const pack = loadRulePack(fileURLToPath(new URL("../../../../../rules", import.meta.url)));
const ignore = (): undefined => undefined;
const quiet = { onLoss: ignore, onDetected: ignore, onRefused: ignore, onStep: ignore };
type Options = Partial<Pick<DetectDeps, "batchMax" | "saveEvery" | "rules" | "database" | "log">>;

function workerOn(database: Database, options: Options = {}): DetectWorker {
  const bus = createBus(systemClock);
  return new DetectWorker({ database, clock: systemClock, bus, log: silentLogger, rules: pack, ...options }, quiet);
}

function groupId(rule: string, groupKey: string): string {
  return createHash("sha256").update(`${rule}\n${groupKey}`).digest("hex");
}

async function drain(worker: DetectWorker): Promise<void> {
  while (await worker.step());
}

/** jsonb keeps keys in an order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
/** What was found, without where and how it was stored. */
const comparable = (one: NewDetection) =>
  JSON.stringify(
    sorted({
      ...one,
      position: undefined,
      backfill: undefined,
      tags: one.tags.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    }),
  );
const summary = (found: readonly NewDetection[]) => {
  const unique = [...new Map(found.map((one) => [one.id, one])).values()];
  // Two findings about one event and technique by one rule are one tag: the first keeps it.
  const tags = new Set<string>();
  return unique.map((one) => {
    const own = one.tags.filter(({ id }) => !tags.has(id));
    for (const { id } of own) tags.add(id);
    return comparable({ ...one, tags: own });
  });
};
/** What an undisturbed, purely computed run finds. */
function expectedOf({ events }: StoredLog, rules: RulePack = pack): readonly string[] {
  const evaluator = createEvaluator(rules);
  return summary(events.flatMap((event) => evaluator.evaluate(event)));
}

async function stored(db: Database): Promise<readonly StoredDetection[]> {
  return await readDetectionsAfter(db.read, 0, 100_000);
}

describe.each(TEST_ENGINES)("detect on %s", (engine) => {
  describe("finds the same, whatever happens", () => {
    const lines = attackLog(500, 1);

    test.each([1, 7, 1000])("in batches of %d", async (batchMax) => {
      await using world = await openTestDatabase(engine);
      const log = await storeLines(world.db, lines);
      await drain(workerOn(world.db, { batchMax }));
      const found = await stored(world.db);
      expect(found.length).toBeGreaterThan(100);
      expect(found.some(({ correlation }) => correlation)).toBe(true);
      expect(summary(found)).toEqual(expectedOf(log));
      expect(found.map(({ position }) => position)).toEqual(found.map((_, index) => index + 1));
    });

    test.each([2, 3, 4])("when it is killed between any two steps (seed %d)", async (seed) => {
      await using world = await openTestDatabase(engine);
      const log = await storeLines(world.db, lines);
      const random = generator(seed);
      let kills = 0;
      for (let worker = workerOn(world.db, { batchMax: 11, saveEvery: 60 }); await worker.step();) {
        if (random() > 0.5) continue;
        kills += 1;
        worker = workerOn(world.db, { batchMax: 1 + Math.floor(random() * 40), saveEvery: 60 });
      }
      expect(kills).toBeGreaterThan(5);
      expect(await cursorOf(world.db.read, "detect")).toBe(await eventHead(world.db.read));
      expect(summary(await stored(world.db))).toEqual(expectedOf(log));
    });

    test("when transactions fail before they are committed", async () => {
      await using world = await openTestDatabase(engine);
      const log = await storeLines(world.db, lines);
      const random = generator(5);
      let failures = 0;
      const failing: Database = {
        ...world.db,
        audited: async (fact, work) =>
          await world.db.audited(fact, async (tx) => {
            const value = await work(tx);
            if (random() < 0.3) throw new Error(`failure ${(failures += 1)}`);
            return value;
          }),
      };
      const worker = workerOn(world.db, { database: failing, batchMax: 13, saveEvery: 40 });
      for (let more = true; more;) more = await worker.step().catch(() => true);
      expect(failures).toBeGreaterThan(5);
      expect(summary(await stored(world.db))).toEqual(expectedOf(log));
    });
  });

  describe("what it stores", () => {
    let world: TestDatabase;
    let log: StoredLog;
    beforeAll(async () => {
      world = await openTestDatabase(engine);
      log = await storeLines(world.db, attackLog(400, 6));
      await drain(workerOn(world.db, { batchMax: 50 }));
    });
    afterAll(async () => await world[Symbol.asyncDispose]());

    test("each batch that found something is one entry of the log; the pack in force is another", async () => {
      const ours = (await world.records()).filter(({ actor }) => actor.id === "detect");
      const [loaded, ...batches] = ours;
      expect(loaded).toMatchObject({
        type: "rule.loaded",
        object: { kind: "rule-pack", id: pack.digest },
        details: { rules: pack.rules.size, rejected: 0, added: pack.rules.size, removed: 0, changed: 0 },
      });
      expect(new Set(batches.map(({ type }) => type))).toEqual(new Set(["detection.recorded"]));
      const counted = batches.reduce((sum, { details }) => sum + Number(details["detections"]), 0);
      expect(counted).toBe(await detectionHead(world.db.read));
      expect(batches[0]?.details).toMatchObject({
        detectionIdsDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
        rulePackDigest: pack.digest,
      });
    });

    test("no password an attacker tried gets into detections, tags, windows or the log", async () => {
      const worker = workerOn(world.db);
      await drain(worker);
      await worker.save();
      const windows = await world.db.read.selectFrom("correlation_group").selectAll().execute();
      const written = [await stored(world.db), windows, await world.records()].map((rows) => JSON.stringify(rows));
      expect(windows.length).toBeGreaterThan(5);
      expect(JSON.stringify(log.events)).toContain(PASSWORD_TRIED);
      expect(written.filter((text) => text.includes(PASSWORD_TRIED))).toEqual([]);
    });

    test("can be asked for by address, rule, technique and event, newest first and page by page", async () => {
      const { read } = world.db;
      const all = (await stored(world.db)).toReversed();
      const [some] = all.filter(({ correlation }) => correlation);
      if (some === undefined) throw new Error("the log has no correlation");
      const listed = async (filter: Parameters<typeof listDetections>[1]["filter"]) =>
        (await listDetections(read, { filter, limit: 1000 })).rows.map(({ id }) => id);
      const where = (test: (one: StoredDetection) => boolean) => all.filter(test).map(({ id }) => id);
      expect(await listed({})).toEqual(all.map(({ id }) => id));
      expect(await listed({ ip: "203.0.113.3" })).toEqual(where(({ actorIp }) => actorIp === "203.0.113.3"));
      expect(await listed({ rule: some.ruleId })).toEqual(where(({ ruleId }) => ruleId === some.ruleId));
      expect(await listed({ technique: "T1110" })).toEqual(
        where(({ tags }) => tags.some(({ technique }) => technique === "T1110")),
      );
      expect(await listed({ technique: "t1110.003" })).toEqual(
        where(({ tags }) => tags.some(({ subTechnique }) => subTechnique === "T1110.003")),
      );
      const event = some.eventIds[0];
      expect(await listed({ event })).toEqual(where(({ eventIds }) => eventIds.some((id) => id === event)));
      const page = await listDetections(read, { filter: {}, before: all[4]?.position ?? 0, limit: 3 });
      expect(page).toEqual({ rows: all.slice(5, 8), next: all[7]?.position });
      const last = await listDetections(read, { filter: {}, before: all.at(-3)?.position ?? 0, limit: 2 });
      expect(last).toEqual({ rows: all.slice(-2), next: null });
      expect(await detectionById(read, some.id)).toEqual(some);
      expect(await detectionsByIds(read, ["det_00000000-0000-5000-8000-000000000000"])).toEqual([]);
    });

    test("is counted by rule, hour and technique, as the rows say", async () => {
      const { read } = world.db;
      const all = await stored(world.db);
      expect(await countDetections(read)).toBe(all.length);
      const byRule = Map.groupBy(all, ({ ruleId }) => ruleId);
      const hits = await hitsByRule(read);
      const counted = Object.fromEntries([...hits.values()].map(({ ruleId, detections }) => [ruleId, detections]));
      expect(counted).toEqual(Object.fromEntries([...byRule].map(([ruleId, rows]) => [ruleId, rows.length])));
      const hours = await detectionsPerHour(read, new Date("2026-02-01T00:00:00Z"), new Date("2026-02-02T00:00:00Z"));
      expect(hours.reduce((sum, { detections }) => sum + detections, 0)).toBe(all.length);
      expect(hours.every(({ at }) => at.getTime() % 3_600_000 === 0)).toBe(true);
      const seen = await techniquesSeen(read, 100);
      const tags = all.flatMap((one) => one.tags);
      expect(seen.reduce((sum, { detections }) => sum + detections, 0)).toBe(tags.length);
      expect(seen[0]?.detections).toBe(Math.max(...seen.map(({ detections }) => detections)));
    });

    test("reading it again from the start stores nothing twice and records nothing", async () => {
      const before = await stored(world.db);
      await drain(workerOn(world.db));
      await drain(workerOn(world.db, { batchMax: 3 }));
      expect(await stored(world.db)).toEqual(before);
      expect(log.events.length).toBe(400);
    });
  });

  test("names an attacker chose cannot stop it: NUL, lone surrogates, long and bidirectional text", async () => {
    await using world = await openTestDatabase(engine);
    const names = ["\u0000", "\uD800", "x".repeat(5000), "\u202Eevil", "'; drop table detection; --", '","a":"'];
    const lines = names.flatMap((name) =>
      Array.from({ length: 9 }, (_, index) =>
        JSON.stringify({
          eventid: `cowrie.login.${index === 8 ? "success" : "failed"}`,
          username: name,
          password: "\u0000\uDFFF",
          timestamp: `2026-02-01T10:00:0${index}.000000Z`,
          src_ip: "203.0.113.9",
          session: "\uD800",
          sensor: "decoy",
        }),
      ),
    );
    await storeLines(world.db, lines);
    const worker = workerOn(world.db, { saveEvery: 1 });
    await drain(worker);
    await drain(workerOn(world.db));
    expect((await stored(world.db)).length).toBeGreaterThanOrEqual(names.length);
  });

  describe("another rule pack", () => {
    const rule = (id: string, name: string, threshold: number) => `
title: ${name}
id: ${id}
name: ${name}
tags: [attack.t1110]
correlation:
  { type: event_count, rules: [failed], group-by: [source.ip], timespan: 1h, condition: { gte: ${threshold} } }
`;
    const base = (outcome: string) => `
title: failed
id: 33333333-3333-4333-8333-333333333333
name: failed
logsource: { category: authentication }
detection: { selection: { event.outcome: ${outcome} }, condition: selection }
`;
    const KEPT = "11111111-1111-4111-8111-111111111111";
    const CHANGED = "22222222-2222-4222-8222-222222222222";
    const packOf = (changed: number, outcome = "failure") =>
      buildRulePack([
        { path: "base.yml", text: base(outcome) },
        { path: "kept.yml", text: rule(KEPT, "kept", 6) },
        { path: "changed.yml", text: rule(CHANGED, "changed", changed) },
      ]);
    const line = (second: number) =>
      `Feb  1 10:00:${String(second).padStart(2, "0")} gate sshd[9]: Failed password for root from 203.0.113.7 port 1 ssh2`;

    test("windows of unchanged rules go on, those of changed ones begin anew, and the log says what changed", async () => {
      await using world = await openTestDatabase(engine);
      await storeLines(world.db, [1, 2, 3, 4].map(line), "one");
      const first = workerOn(world.db, { rules: packOf(5) });
      await drain(first);
      await first.save();
      await storeLines(world.db, [5, 6, 7].map(line), "two");
      await drain(workerOn(world.db, { rules: packOf(6) }));
      expect((await stored(world.db)).map(({ ruleId }) => ruleId)).toEqual([KEPT]);
      const loads = (await world.records()).filter(({ type }) => type === "rule.loaded");
      expect(loads).toMatchObject([
        { before: null, details: { added: 3, changed: 0, removed: 0 } },
        { before: packOf(5).digest, after: packOf(6).digest, details: { added: 0, changed: 1, removed: 0 } },
      ]);
    });

    test("stored windows that cannot be used are deleted once, and the log of the server says how many and why", async () => {
      await using world = await openTestDatabase(engine);
      await storeLines(world.db, [1, 2, 3].map(line), "one");
      const first = workerOn(world.db, { rules: packOf(9) });
      await drain(first);
      await first.save();
      const groups = async () =>
        (await world.db.read.selectFrom("correlation_group").select("correlation_id").execute()).map(
          ({ correlation_id: id }) => id,
        );
      await world.db.bookkeep("cursor", async (tx) => {
        await tx
          .insertInto("correlation_group")
          .values({
            id: groupId("gone", '["203.0.113.7"]'),
            correlation_id: "gone",
            group_key: '["203.0.113.7"]',
            state: "{}",
          })
          .execute();
        await tx.updateTable("correlation_group").set({ state: "{" }).where("correlation_id", "=", CHANGED).execute();
      });
      expect((await groups()).toSorted()).toEqual([KEPT, CHANGED, "gone"].toSorted());
      const said: object[] = [];
      const log = pino({ level: "warn" }, { write: (text: string) => void said.push(JSON.parse(text) as object) });
      await workerOn(world.db, { rules: packOf(9), log }).step();
      expect(await groups()).toEqual([KEPT]);
      expect(said).toMatchObject([
        { restored: 1, deleted: 2, reasons: { "there is no such correlation": 1, "the state cannot be read": 1 } },
      ]);
      await workerOn(world.db, { rules: packOf(9), log }).step();
      expect(said).toHaveLength(1);
    });

    test("windows do not outlive the rule they count", async () => {
      await using world = await openTestDatabase(engine);
      await storeLines(world.db, [1, 2, 3, 4, 5].map(line), "one");
      const first = workerOn(world.db, { rules: packOf(9) });
      await drain(first);
      await first.save();
      await storeLines(world.db, [6, 7].map(line), "two");
      await drain(workerOn(world.db, { rules: packOf(9, "[failure, unknown]") }));
      expect(await stored(world.db)).toEqual([]);
    });
  });

  test("the running stage is woken by the bus, tells who listens, and stops after its batch", async () => {
    await using world = await openTestDatabase(engine);
    const bus = createBus(systemClock);
    const told: unknown[] = [];
    bus.subscribe(({ topic, data }) => void (topic === "detection.recorded" && told.push(data)));
    const detect = createDetect({ database: world.db, clock: systemClock, bus, log: silentLogger, rules: pack });
    const detected = new Promise<void>((resolve) => void detect.onDetected(resolve));
    await storeLines(world.db, attackLog(60, 7));
    bus.publish("event.stored", { count: 60, head: "60" });
    await detected;
    expect(await detect.progress()).toEqual({ position: 60, head: 60, lag: 0 });
    expect(told).toMatchObject([{ count: await detectionHead(world.db.read), ruleTitle: expect.any(String) }]);
    await detect.stop();
    const checkpoint = await world.db.read.selectFrom("correlation_checkpoint").select("position").execute();
    expect(checkpoint).toEqual([{ position: 60 }]);
  });
});
