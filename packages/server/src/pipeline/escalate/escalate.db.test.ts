import type { DetectionId, EventId, IncidentId, Result, TimelineItem } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBus, cursorOf } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { eventsByIds } from "#collect";
import { detectionHead, readDetectionsAfter } from "#detect";
import { createIncidentDesk, type IncidentDesk } from "./desk.ts";
import type { StoredIncident } from "./incident.ts";
import {
  countOpenBySeverity,
  detectionIdsOf,
  evidenceOf,
  findIncident,
  incidentHead,
  incidentIdsOf,
  incidentsForActor,
  listIncidents,
  readIncidentChangesAfter,
  topActors,
} from "./incident-store.ts";
import { listedRisk } from "./risk.ts";
import { acceptedLogin, attackers, detectLines, failedLogin, request } from "./testing/detected-log.ts";
import { timelineOf, type TimelinePoint } from "./timeline.ts";
import { createEscalate, escalateBatch } from "./worker.ts";

const BEFORE = Number.MAX_SAFE_INTEGER;
const by = { actor: { kind: "person", id: "usr_1", name: "alice" }, requestId: "request-1" } as const;
const UNKNOWN = "inc_00000000-0000-7000-8000-000000000000" as IncidentId;

const depsOn = (database: Database, batchMax?: number) => {
  const deps = { database, clock: systemClock, bus: createBus(systemClock), log: silentLogger };
  return batchMax === undefined ? deps : { ...deps, batchMax };
};
async function escalateAll(database: Database, batchMax?: number): Promise<void> {
  const deps = depsOn(database, batchMax);
  while (await escalateBatch(deps));
}
async function incidents(db: Database): Promise<readonly StoredIncident[]> {
  return (await listIncidents(db.read, { filter: {}, limit: 1000 })).rows;
}
/** Without our own clock and the order of changes, which differ between runs. */
const told = (list: readonly StoredIncident[]) =>
  list
    .map(({ position: _position, openedAt: _openedAt, updatedAt: _updatedAt, sensors, ...rest }) => ({
      ...rest,
      sensors,
    }))
    .toSorted((a, b) => (a.key + a.firstEventAt.toISOString() < b.key + b.firstEventAt.toISOString() ? -1 : 1));
/** Event ids are new in each database, and with them those of detections and incidents. */
const withoutIds = (list: readonly StoredIncident[]) => told(list).map(({ id: _id, ...rest }) => rest);
function done<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.detail);
  return result.value;
}

test("what a backfill found is read past: it opens and extends no incident, and nothing waits for it", async () => {
  await using world = await openTestDatabase();
  await detectLines(world.db, attackers(40));
  await world.db.bookkeep("counters", async (tx) => {
    await tx.updateTable("detection").set({ backfill: "bkf_1" }).where("position", "<=", 10).execute();
  });
  const head = await detectionHead(world.db.read);
  expect(head).toBeGreaterThan(20);
  await escalateAll(world.db, 10);
  expect(await cursorOf(world.db.read, "escalate")).toBe(head);
  const counted = (await incidents(world.db)).reduce((sum, one) => sum + one.detectionCount, 0);
  const joined = await incidentIdsOf(
    world.db.read,
    (await readDetectionsAfter(world.db.read, 0, 10)).map(({ id }) => id),
  );
  expect([counted <= head - 10, counted > 0, joined.size]).toEqual([true, true, 0]);
});

