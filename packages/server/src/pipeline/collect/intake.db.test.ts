import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { IntakeReceipt, Result, SensorId } from "@tyr/contract";
import { sql } from "kysely";
import { createBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import {
  countEvents,
  createCollect,
  eventHead,
  eventsByIds,
  listEvents,
  listQuarantine,
  perHour,
  reachOf,
  readEventsAfter,
  type Collect,
  type IntakeRequest,
  type Sensor,
} from "./index.ts";

const by = { actor: { kind: "person", id: "usr_1", name: "ada" }, requestId: "r1" } as const;
const MIB = 1024 * 1024;
const failed = (n: number, ip = "203.0.113.9"): string =>
  `2026-03-01T10:00:${String(n % 60).padStart(2, "0")}Z web-1 sshd[${n}]: Failed password for root from ${ip} port ${1000 + n} ssh2`;

describe.each(TEST_ENGINES)("intake on %s", (engine) => {
  let world: TestDatabase;
  let collect: Collect;
  let serial = 0;

  beforeAll(async () => {
    world = await openTestDatabase(engine);
    const deps = { database: world.db, clock: systemClock, log: silentLogger, intakeBytesMax: 32 * MIB };
    collect = createCollect({ ...deps, bus: createBus(systemClock) });
  });
  afterAll(async () => {
    await collect.stop();
    await world[Symbol.asyncDispose]();
  });

  async function aSensor(): Promise<Sensor> {
    const created = await collect.sensors.create({ name: `sensor ${(serial += 1)}`, kind: "ssh" }, by);
    if (!created.ok) throw new Error(created.refusal.detail);
    return created.value.sensor;
  }
  function request(sensor: Sensor, body: string | Uint8Array, more: Partial<IntakeRequest> = {}): IntakeRequest {
    const actor = { kind: "sensor", id: sensor.id, name: sensor.name } as const;
    return { sensor, by: { actor, requestId: null }, body: Buffer.from(body), ...more };
  }
  async function send(sensor: Sensor, body: string | Uint8Array, more: Partial<IntakeRequest> = {}) {
    return await collect.intake(request(sensor, body, more));
  }
  function taken(result: Result<IntakeReceipt>): IntakeReceipt {
    if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.detail}`);
    return result.value;
  }
  const code = (result: Result<IntakeReceipt>): string => (result.ok ? "ok" : result.refusal.code);
  const eventsOf = async (sensor: SensorId) =>
    (await listEvents(world.db.read, { query: { sensor }, before: Number.MAX_SAFE_INTEGER, limit: 500 })).events;
  const countersOf = async (id: SensorId) => (await collect.sensors.get(id))?.counters;

  test("what was acknowledged is stored, in order, with positions and sequence numbers without a gap", async () => {
    const sensor = await aSensor();
    const before = await eventHead(world.db.read);
    const receipt = taken(await send(sensor, [1, 2, 3].map((n) => failed(n)).join("\n")));
    expect(receipt).toEqual({ received: 3, stored: 3, duplicate: 0, rejected: 0, late: 0, replayed: false });
    const streamed = await readEventsAfter(world.db.read, before, 10);
    const events = await eventsByIds(
      world.db.read,
      streamed.map(({ id }) => id),
    );
    expect(events.map(({ seq, position }) => [seq, position])).toEqual([
      [1, before + 1],
      [2, before + 2],
      [3, before + 3],
    ]);
    expect(events[0]).toMatchObject({
      sensorId: sensor.id,
      kind: "auth_attempt",
      src: { ip: "203.0.113.9", port: 1001 },
      user: "root",
      raw: failed(1),
      logsource: { category: "authentication" },
      ecs: { "sensor.name": sensor.name, "source.ip": "203.0.113.9" },
    });
    for (const [at, event] of events.entries()) expect(event).toMatchObject(streamed[at] ?? {});
    expect(await eventsByIds(world.db.read, [events[1]?.id ?? "evt_0"])).toEqual([events[1]]);
  });

  test("one fact names sensor, counts and the digest of what was stored", async () => {
    const sensor = await aSensor();
    await send(sensor, `${failed(1)}\nnot a log line`);
    const facts = (await world.records()).filter((fact) => fact.actor.id === sensor.id);
    expect(facts.map(({ type }) => type)).toEqual(["event.stored", "event.quarantined"]);
    expect(facts[0]?.details).toMatchObject({ stored: 1, sensors: [{ id: sensor.id, received: 2, stored: 1 }] });
    expect(facts[0]?.details["idsSha256"]).toMatch(/^[0-9a-f]{64}$/);
  });

  test("the same key and content get the same receipt, and nothing is stored again", async () => {
    const sensor = await aSensor();
    const body = [failed(1), failed(2)].join("\n");
    const first = taken(await send(sensor, body, { idempotencyKey: "k1" }));
    expect(taken(await send(sensor, body, { idempotencyKey: "k1" }))).toEqual({ ...first, replayed: true });
    expect(taken(await send(sensor, gzipSync(body), { idempotencyKey: "k1", encoding: "gzip" })).replayed).toBe(true);
    expect(code(await send(sensor, `${body} `, { idempotencyKey: "k1" }))).toBe("IDEMPOTENCY_KEY_REUSED");
    expect(code(await send(sensor, body, { idempotencyKey: "k1", year: 2020 }))).toBe("IDEMPOTENCY_KEY_REUSED");
    expect(await countersOf(sensor.id)).toMatchObject({ received: 2, stored: 2, duplicate: 0 });
  });

  test("two requests with one key at the same time are stored once", async () => {
    const sensor = await aSensor();
    const both = await Promise.all(
      [1, 2].map(async () => taken(await send(sensor, failed(1), { idempotencyKey: "k" }))),
    );
    expect(both.filter(({ replayed }) => replayed)).toHaveLength(1);
    expect(await eventsOf(sensor.id)).toHaveLength(1);
  });

  test("a batch whose receipt was forgotten is recognised by the ids of its events", async () => {
    const sensor = await aSensor();
    const body = [failed(1), failed(2)].join("\n");
    await send(sensor, body, { idempotencyKey: "k1" });
    await world.db.bookkeep("idempotency", async (tx) => void (await tx.deleteFrom("intake_receipt").execute()));
    expect(taken(await send(sensor, body, { idempotencyKey: "k1" }))).toMatchObject({ stored: 0, duplicate: 2 });
    expect(await eventsOf(sensor.id)).toHaveLength(2);
  });

  test("an event that has an id of its own is stored once, within a batch and across batches", async () => {
    const sensor = await aSensor();
    const event = JSON.stringify({ timestamp: "2026-03-01T10:00:00Z", event_id: "e-1", source_ip: "203.0.113.1" });
    expect(taken(await send(sensor, `${event}\n${event}`))).toMatchObject({ received: 2, stored: 1, duplicate: 1 });
    expect(taken(await send(sensor, event))).toMatchObject({ stored: 0, duplicate: 1 });
    expect(await countersOf(sensor.id)).toMatchObject({ received: 3, stored: 1, duplicate: 2, rejected: 0 });
    expect((await eventsOf(sensor.id)).map(({ seq }) => seq)).toEqual([1]);
  });

  test("fifty senders at once are all stored, gathered into few transactions", async () => {
    const sensors = await Promise.all(Array.from({ length: 10 }, aSensor));
    const before = await eventHead(world.db.read);
    const facts = (await world.records()).length;
    const receipts = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        const sensor = sensors[n % 10] as Sensor;
        return taken(await send(sensor, Array.from({ length: 20 }, (_x, i) => failed(n * 20 + i)).join("\n")));
      }),
    );
    expect(receipts.every(({ stored }) => stored === 20)).toBe(true);
    const streamed = await readEventsAfter(world.db.read, before, 2000);
    const events = await eventsByIds(
      world.db.read,
      streamed.map(({ id }) => id),
    );
    expect(events.map(({ position }) => position)).toEqual(Array.from({ length: 1000 }, (_, n) => before + 1 + n));
    for (const sensor of sensors) {
      const mine = events.filter(({ sensorId }) => sensorId === sensor.id).map(({ seq }) => seq);
      expect(mine).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    }
    expect((await world.records()).length - facts).toBeLessThan(10);
  });

  test("beyond its limit intake refuses, takes nothing, and says when to come again", async () => {
    const deps = { database: world.db, clock: systemClock, log: silentLogger, bus: createBus(systemClock) };
    await using small = createCollect({ ...deps, intakeBytesMax: 100_000 });
    const sensor = await aSensor();
    const body = Array.from({ length: 400 }, (_, n) => failed(n)).join("\n");
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => await small.intake(request(sensor, body))),
    );
    const stored = answers.filter(({ ok }) => ok).length;
    expect(answers.map(code).toSorted()).toContain("INTAKE_OVERLOADED");
    expect(stored).toBeGreaterThan(0);
    expect(answers.find(({ ok }) => !ok)).toMatchObject({ refusal: { facts: { retryAfterSeconds: 1 } } });
    expect(await countersOf(sensor.id)).toMatchObject({ received: stored * 400, stored: stored * 400 });
    expect(small.queued().queuedBytes).toBe(0);
  });

  test("what nobody can read is kept with its reason, whole up to a limit, and counted", async () => {
    const sensor = await aSensor();
    const long = `${failed(1)}${"A".repeat(70_000)}`;
    const body = [failed(1), "hello", `{"broken":`, long, failed(2)].join("\n");
    const receipt = taken(await send(sensor, body, { ref: "auth.log", firstLine: 11 }));
    expect(receipt).toMatchObject({ received: 5, stored: 2, rejected: 3 });
    const kept = await listQuarantine(world.db.read, { sensor: sensor.id, limit: 10 });
    const byRef = new Map(kept.rows.map((one) => [one.rawRef, one]));
    expect(byRef.get("auth.log:12")).toMatchObject({ raw: "hello", rawBytes: 5 });
    expect(byRef.get("auth.log:13")?.reason).toContain("not JSON");
    expect(byRef.get("auth.log:14")?.raw).toHaveLength(65_536);
    expect(byRef.get("auth.log:14")?.rawBytes).toBe(long.length);
    const { received, stored, duplicate, rejected } = (await countersOf(sensor.id)) ?? receipt;
    expect(received).toBe(stored + duplicate + rejected);
    expect((await eventsOf(sensor.id)).map(({ rawRef }) => rawRef)).toEqual(["auth.log:15", "auth.log:11"]);
  });

  test("bytes that are no UTF-8, NUL and lone surrogates are stored visibly and come back as they came", async () => {
    const sensor = await aSensor();
    const line =
      "2026-03-01T10:00:00Z h sshd[1]: Failed password for invalid user a\u0000b from 203.0.113.9 port 1 ssh2";
    const latin = Buffer.from(line.replace("a\u0000b", "caf\u00e9"), "latin1");
    const surrogate = String.raw`{"timestamp":"2026-03-01T10:00:00Z","username":"\ud800\u0000x","event_type":"auth"}`;
    expect(taken(await send(sensor, line))).toMatchObject({ stored: 1 });
    expect(taken(await send(sensor, latin))).toMatchObject({ stored: 1 });
    expect(taken(await send(sensor, surrogate))).toMatchObject({ stored: 1 });
    const [third, second, first] = await eventsOf(sensor.id);
    expect([first?.raw, first?.user]).toEqual([line, "a\u2400b"]);
    expect([second?.user, second?.ecs["tyr.invalid_utf8"]]).toEqual(["caf\uFFFD", true]);
    expect([third?.user, third?.raw, third?.fields["username"]]).toEqual(["\uFFFD\u2400x", surrogate, "\ud800\u0000x"]);
  });

  test("a line the database refuses is kept aside alone: its neighbours and their senders are served", async () => {
    const sensors = [await aSensor(), await aSensor()];
    // Stands for any refusal nobody foresaw: SQLSTATE 22012 for rows that say so.
    await world.db.bookkeep("counters", async (tx) => {
      const check = sql`alter table event add constraint refusing check (1 / (case when raw like '%poison%' then 0 else 1 end) = 1)`;
      await check.execute(tx);
    });
    const poison = failed(9).replace("web-1", "poison");
    const bodies = [`${failed(1)}\n${poison}\n${failed(2)}`, failed(3)];
    const receipts = await Promise.all(
      sensors.map(async (sensor, n) => taken(await send(sensor, bodies[n] ?? "", { idempotencyKey: "p" }))),
    );
    expect(receipts).toMatchObject([
      { received: 3, stored: 2, rejected: 1 },
      { received: 1, stored: 1, rejected: 0 },
    ]);
    const [sensor] = sensors;
    const kept = await listQuarantine(world.db.read, { sensor: sensor?.id, limit: 5 });
    expect(kept.rows).toMatchObject([{ raw: poison, reason: expect.stringContaining("refused by the database") }]);
    expect(taken(await send(sensors[0] as Sensor, bodies[0] ?? "", { idempotencyKey: "p" }))).toEqual({
      ...receipts[0],
      replayed: true,
    });
  });

  test("a database that fails acknowledges nothing, and the same batch is stored when it is back", async () => {
    const sensor = await aSensor();
    let failing = true;
    const database: Database = {
      ...world.db,
      audited: async (fact, work) => {
        if (failing) throw Object.assign(new Error("gone"), { code: "57P01" });
        return await world.db.audited(fact, work);
      },
    };
    const deps = { clock: systemClock, log: silentLogger, bus: createBus(systemClock), intakeBytesMax: MIB };
    await using shaky = createCollect({ ...deps, database });
    const batch = request(sensor, failed(1), { idempotencyKey: "once" });
    await expect(shaky.intake(batch)).rejects.toThrow("gone");
    expect([await eventsOf(sensor.id), shaky.queued().queuedBytes]).toEqual([[], 0]);
    failing = false;
    expect(taken(await shaky.intake(batch))).toMatchObject({ stored: 1, replayed: false });
  });

  test("a user name longer than an index entry may be does not stop the batch it is in", async () => {
    const sensor = await aSensor();
    const long = "\u{1F600}".repeat(10_000);
    const body = `${failed(1)}\n2026-03-01T10:00:00Z h sshd[1]: Failed password for invalid user ${long} from 203.0.113.9 port 1 ssh2`;
    expect(taken(await send(sensor, body))).toMatchObject({ stored: 2 });
  });

  test("an event far behind its sensor's newest is late, stored and counted; a clock that runs ahead makes nobody late", async () => {
    const sensor = await aSensor();
    const at = (time: string): string => JSON.stringify({ timestamp: time, event_type: "connection" });
    const ahead = new Date(Date.now() + 365 * 24 * 3_600_000).toISOString();
    const times = ["2026-03-01T10:00:00Z", "2026-03-01T09:56:00Z", "2026-03-01T09:50:00Z"];
    expect(taken(await send(sensor, times.map(at).join("\n")))).toMatchObject({ stored: 3, late: 1 });
    expect(taken(await send(sensor, at("2026-03-01T09:00:00Z")))).toMatchObject({ stored: 1, late: 1 });
    expect((await eventsOf(sensor.id)).map(({ late }) => late)).toEqual([true, true, false, false]);
    expect(taken(await send(sensor, at(ahead)))).toMatchObject({ late: 0 });
    expect(taken(await send(sensor, at(new Date().toISOString())))).toMatchObject({ late: 0 });
    expect(await countersOf(sensor.id)).toMatchObject({ late: 2, stored: 6 });
  });

  test("gzip that would fill the memory is refused, gzip that is none is told", async () => {
    const sensor = await aSensor();
    const bomb = gzipSync(Buffer.alloc(17 * MIB, 0x20));
    expect(code(await send(sensor, bomb, { encoding: "gzip" }))).toBe("BODY_TOO_LARGE");
    expect(code(await send(sensor, Buffer.alloc(8 * MIB + 1)))).toBe("BODY_TOO_LARGE");
    expect(code(await send(sensor, "plain", { encoding: "gzip" }))).toBe("VALIDATION_FAILED");
    const whole = gzipSync("a line\n");
    const damaged = Buffer.from(whole).fill(0xff, 12, 16);
    const told = async (body: Uint8Array) => (await send(sensor, body, { encoding: "gzip" })) as { refusal?: unknown };
    for (const [body, detail] of [
      ["plain", "is not gzip"],
      [whole.subarray(0, -5), "ends before it is whole"],
      [damaged, "is damaged"],
    ] as const)
      expect(await told(Buffer.from(body))).toMatchObject({
        refusal: { code: "VALIDATION_FAILED", detail: expect.stringContaining(detail) as unknown },
      });
    for (const encoding of ["GZIP", "X-Gzip", "Identity"])
      expect(taken(await send(sensor, encoding === "Identity" ? "b" : gzipSync("b\n"), { encoding })).received).toBe(1);
    expect(code(await send(sensor, "x", { encoding: "br" }))).toBe("MEDIA_TYPE_UNSUPPORTED");
    expect(collect.queued().queuedBytes).toBe(0);
  });

  test("a body larger than one transaction is stored whole", async () => {
    const sensor = await aSensor();
    const body = Array.from({ length: 5_003 }, (_, n) => failed(n)).join("\n");
    expect(taken(await send(sensor, body, { idempotencyKey: "big" }))).toMatchObject({ received: 5003, stored: 5003 });
    expect(taken(await send(sensor, body, { idempotencyKey: "big" }))).toMatchObject({ stored: 5003, replayed: true });
  });

  test("events are found by address, prefix, user, session, time, text; paging repeats and skips nothing", async () => {
    const sensor = await aSensor();
    const lines = [failed(1, "198.51.100.7"), failed(2, "198.51.100.200"), failed(3, "2001:db8::5")];
    await send(sensor, lines.join("\n"));
    const find = async (query: object, limit = 50, before: number = Number.MAX_SAFE_INTEGER) =>
      await listEvents(world.db.read, { query: { sensor: sensor.id, ...query }, before, limit });
    const found = async (query: object) => (await find(query)).events.map(({ raw }) => raw);
    expect(await found({ ip: "198.51.100.7" })).toEqual([lines[0]]);
    expect(await found({ ip: "198.51.100.0/24" })).toEqual([lines[1], lines[0]]);
    expect(await found({ ip: "2001:db8::/32" })).toEqual([lines[2]]);
    expect(await found({ user: "root" })).toHaveLength(3);
    expect(await found({ session: "none" })).toEqual([]);
    expect(await found({ q: "PORT 1002" })).toEqual([lines[1]]);
    expect(await found({ q: "100%" })).toEqual([]);
    expect(await found({ from: "2026-03-01T10:00:02Z", to: "2026-03-01T10:00:02Z" })).toEqual([lines[1]]);
    const first = await find({}, 2);
    const second = await find({}, 2, first.next ?? 0);
    expect([...first.events, ...second.events].map(({ raw }) => raw)).toEqual(lines.toReversed());
    expect(second.next).toBeNull();
  });

  test("reach and hours are counted from what is stored", async () => {
    const sensor = await aSensor();
    const accepted = "2026-03-05T11:30:00Z h sshd[1]: Accepted password for root from 192.0.2.77 port 1 ssh2";
    const refused = "2026-03-05T13:30:00Z h sshd[1]: Failed password for root from 192.0.2.78 port 1 ssh2";
    await send(sensor, `${accepted}\n${refused}`);
    const since = new Date("2026-03-05T00:00:00Z");
    expect(await reachOf(world.db.read, "192.0.2.0/24", since)).toEqual({ events: 2, successfulLogins: 1 });
    const logins = { ip: "192.0.2.0/24", kind: "auth_attempt", outcome: "success" } as const;
    const rows = await listEvents(world.db.read, { query: logins, before: Number.MAX_SAFE_INTEGER, limit: 50 });
    expect(rows.events.map(({ raw }) => raw)).toEqual([accepted]);
    expect(await reachOf(world.db.read, "192.0.2.78", since)).toEqual({ events: 1, successfulLogins: 0 });
    expect(await reachOf(world.db.read, "192.0.2.0/24", new Date("2027-01-01"))).toEqual({
      events: 0,
      successfulLogins: 0,
    });
    const hours = await perHour(world.db.read, new Date("2026-03-05T14:00:00Z"));
    expect(hours.slice(-3).map(({ at, events }) => [at.toISOString().slice(11, 13), events])).toEqual([
      ["11", 1],
      ["12", 0],
      ["13", 1],
    ]);
    const counts = await countEvents(world.db.read, new Date(Date.now() - 3_600_000));
    expect(counts.total).toBe(await eventHead(world.db.read));
    expect(counts.observedSince).toBe(counts.total);
    const other = await aSensor();
    await send(other, failed(1));
    const [newest] = await eventsOf(other.id);
    const at = newest?.observedAt ?? new Date(0);
    expect((await countEvents(world.db.read, at)).observedSince).toBe(1);
    expect((await countEvents(world.db.read, new Date(at.getTime() + 1))).observedSince).toBe(0);
  });

  test("the bundled logs are read without a rejected line", async () => {
    const sample = new URL("../../../sample/", import.meta.url);
    const sensor = await aSensor();
    for (const file of ["auth.log.gz", "access.log.gz", "cowrie.json.gz"]) {
      const receipt = taken(await send(sensor, gunzipSync(readFileSync(new URL(file, sample))), { year: 2017 }));
      expect(receipt).toMatchObject({ rejected: 0, duplicate: 0 });
    }
    const failures = await world.db.read
      .selectFrom("event")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where("sensor_id", "=", sensor.id.slice(4))
      .where("action", "=", "ssh.login")
      .where("outcome", "=", "failure")
      .where("raw", "like", "%sshd[%]: Failed password%")
      .executeTakeFirstOrThrow();
    expect(failures.count).toBe(628);
  });
});
