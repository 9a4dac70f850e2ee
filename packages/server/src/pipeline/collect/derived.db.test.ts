import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBus } from "#platform/bus";
import { fixedClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import {
  createCollect,
  DERIVED_SENSOR,
  derivedFacts,
  eventHead,
  eventsByIds,
  derivedEventId,
  isDerived,
  storeDerived,
  type Collect,
  type DerivedEvent,
  type StoredDerived,
} from "./index.ts";

const BY = { actor: { kind: "system", id: "test", name: "test" }, requestId: null } as const;

function reused(identity: string, more: Partial<DerivedEvent> = {}): DerivedEvent {
  return {
    kind: "credential",
    action: "credential.reused",
    category: "credential",
    identity: [identity],
    time: new Date("2026-03-01T10:00:00Z"),
    src: "203.0.113.9",
    user: "root",
    fields: { "credential.target_count": 2 },
    from: ["evt_00000000-0000-7000-8000-000000000001"],
    ...more,
  };
}

describe.each(TEST_ENGINES)("derived events on %s", (engine) => {
  const clock = fixedClock("2026-03-01T12:00:00.000Z");
  let world: TestDatabase;
  let collect: Collect;
  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    collect = createCollect({
      database: world.db,
      clock,
      log: silentLogger,
      bus: createBus(clock),
      intakeBytesMax: 2 ** 20,
    });
  });
  afterAll(async () => {
    await collect.stop();
    await world[Symbol.asyncDispose]();
  });

  async function store(...events: readonly DerivedEvent[]): Promise<StoredDerived> {
    const work = async (tx: Parameters<typeof storeDerived>[0]) => await storeDerived(tx, events, clock.now());
    const stored = await world.db.audited((done: StoredDerived) => derivedFacts(BY.actor, done), work);
    collect.announce(stored);
    return stored;
  }

  test("are events of the stream, once, however often they are derived", async () => {
    const before = await eventHead(world.db.read);
    expect(await store(reused("a"), reused("b"), reused("a"))).toMatchObject({ first: before + 1, stored: 2 });
    expect(await store(reused("b"))).toMatchObject({ stored: 0 });
    expect(await eventHead(world.db.read)).toBe(before + 2);
    const [event] = await eventsByIds(world.db.read, [derivedEventId(reused("a"))]);
    expect(event).toMatchObject({
      kind: "credential",
      logsource: { product: "tyr", category: "credential" },
      src: { ip: "203.0.113.9" },
      user: "root",
      fields: { "credential.target_count": 2, "derived.from": ["evt_00000000-0000-7000-8000-000000000001"] },
      ecs: { "event.action": "credential.reused", "sensor.name": "derived" },
    });
    if (event === undefined) throw new Error("it was stored");
    expect(isDerived(event)).toBe(true);
  });

  test("reach readers from memory as they are in the table, beside what senders sent", async () => {
    const created = await collect.sensors.create({ name: "gate", kind: "custom" }, BY);
    if (!created.ok) throw new Error(created.refusal.detail);
    const before = await eventHead(world.db.read);
    const line = "Mar  1 10:00:00 gate sshd[9]: Failed password for root from 203.0.113.9 port 1 ssh2";
    const send = async () =>
      await collect.intake({
        sensor: created.value.sensor,
        by: BY,
        body: Buffer.from(line),
        contentType: "text/plain",
      });
    await send();
    await store(reused("between"));
    await send();
    const fast = await collect.readAfter(before, 100, "fast");
    expect(fast.map(isDerived)).toEqual([false, true, false]);
    expect(await collect.readAfter(before + 3, 100, "fast")).toEqual([]);
    // What one reader has passed is still there for another one, in pages of any size.
    const slow = [await collect.readAfter(before, 2, "slow"), await collect.readAfter(before + 2, 2, "slow")];
    expect(slow.flat()).toStrictEqual(fast);
  });

  test("hold no more than fits, whatever bytes and lengths an attacker chose", async () => {
    const hostile = reused("hostile", {
      user: `a\0\ud800${"x".repeat(5_000)}`,
      session: "s\0",
      fields: {
        note: "\0".repeat(100_000),
        list: Array.from({ length: 500 }, () => "y".repeat(5_000)),
        none: undefined,
      },
      from: Array.from({ length: 500 }, () => "evt_00000000-0000-7000-8000-000000000002" as const),
    });
    expect(await store(hostile)).toMatchObject({ stored: 1 });
    const [event] = await eventsByIds(world.db.read, [derivedEventId(hostile)]);
    expect(String(event?.fields["note"])).toHaveLength(1_024);
    expect(event?.fields["list"]).toHaveLength(100);
    expect(event?.fields["derived.from"]).toHaveLength(100);
    expect(event?.fields).not.toHaveProperty("none");
  });

  test("are counted and written into the log; a batch that stores nothing leaves nothing", async () => {
    const before = await world.records();
    await store(reused("counted"));
    await store(reused("counted"));
    const facts = (await world.records()).slice(before.length);
    expect(facts).toHaveLength(1);
    expect(facts[0]).toMatchObject({
      type: "event.stored",
      details: { stored: 1, sensors: [{ id: DERIVED_SENSOR.id, received: 1, stored: 1, duplicate: 0, late: 0 }] },
    });
  });

  test("come from nobody else: their sensor is in no list, has no key, and cannot be fed, rotated or ended", async () => {
    expect((await collect.sensors.list()).map(({ name }) => name)).not.toContain(DERIVED_SENSOR.name);
    expect(await collect.sensors.active(DERIVED_SENSOR.id)).toBeUndefined();
    expect(await collect.sensors.rotate(DERIVED_SENSOR.id, BY)).toMatchObject({ ok: false });
    expect(await collect.sensors.deactivate(DERIVED_SENSOR.id, BY)).toMatchObject({ ok: false });
    expect(await collect.sensors.create({ name: DERIVED_SENSOR.name, kind: "custom" }, BY)).toMatchObject({
      ok: false,
      refusal: { code: "NAME_TAKEN" },
    });
  });
});
