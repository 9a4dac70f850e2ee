import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBus, createTopicBus, cursorOf } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, type TestDatabase } from "#platform/testing";
import { eventHead, readEventsAfter, type StreamEvent } from "#collect";
import type { NewDetection } from "../detection.ts";
import { readDetectionsAfter } from "../detection-store.ts";
import { createEvaluator } from "../evaluate.ts";
import { buildRulePack, type RulePack } from "../rule-pack.ts";
import { attackLog, generator, storeLines } from "../testing/stored-log.ts";
import { createDetect } from "../create-detect.ts";
import { DetectWorker } from "../worker.ts";
import { type AppliedState, type AppliedStates, appliedStates, NO_STATES, type SetState } from "./rule-state.ts";
import { setAside } from "./set-aside.ts";
import { deleteState, putState, statesInForce, suppressedByRule } from "./state-store.ts";

const FAILED = "11111111-1111-4111-8111-111111111111";
const KEPT = "22222222-2222-4222-8222-222222222222";
const CHANGED = "33333333-3333-4333-8333-333333333333";
const COMING = "44444444-4444-4444-8444-444444444444";
const RULES = [FAILED, KEPT, CHANGED];

const counting = (id: string, name: string, threshold: number) => `
title: ${name}
id: ${id}
tags: [attack.credential-access, attack.t1110]
correlation:
  { type: event_count, rules: [failed], group-by: [source.ip], timespan: 1h, condition: { gte: ${threshold} }, generate: true }
`;
const failed = `
title: Failed
id: ${FAILED}
name: failed
tags: [attack.credential-access, attack.t1110]
logsource: { category: authentication }
detection: { selection: { event.outcome: failure }, condition: selection }
`;
/** The base and one correlation stay; one changes its threshold, one comes and goes. */
function packOf(threshold: number, isComing = false): RulePack {
  const files = [
    { path: "a.yml", text: failed },
    { path: "kept.yml", text: counting(KEPT, "Kept", 5) },
    { path: "changed.yml", text: counting(CHANGED, "Changed", threshold) },
    { path: "coming.yml", text: counting(COMING, "Coming", 3) },
  ];
  const pack = buildRulePack(isComing ? files : files.slice(0, 3));
  if (pack.rejected.length > 0) throw new Error(JSON.stringify(pack.rejected));
  return pack;
}

/** From an event on: this pack, or these states. */
type Stretch = Readonly<{ after: number; pack: RulePack; states: AppliedStates }>;

/** What a stage finds that is stopped before each stretch, keeps its windows, and is started with what counts there. */
function expectedOf(events: readonly StreamEvent[], stretches: readonly Stretch[]): ReturnType<typeof setAside> {
  let groups = new Map<string, { correlationId: string; groupKey: string; state: string }>();
  let checkpoint: string | undefined;
  let digests = new Map<string, string>();
  const shown: NewDetection[] = [];
  const muted: NewDetection[] = [];
  for (const [index, { after, pack, states }] of stretches.entries()) {
    const now = new Map([...pack.rules.values()].map(({ id, stateDigest }) => [id, stateDigest]));
    groups = new Map([...groups].filter(([, { correlationId: id }]) => now.get(id) === digests.get(id)));
    digests = now;
    const evaluator = createEvaluator(pack);
    evaluator.restore({ groups: [...groups.values()], ...(checkpoint === undefined ? {} : { checkpoint }) });
    evaluator.apply(states);
    const until = stretches[index + 1]?.after ?? Number.POSITIVE_INFINITY;
    const own = events.filter(({ position }) => position > after && position <= until);
    const found = own.flatMap((event) => evaluator.evaluate(event));
    shown.push(...setAside(found, states).shown);
    muted.push(...found.filter(({ ruleId }) => states.get(ruleId)?.state === "muted"));
    const dirty = evaluator.takeDirtyGroups();
    for (const group of dirty.upserts) groups.set(`${group.correlationId} ${group.groupKey}`, group);
    for (const group of dirty.removals) groups.delete(`${group.correlationId} ${group.groupKey}`);
    checkpoint = dirty.checkpoint;
  }
  const all = new Map(RULES.map((id) => [id, { state: "muted", confidenceMax: null }] as const));
  return { shown, suppressed: setAside(muted, all).suppressed };
}

const brief = ({ id, ruleVersion, eventIds, tags }: NewDetection) => {
  const confidences = tags.map(({ id: tag, confidence }) => `${tag} ${confidence}`).toSorted();
  return JSON.stringify({ id, ruleVersion, eventIds, confidences });
};
const briefly = (found: readonly NewDetection[]) => [...new Map(found.map((one) => [one.id, brief(one)])).values()];