describe.each(TEST_ENGINES)("escalate on %s", (engine) => {
  test("finds the same incidents in any batches, and when transactions fail before they are committed", async () => {
    await using whole = await openTestDatabase(engine);
    await detectLines(whole.db, attackers(200));
    await escalateAll(whole.db);
    const expected = await incidents(whole.db);
    expect(expected.length).toBeGreaterThan(3);

    await using other = await openTestDatabase(engine);
    await detectLines(other.db, attackers(200));
    let calls = 0;
    const failing: Database = {
      ...other.db,
      audited: async (fact, work) =>
        await other.db.audited(fact, async (tx) => {
          const value = await work(tx);
          if ((calls += 1) % 3 === 0) throw new Error("failure");
          return value;
        }),
    };
    for (let more = true, size = 1; more; size = (size % 9) + 1) {
      more = await escalateBatch(depsOn(failing, size)).catch(() => true);
    }
    expect(calls).toBeGreaterThan(10);
    expect(withoutIds(await incidents(other.db))).toEqual(withoutIds(expected));
  });

  describe("what it stores", () => {
    let world: TestDatabase;
    let desk: IncidentDesk;
    let guesser: StoredIncident;
    const IP = "203.0.113.7";
    beforeAll(async () => {
      world = await openTestDatabase(engine);
      const lines = [
        ...Array.from({ length: 12 }, (_, index) => failedLogin(index * 5, IP)),
        acceptedLogin(90, IP),
        request(100, "203.0.113.8", "/.env"),
        ...Array.from({ length: 9 }, (_, index) => failedLogin(110 + index, "203.0.113.9", `invalid user u${index}`)),
      ];
      await detectLines(world.db, lines);
      await escalateAll(world.db, 4);
      desk = createIncidentDesk(depsOn(world.db));
      const [found] = await incidentsForActor(world.db.read, IP);
      if (found === undefined) throw new Error("no incident about the guesser");
      guesser = found;
    });
    afterAll(async () => await world[Symbol.asyncDispose]());

    test("an attacker who got in is one incident that says so", () => {
      expect(guesser).toMatchObject({
        key: `actor:${IP}`,
        title: `${IP} guessed passwords on gate and logged in as root after guessing`,
        severity: "critical",
        priority: 1,
        state: "new",
        sensors: ["gate"],
        firstEventAt: new Date("2026-02-01T10:00:00.000Z"),
        lastEventAt: new Date("2026-02-01T10:01:30.000Z"),
      });
      expect(guesser.techniques).toEqual(expect.arrayContaining(["T1110.001", "T1078"]));
      expect(guesser.risk).toBe(listedRisk(guesser.contributions).reduce((total, { points }) => total + points, 0));
    });

    test("every detection that joined an incident is found from both sides", async () => {
      const { read } = world.db;
      const all = await readDetectionsAfter(read, 0, 1000);
      const places = await incidentIdsOf(
        read,
        all.map(({ id }) => id),
      );
      expect(places.size).toBe(all.length);
      const own = all.filter(({ actorIp }) => actorIp === IP).map(({ id }) => id);
      expect(await detectionIdsOf(read, guesser.id, { before: BEFORE, limit: 100 })).toEqual(own.toReversed());
      expect(own.map((id) => places.get(id))).toEqual(own.map(() => guesser.id));
      expect(await evidenceOf(read, guesser.id)).toEqual({
        incidentId: guesser.id,
        risk: guesser.risk,
        severity: guesser.severity,
        actorIp: guesser.actorIp,
        detectionIds: own.toReversed(),
      });
      expect(await evidenceOf(read, UNKNOWN)).toBeUndefined();
    });

    test("can be listed by state, severity and address, counted, and ranked by risk", async () => {
      const { read } = world.db;
      const list = async (filter: Parameters<typeof listIncidents>[1]["filter"]) =>
        (await listIncidents(read, { filter, limit: 100 })).rows.map(({ actorIp }) => actorIp);
      expect(new Set(await list({}))).toEqual(new Set([IP, "203.0.113.8", "203.0.113.9"]));
      expect(await list({ ip: IP, open: true, state: "new", severity: "critical" })).toEqual([IP]);
      expect(await list({ open: false })).toEqual([]);
      const counts = await countOpenBySeverity(read);
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(3);
      expect(counts.critical).toBe(1);
      const [first, ...others] = await topActors(read, 10);
      expect(first).toMatchObject({ ip: IP, risk: guesser.risk, incidentId: guesser.id, severity: "critical" });
      expect(others).toHaveLength(2);
      expect(others.every(({ risk }) => risk <= guesser.risk)).toBe(true);
    });

    test("openings and additions are entries of the log, one for each incident of a batch", async () => {
      const ours = (await world.records()).filter(({ actor }) => actor.id === "escalate");
      const about = ours.filter(({ object }) => object.id === guesser.id);
      expect(about[0]).toMatchObject({ type: "incident.opened", details: { key: guesser.key, actorIp: IP } });
      expect(about.slice(1).every(({ type }) => type === "incident.extended")).toBe(true);
      expect(about.at(-1)?.details).toMatchObject({ risk: guesser.risk, severity: "critical" });
      const joined = about.reduce((sum, { details }) => sum + Number(details["detections"]), 0);
      expect(joined).toBe(guesser.detectionCount);
    });

    test("the stream of changes gives each incident once, as it now is, and again when it changes", async () => {
      const { read } = world.db;
      const changes = await readIncidentChangesAfter(read, 0, 100);
      expect(changes.map(({ position }) => position)).toEqual(
        changes.map(({ position }) => position).toSorted((a, b) => a - b),
      );
      expect(changes.find(({ incidentId }) => incidentId === guesser.id)).toMatchObject({
        actorIp: IP,
        risk: guesser.risk,
        severity: "critical",
        state: "new",
      });
      const head = await incidentHead(read);
      done(await desk.note(guesser.id, "seen", by));
      expect(await readIncidentChangesAfter(read, head, 100)).toMatchObject([
        { incidentId: guesser.id, position: head + 1 },
      ]);
    });

    test("people move, note and take it; each is told, recorded and in the timeline; notes stay out of the log", async () => {
      const secret = "the password was hunter2";
      done(await desk.move(guesser.id, { to: "investigating", note: secret }, by));
      done(await desk.note(guesser.id, secret, by));
      expect(done(await desk.take(guesser.id, by)).assignee).toEqual(by.actor);
      const records = await world.records();
      const own = records.filter(({ actor }) => actor.id === by.actor.id);
      expect(own.slice(-3)).toMatchObject([
        { type: "incident.moved", before: "new", after: "investigating", requestId: "request-1" },
        { type: "incident.noted", details: { characters: secret.length } },
        { type: "incident.assigned", before: null, after: "usr_1" },
      ]);
      expect(JSON.stringify(records)).not.toContain("hunter2");
      const { items } = await timelineOf(world.db.read, {
        incident: guesser.id,
        after: undefined,
        limit: 500,
        sources: [],
      });
      expect(items.slice(-3).map(({ kind, text }) => [kind, text])).toEqual([
        ["move", secret],
        ["note", secret],
        ["move", ""],
      ]);
    });

    test("an illegal move and an unknown incident are refused and leave nothing behind", async () => {
      const before = [(await world.records()).length, await findIncident(world.db.read, guesser.id)];
      expect(await desk.move(guesser.id, { to: "new" }, by)).toMatchObject({
        refusal: { code: "INCIDENT_TRANSITION_REFUSED", facts: { legal: expect.arrayContaining(["contained"]) } },
      });
      expect(await desk.note(UNKNOWN, "x", by)).toMatchObject({ refusal: { code: "NOT_FOUND" } });
      expect([(await world.records()).length, await findIncident(world.db.read, guesser.id)]).toEqual(before);
    });

    test("the timeline is one order, the same in pages of any size, with what later stages add", async () => {
      const source = async (): Promise<readonly TimelineItem[]> => [
        {
          at: "2026-02-01T10:00:20.000Z",
          kind: "action",
          title: "Block proposed",
          text: "",
          severity: null,
          actor: by.actor,
          ref: "act_00000000-0000-7000-8000-000000000001",
          facts: {},
        },
      ];
      const page = async (limit: number, after?: TimelinePoint) =>
        await timelineOf(world.db.read, { incident: guesser.id, after, limit, sources: [source] });
      const all = await page(500);
      expect(all.next).toBeNull();
      expect(new Set(all.items.map(({ kind }) => kind))).toEqual(
        new Set(["event", "detection", "action", "note", "move"]),
      );
      expect(all.items.map(({ at }) => at)).toEqual(all.items.map(({ at }) => at).toSorted());
      expect(new Set(all.items.map(({ ref }) => ref)).size).toBe(all.items.length);
      for (const limit of [1, 2, 3, 7]) {
        const items: TimelineItem[] = [];
        let next: TimelinePoint | null | undefined;
        do {
          const read = await page(limit, next ?? undefined);
          items.push(...read.items);
          next = read.next;
        } while (next !== null);
        expect(items).toEqual(all.items);
      }
      expect(JSON.stringify(all.items)).not.toContain("Failed password");
    });

    test("its events are those of its detections", async () => {
      const { read } = world.db;
      const ids = await detectionIdsOf(read, guesser.id, { before: BEFORE, limit: 100 });
      const detections = (await readDetectionsAfter(read, 0, 1000)).filter(({ id }) => ids.includes(id));
      const expected = new Set<string>(detections.flatMap(({ eventIds }) => eventIds));
      const { items } = await timelineOf(read, { incident: guesser.id, after: undefined, limit: 500, sources: [] });
      const shown = items.filter(({ kind }) => kind === "event").map(({ ref }) => ref);
      expect(new Set(shown)).toEqual(expected);
      expect(await eventsByIds(read, shown as EventId[])).toHaveLength(shown.length);
    });

    test("closed, it takes no more detections: the next ones open another", async () => {
      for (const to of ["contained", "resolved"] as const) done(await desk.move(guesser.id, { to }, by));
      done(await desk.move(guesser.id, { to: "closed", verdict: "true_positive" }, by));
      await detectLines(
        world.db,
        Array.from({ length: 9 }, (_, index) => failedLogin(2000 + index, IP)),
        "second",
      );
      await escalateAll(world.db);
      const about = await incidentsForActor(world.db.read, IP);
      expect(about.map(({ state }) => state)).toEqual(["new", "closed"]);
      expect(await findIncident(world.db.read, guesser.id)).toMatchObject({
        state: "closed",
        verdict: "true_positive",
        detectionCount: guesser.detectionCount,
      });
    });
  });

  test("what is merely informational moves the cursor, opens nothing and records nothing", async () => {
    await using world = await openTestDatabase(engine);
    await detectLines(world.db, [`203.0.113.7 - - [01/Feb/2026:10:00:00 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"`]);
    await escalateAll(world.db);
    const [detection] = await readDetectionsAfter(world.db.read, 0, 10);
    expect(detection?.severity).toBe("info");
    expect(await cursorOf(world.db.read, "escalate")).toBe(1);
    expect(await incidents(world.db)).toEqual([]);
    expect(await incidentIdsOf(world.db.read, [detection?.id as DetectionId])).toEqual(new Map());
    expect((await world.records()).filter(({ actor }) => actor.id === "escalate")).toEqual([]);
  });

  test("the running stage is woken by the bus, tells live views, and stops after its batch", async () => {
    await using world = await openTestDatabase(engine);
    const deps = depsOn(world.db);
    const changed = new Promise<unknown>((resolve) => {
      deps.bus.subscribe(({ topic, data }) => void (topic === "incident.changed" && resolve(data)));
    });
    const escalate = createEscalate(deps);
    await detectLines(world.db, attackers(60));
    const recorded = { id: "det_1", ruleTitle: "Brute force", severity: "high", count: 1 } as const;
    deps.bus.publish("detection.recorded", recorded);
    expect(await changed).toMatchObject({
      id: expect.stringMatching(/^inc_/),
      title: expect.any(String),
      state: "new",
    });
    await escalate.stop();
    const head = await detectionHead(world.db.read);
    expect(await escalate.progress()).toEqual({ position: head, head, lag: 0 });
  });
});
