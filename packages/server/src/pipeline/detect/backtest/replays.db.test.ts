import { fileURLToPath } from "node:url";
import { DRAFT_CORRELATIONS_MAX, type Backfill, type Backtest, type Result } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, type TestDatabase } from "#platform/testing";
import type { NewDetection } from "../detection.ts";
import { countDetections, hitsByRule, listDetections } from "../detection-store.ts";
import { createEvaluator } from "../evaluate.ts";
import { loadRulePack, type RulePack } from "../rule-pack.ts";
import { attackLog, storeLines, type StoredLog } from "../testing/stored-log.ts";
import { createDetect } from "../create-detect.ts";
import { createReplays, type Replays } from "./create-replays.ts";
import { rulesInForce } from "./draft.ts";

const pack = loadRulePack(fileURLToPath(new URL("../../../../../../rules", import.meta.url)));
const by = { actor: { kind: "person", id: "usr_1", name: "alice" }, requestId: "request-1" } as const;
const period = { from: "2026-02-01T00:00:00Z", to: "2026-02-02T00:00:00Z" };
const DRAFT = "77777777-7777-4777-8777-777777777777";

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.detail}`);
  return result.value;
}

/** What a stage would find that sees all events with this pack from the start. */
function foundBy(rules: RulePack, { events }: StoredLog): readonly NewDetection[] {
  const evaluator = createEvaluator(rules);
  return events.flatMap((event) => evaluator.evaluate(event));
}

/** The rule that finds most, single or correlated, among those findings. */
function busiest(found: readonly NewDetection[], correlation: boolean): string {
  const counts = Map.groupBy(
    found.filter((one) => one.correlation === correlation),
    ({ ruleId }) => ruleId,
  );
  const [id] = [...counts].toSorted(([, a], [, b]) => b.length - a.length)[0] ?? [];
  if (id === undefined) throw new Error("nothing was found");
  return id;
}

/** A pack without some rules, and without the correlations that rest on them. */
function without(ids: readonly string[]): RulePack {
  return rulesInForce(
    [...pack.rules.values()].flatMap(({ id, sigma }) => {
      const rests = sigma.kind === "correlation" && sigma.correlation.rules.some((key) => ids.includes(key));
      return ids.includes(id) || rests ? [] : [id];
    }),
    pack,
  ).pack;
}

describe("runs over stored events", () => {
  let world: TestDatabase;
  let log: StoredLog;
  let expected: readonly NewDetection[];
  let single: string;
  let correlated: string;
  let replays: Replays;
  let hold: PromiseWithResolvers<void>;
  let published = 0;

  /** The stage has looked at all events, but with neither of two rules that find most: they are new. */
  beforeAll(async () => {
    world = await openTestDatabase();
    log = await storeLines(world.db, attackLog(2_500, 7));
    expected = foundBy(pack, log);
    single = busiest(expected, false);
    correlated = busiest(expected, true);
    const bus = createBus(systemClock);
    const deps = { database: world.db, clock: systemClock, bus, log: silentLogger };
    const before = without([single, correlated]);
    const detect = createDetect({ ...deps, rules: before });
    while ((await detect.progress()).lag > 0) await new Promise((resolve) => void setTimeout(resolve, 10));
    await detect.stop();
    bus.subscribe(() => (published += 1));
    hold = Promise.withResolvers();
    hold.resolve();
    replays = createReplays({ ...deps, rules: () => pack, keptUp: async () => await hold.promise });
  });
  afterAll(async () => {
    await replays.stop();
    await world[Symbol.asyncDispose]();
  });

  async function ended<T extends Backtest | Backfill>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const run = find();
      if (run === undefined) throw new Error("there is no such run");
      if (run.endedAt !== null) return run;
      await new Promise((resolve) => void setTimeout(resolve, 5));
    }
  }
  const backtest = async (asked: { text: string } | { ruleId: string }, within = period) => {
    const { id } = value(await replays.backtests.begin({ ...within, ...asked }, by));
    return await ended(() => replays.backtests.find(id));
  };
  const backfill = async (ruleId: string) => {
    const { id } = value(await replays.backfills.begin({ ...period, ruleId, reason: "a new rule" }, by));
    return await ended(() => replays.backfills.find(id));
  };
  const of = (ruleId: string) => expected.filter((one) => one.ruleId === ruleId);

  test("a backtest finds what the stage would have found, correlations too, and stores nothing but its result", async () => {
    const before = [await countDetections(world.db.read), (await world.records()).length];
    for (const ruleId of [single, correlated]) {
      const run = await backtest({ ruleId });
      const [rule] = run.rules;
      const detections = of(ruleId).length;
      expect(run).toMatchObject({ state: "done", progress: 1, events: log.events.length });
      expect(rule).toMatchObject({
        ruleId,
        detections,
        inForce: { detections, both: detections, onlyHere: 0, onlyInForce: 0 },
      });
      expect(rule?.days).toEqual([{ day: "2026-02-01", detections }]);
      expect(rule?.samples.length).toBeGreaterThan(0);
      expect(rule?.samples.length).toBeLessThanOrEqual(20);
    }
    expect([await countDetections(world.db.read), (await world.records()).length]).toEqual(before);
  });

  test("in the second half of the log a backtest finds what the stage found there: windows reach back", async () => {
    const found = of(correlated);
    const from = found[Math.floor(found.length / 2)]?.time;
    if (from === undefined) throw new Error("nothing was found");
    const [rule] = (await backtest({ ruleId: correlated }, { from: from.toISOString(), to: period.to })).rules;
    // By the event that completed each: events come out of order in this log, and a late one belongs to its own time.
    const completing = new Map(log.events.map((event) => [event.id, event.time]));
    const later = found.filter(({ eventIds }) => eventIds.some((id) => (completing.get(id) ?? from) >= from));
    expect(rule?.detections).toBeGreaterThan(0);
    expect(rule?.detections).toBeLessThanOrEqual(later.length);
    expect(rule?.detections).toBeGreaterThanOrEqual(found.filter(({ firstEventAt }) => firstEventAt >= from).length);
  });

  const login = (more: string, id = DRAFT) => `