describe("another pack, other states", () => {
  let world: TestDatabase;
  let db: Database;
  beforeAll(async () => {
    world = await openTestDatabase();
    db = world.db;
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  /** Stores other lines, and gives the stream from there. */
  const more = async (count: number, seed: number) => {
    const [events, detections] = [await eventHead(db.read), (await readDetectionsAfter(db.read, 0, 100_000)).length];
    await storeLines(db, attackLog(count, seed), `gate-${seed}`);
    return {
      before: events,
      events: await readEventsAfter(db.read, events, count),
      found: async () => await readDetectionsAfter(db.read, detections, 100_000),
    };
  };

  test("under load, a running stage finds what one would that was restarted where the pack changed", async () => {
    const { events, found } = await more(600, 1);
    const packs = [packOf(4), packOf(6, true), packOf(6), packOf(3), packOf(7, true)];
    const [first = packOf(1), ...later] = packs;
    const stretches: Stretch[] = [];
    const replaced: Promise<void>[] = [];
    const reloaded: string[] = [];
    const topics = createTopicBus({ clock: systemClock, log: silentLogger });
    topics.subscribe("ttp.rule.reloaded.*", ({ topic }) => void reloaded.push(topic.split(".").at(-1) ?? ""));
    const bus = createBus(systemClock);
    const caughtUp = Promise.withResolvers<void>();
    const detect = createDetect({
      database: db,
      clock: systemClock,
      bus,
      topics,
      log: silentLogger,
      rules: first,
      batchMax: 20,
      saveEvery: 90,
      readAfter: async (position, limit) => {
        const pack = detect.rules();
        if (stretches.at(-1)?.pack !== pack) stretches.push({ after: position, pack, states: NO_STATES });
        const next = later[replaced.length];
        if (next !== undefined && position >= 100 * (replaced.length + 1)) replaced.push(detect.replaceRules(next));
        if (position === 600) caughtUp.resolve();
        return await readEventsAfter(db.read, position, limit);
      },
    });
    await caughtUp.promise;
    await Promise.all(replaced);
    await detect.stop();
    expect(stretches.map(({ pack }) => pack.digest)).toEqual(packs.map(({ digest }) => digest));
    expect(briefly(await found())).toEqual(briefly(expectedOf(events, stretches).shown));
    expect((await found()).filter(({ ruleId }) => ruleId === COMING).length).toBeGreaterThan(0);
    // One message per rule that was edited, came or went; none of those that stayed as they are.
    expect(reloaded).toEqual([CHANGED, COMING, COMING, CHANGED, CHANGED, COMING]);
  });

  /** A stage that counts its transactions, and is told something while it looks at its first events. */
  const interrupted = (
    tell: (worker: DetectWorker) => void,
    { rules = packOf(4), reading }: Readonly<{ rules?: RulePack; reading?: () => Promise<void> }> = {},
  ) => {
    const told: string[] = [];
    const counted: Database = {
      ...db,
      audited: async (fact, work) => (told.push("audited"), await db.audited(fact, work)),
      bookkeep: async (what, work) => (told.push(what), await db.bookkeep(what, work)),
    };
    const worker: DetectWorker = new DetectWorker(
      {
        database: counted,
        clock: systemClock,
        bus: createBus(systemClock),
        log: silentLogger,
        rules,
        readAfter: async (position, limit) => {
          const events = await readEventsAfter(db.read, position, limit);
          await reading?.();
          told.length = 0;
          setImmediate(() => tell(worker));
          return events;
        },
      },
      { onLoss: () => undefined, onDetected: () => undefined, onRefused: () => undefined, onStep: () => undefined },
    );
    return { worker, told };
  };

  test("a batch ends early for states somebody sets, which count at once, also for what was found and is not stored yet", async () => {
    const { before, events, found } = await more(300, 5);
    await beginAt(db, before);
    const set = [setStateOf(FAILED, DISABLED), setStateOf(KEPT, CLIPPED)];
    const all = appliedStates(set, systemClock.now());
    const reading = async (): Promise<void> => {
      for (const one of set) await db.bookkeep("counters", async (tx) => await putState(tx, one));
    };
    const { worker, told } = interrupted((one) => one.lookAtStates(all), { reading });
    expect(await worker.step(), "the rest of the batch is looked at at once").toBe(true);
    expect(await cursorOf(db.read, "detect")).toBe(before + 49);
    expect(await statesInForce(db.read)).toEqual(all);
    expect(told).toHaveLength(1);
    const inHand = createEvaluator(packOf(4));
    const first = events.slice(0, 49).flatMap((event) => inHand.evaluate(event));
    expect(first.some(({ ruleId }) => ruleId === FAILED)).toBe(true);
    expect(first.some(({ ruleId, tags }) => ruleId === KEPT && tags.length > 0)).toBe(true);
    expect(briefly(await found())).toEqual(briefly(setAside(first, all).shown));

    while (await worker.step());
    await worker.save();
    const stretches = [
      { after: before, pack: packOf(4), states: NO_STATES },
      { after: before + 49, pack: packOf(4), states: all },
    ];
    const { shown } = expectedOf(events, stretches);
    expect(briefly(await found())).toEqual(briefly(setAside(shown, all).shown));
    expect(await statesInForce(db.read)).toEqual(all);
    for (const ruleId of RULES) await db.bookkeep("counters", async (tx) => await deleteState(tx, ruleId));
  });

  test("what is set while a batch waits for its turn to be written counts for it, and is recorded with the next", async () => {
    const { before, events, found } = await more(120, 10);
    await beginAt(db, before);
    const set = setStateOf(FAILED, DISABLED);
    const all = appliedStates([set], systemClock.now());
    let isWaiting = false;
    const waiting: Database = {
      ...db,
      audited: async (fact, work) => {
        if (isWaiting) {
          isWaiting = false;
          await db.bookkeep("counters", async (tx) => await putState(tx, set));
          worker.lookAtStates(all);
        }
        return await db.audited(fact, work);
      },
    };
    const readAfter = async (position: number, limit: number) => {
      isWaiting = position === before;
      return await readEventsAfter(db.read, position, limit);
    };
    const rules = packOf(4);
    const parts = {
      clock: systemClock,
      bus: createBus(systemClock),
      log: silentLogger,
      rules,
      batchMax: 60,
      readAfter,
    };
    const ignore = (): undefined => undefined;
    const quiet = { onLoss: ignore, onDetected: ignore, onRefused: ignore, onStep: ignore };
    const worker: DetectWorker = new DetectWorker({ ...parts, database: waiting }, quiet);
    await worker.step();
    expect(await cursorOf(db.read, "detect")).toBe(before + 60);
    expect((await found()).filter(({ ruleId }) => ruleId === FAILED)).toEqual([]);
    expect(await statesInForce(db.read), "windows are as of events that were looked at before it").toEqual(NO_STATES);
    while (await worker.step());
    expect(await statesInForce(db.read)).toEqual(all);
    const stretches = [
      { after: before, pack: packOf(4), states: NO_STATES },
      { after: before + 60, pack: packOf(4), states: all },
    ];
    expect(briefly(await found())).toEqual(briefly(setAside(expectedOf(events, stretches).shown, all).shown));
    for (const ruleId of RULES) await db.bookkeep("counters", async (tx) => await deleteState(tx, ruleId));
    while (await worker.step());
    await worker.save();
  });

  test("a batch ends early for another pack, which is in force with what was found until there", async () => {
    const { before } = await more(300, 6);
    const next = packOf(8, true);
    const replaced: Promise<void>[] = [];
    const { worker, told } = interrupted((one) => {
      if (replaced.length === 0) replaced.push(one.replace(next));
    });
    await worker.step();
    await Promise.all(replaced);
    expect([worker.pack.digest, told]).toEqual([next.digest, ["audited"]]);
    expect(await cursorOf(db.read, "detect")).toBe(before + 49);
    while (await worker.step());
    expect(await cursorOf(db.read, "detect")).toBe(before + 300);
  });

  test("who waits for a pack is let go when the stage ends, also where its windows cannot be saved", async () => {
    await more(60, 8);
    const { worker } = interrupted(() => undefined);
    while (await worker.step());
    const broken = new DetectWorker(
      {
        database: { ...db, bookkeep: async () => await Promise.reject(new Error("no connection")) },
        clock: systemClock,
        bus: createBus(systemClock),
        log: silentLogger,
        rules: packOf(5),
      },
      { onLoss: () => undefined, onDetected: () => undefined, onRefused: () => undefined, onStep: () => undefined },
    );
    await more(60, 9);
    await broken.step();
    const waiting = broken.replace(packOf(6));
    await expect(broken.end()).rejects.toThrow("no connection");
    await waiting;
    while (await worker.step());
    await worker.save();
  });

  test("findings that are stored already are no news: nothing is recorded of them, and the stage goes on", async () => {
    await more(200, 7);
    // Without windows, which an event that is looked at twice would fill twice.
    const single = buildRulePack([{ path: "a.yml", text: failed }]);
    const { worker } = interrupted(() => undefined, { rules: single });
    while (await worker.step());
    await worker.save();
    const [head, records] = [await cursorOf(db.read, "detect"), await world.records()];
    const detections = (await readDetectionsAfter(db.read, 0, 100_000)).length;
    await db.bookkeep("cursor", async (tx) => {
      await tx
        .updateTable("consumer_cursor")
        .set({ position: head - 100 })
        .where("consumer", "=", "detect")
        .execute();
      await tx
        .updateTable("correlation_checkpoint")
        .set({ position: head - 100 })
        .execute();
    });
    const { worker: again } = interrupted(() => undefined, { rules: single });
    while (await again.step());
    expect(await cursorOf(db.read, "detect")).toBe(head);
    expect((await readDetectionsAfter(db.read, 0, 100_000)).length).toBe(detections);
    expect((await world.records()).slice(records.length)).toEqual([]);
  });

  test.each([2, 3, 4])(
    "killed between any two steps, states count from where they were seen (seed %d)",
    async (seed) => {
      const { before, events, found } = await more(500, seed);
      const random = generator(seed);
      const pack = packOf(4);
      const open = () =>
        new DetectWorker(
          {
            database: db,
            clock: systemClock,
            bus: createBus(systemClock),
            log: silentLogger,
            rules: pack,
            batchMax: 1 + Math.floor(random() * 30),
            saveEvery: 70,
          },
          { onLoss: () => undefined, onDetected: () => undefined, onRefused: () => undefined, onStep: () => undefined },
        );
      const counted = await suppressedByRule(db.read);
      for (const ruleId of RULES) await db.bookkeep("counters", async (tx) => await deleteState(tx, ruleId));
      await beginAt(db, before);
      const stretches: Stretch[] = [{ after: before, pack, states: NO_STATES }];
      let kills = 0;
      for (let worker = open(); await worker.step();) {
        if (random() < 0.4) {
          const states = await setSome(db, random, stretches.at(-1)?.states ?? NO_STATES);
          stretches.push({ after: await cursorOf(db.read, "detect"), pack, states });
          worker.lookAtStates(states);
        }
        if (random() > 0.4) continue;
        kills += 1;
        worker = open();
      }
      expect([kills, stretches.length].every((count) => count > 5)).toBe(true);
      const expected = expectedOf(events, stretches);
      expect(briefly(await found())).toEqual(briefly(expected.shown));
      const after = await suppressedByRule(db.read);
      const added = RULES.map((id) => (after.get(id)?.detections ?? 0) - (counted.get(id)?.detections ?? 0));
      const muted = new Map(expected.suppressed.map(({ ruleId, detections }) => [ruleId, detections]));
      expect(added).toEqual(RULES.map((id) => muted.get(id) ?? 0));
      expect(Math.max(...added)).toBeGreaterThan(0);
    },
  );
});

const SOME: readonly (AppliedState | undefined)[] = [
  { state: "disabled", confidenceMax: null },
  { state: "muted", confidenceMax: null },
  { state: "clipped", confidenceMax: 0.5 },
  undefined,
];

const DISABLED: AppliedState = { state: "disabled", confidenceMax: null };
const CLIPPED: AppliedState = { state: "clipped", confidenceMax: 0.4 };

/** No windows and no states from before. */
async function beginAt(db: Database, position: number): Promise<void> {
  await db.bookkeep("counters", async (tx) => {
    await tx.deleteFrom("rule_state_in_force").execute();
    await tx.deleteFrom("correlation_group").execute();
    await tx.deleteFrom("correlation_checkpoint").execute();
    await tx.insertInto("correlation_checkpoint").values({ consumer: "detect", position, checkpoint: "" }).execute();
  });
}

async function setSome(db: Database, random: () => number, states: AppliedStates): Promise<AppliedStates> {
  const ruleId = RULES[Math.floor(random() * RULES.length)] ?? FAILED;
  const applied = SOME[Math.floor(random() * SOME.length)];
  const next = new Map(states);
  if (applied === undefined) next.delete(ruleId);
  else next.set(ruleId, applied);
  await db.bookkeep("counters", async (tx) => await putState(tx, setStateOf(ruleId, applied)));
  return next;
}

function setStateOf(ruleId: string, applied: AppliedState | undefined): SetState {
  const now = new Date();
  return {
    ruleId,
    state: applied?.state ?? "enabled",
    confidenceMax: applied?.confidenceMax ?? null,
    expiresAt: applied?.state === "muted" ? new Date(now.getTime() + 3_600_000) : null,
    reason: "a test",
    setBy: { kind: "system", id: "test", name: "test" },
    setAt: now,
  };
}