title: Somebody was refused
id: ${id}
name: refused
logsource: { category: authentication }
detection: { selection: { event.outcome: failure${more} }, condition: selection }
`;

  test("a draft is compared with the rule of its id that is in force, finding by finding", async () => {
    const fresh = await backtest({ text: login("") });
    expect(fresh.rules[0]).toMatchObject({ ruleId: DRAFT, inForce: null });
    const all = fresh.rules[0]?.detections ?? 0;
    expect(all).toBeGreaterThan(100);
    const changed = await backtest({ text: login(", user.name: root", single) });
    const [rule] = changed.rules;
    if (rule === undefined || rule.inForce === null) throw new Error("it was compared with nothing");
    const { detections, inForce } = rule;
    expect(inForce.detections).toBe(of(single).length);
    expect(inForce.both + inForce.onlyHere).toBe(detections);
    expect(inForce.both + inForce.onlyInForce).toBe(inForce.detections);
  });

  test("hostile drafts are refused with their place, before anything runs", async () => {
    const correlation = (number: number) => `---
title: Many ${number}
id: 88888888-8888-4888-8888-8888888888${10 + number}
correlation: { type: event_count, rules: [refused], group-by: [source.ip], timespan: 5m, condition: { gte: 3 } }
`;
    const many = Array.from({ length: DRAFT_CORRELATIONS_MAX + 1 }, (_, at) => correlation(at)).join("");
    const drafts = [
      "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]",
      "title: [",
      login(", user.name|re: '(a{1000}){1000}'"),
      login("").replace(`id: ${DRAFT}\n`, ""),
      login("") + many,
      "# nothing\n",
    ];
    for (const text of drafts) {
      const refused = await replays.backtests.begin({ ...period, text }, by);
      expect(refused).toMatchObject({ ok: false, refusal: { code: "VALIDATION_FAILED" } });
    }
    const backwards = { text: login(""), from: period.to, to: period.from };
    expect(await replays.backtests.begin(backwards, by)).toMatchObject({ ok: false });
    const ages = { text: login(""), from: "2020-01-01T00:00:00Z", to: period.to };
    expect(await replays.backtests.begin(ages, by)).toMatchObject({ ok: false });
  });

  test("one runs at a time, while the live stage goes first; a cancelled one ends and keeps what it found", async () => {
    hold = Promise.withResolvers();
    const { id } = value(await replays.backtests.begin({ ...period, ruleId: single }, by));
    expect(await replays.backtests.begin({ ...period, ruleId: single }, by)).toMatchObject({
      ok: false,
      refusal: { code: "REPLAY_RUNNING", facts: { id } },
    });
    expect(await replays.backfills.begin({ ...period, ruleId: single, reason: "x" }, by)).toMatchObject({ ok: false });
    expect(replays.backtests.find(id)).toMatchObject({ state: "running", progress: 0, events: 0 });
    // At once: the live stage may stay behind for minutes.
    expect(await replays.backtests.cancel(id)).toMatchObject({
      state: "cancelled",
      endedAt: expect.any(String) as unknown,
    });
    hold.resolve();
    expect(await replays.backtests.cancel("bkt_00000000-0000-7000-8000-000000000000")).toBeUndefined();
  });

  test("a backfill stores what the stage would have found, marked, without telling anybody", async () => {
    for (const ruleId of [single, correlated]) {
      const wanted = new Set(of(ruleId).map(({ id }) => id));
      expect(await backfill(ruleId)).toMatchObject({ state: "done", detections: wanted.size });
      const { rows } = await listDetections(world.db.read, { filter: { rule: ruleId }, limit: 10_000 });
      expect(new Set(rows.map(({ id }) => id))).toEqual(wanted);
      expect(rows.every(({ backfill: mark }) => mark?.startsWith("bkf_"))).toBe(true);
      expect(rows.some(({ tags }) => tags.length > 0)).toBe(true);
      expect((await hitsByRule(world.db.read)).get(ruleId)).toMatchObject({
        detections: wanted.size,
        backfilled: wanted.size,
      });
    }
    expect(published).toBe(0);
  });

  test("a second backfill writes nothing; each run is in the log with who asked, and each batch with its counts", async () => {
    expect(await backfill(single)).toMatchObject({ state: "done", detections: 0, tags: 0 });
    const records = (await world.records()).filter(({ type }) => type.startsWith("rule.backfill"));
    const started = records.filter(({ type }) => type === "rule.backfill_started");
    expect(started.map(({ actor, requestId, object }) => [actor.id, requestId, object.id])).toEqual([
      ["usr_1", "request-1", single],
      ["usr_1", "request-1", correlated],
      ["usr_1", "request-1", single],
    ]);
    const batches = records.filter(({ type }) => type === "rule.backfilled");
    const counted = batches.reduce((sum, { details }) => sum + Number(details["detections"]), 0);
    expect(counted).toBe(of(single).length + of(correlated).length);
    for (const { details } of batches) expect(details["backfill"]).toMatch(/^bkf_/);
  });

  test("cancelling a backfill leaves exactly one entry, and none when it was over", async () => {
    hold = Promise.withResolvers();
    const { id } = value(await replays.backfills.begin({ ...period, ruleId: single, reason: "x" }, by));
    const cancelled = replays.backfills.cancel(id, { ...by, requestId: "request-2" });
    hold.resolve();
    expect(await cancelled).toMatchObject({ state: "cancelled" });
    expect(await replays.backfills.cancel(id, by)).toMatchObject({ state: "cancelled" });
    const entries = (await world.records()).filter(({ type }) => type === "rule.backfill_cancelled");
    expect(entries.map(({ requestId, object, after }) => [requestId, object.id, after])).toEqual([
      ["request-2", single, "cancelled"],
    ]);
  });

  test("a rule that is not in force cannot be backfilled", async () => {
    const asked = { ...period, ruleId: DRAFT, reason: "x" };
    expect(await replays.backfills.begin(asked, by)).toMatchObject({ ok: false, refusal: { code: "NOT_FOUND" } });
  });
});
