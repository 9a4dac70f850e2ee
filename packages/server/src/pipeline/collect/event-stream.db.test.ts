import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { createCollect, eventHead, readEventsAfter, type Collect } from "./index.ts";

const BY = { actor: { kind: "system", id: "test", name: "test" }, requestId: null } as const;
const failed = (port: number): string =>
  `Mar  1 10:00:00 gate sshd[9]: Failed password for root from 203.0.113.9 port ${port} ssh2`;

/** Lines that text columns, JSON or address types could hand back otherwise than they were given. */
const AWKWARD = [
  failed(1),
  `{"timestamp":"2026-03-01T10:00:00.123456Z","source_ip":"::1.2.3.4","message":"mapped the old way"}`,
  `{"timestamp":"2026-03-01T10:00:00Z","source_ip":"::ffff:203.0.113.5","user":"a\\u0000b","message":"NUL"}`,
  `{"timestamp":"2026-03-01T10:00:00Z","source_ip":"2001:DB8:0:0:0:0:0:1","user":"\\ud800","n":1e400,"m":-0}`,
  `{"timestamp":"2026-03-01T10:00:00Z","source_ip":"fe80::1%eth0","__proto__":{"a":1},"constructor":2,"a":{"b":[1,{"c":null}]}}`,
  `{ "timestamp" : "2026-03-01T10:00:00+02:00" , "a" : 1 , "a" : 2 }`,
  `203.0.113.7 - - [01/Mar/2026:10:00:00 +0000] "GET /\u2028\u{1f600} HTTP/1.1" 200 5 "-" "x\u0000y"`,
];

describe.each(TEST_ENGINES)("the stream of events on %s", (engine) => {
  let world: TestDatabase;
  beforeAll(async () => {
    world = await openTestDatabase(engine);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  function open(): Collect {
    const deps = { database: world.db, clock: systemClock, log: silentLogger, bus: createBus(systemClock) };
    return createCollect({ ...deps, intakeBytesMax: 8 * 1024 * 1024 });
  }
  let serial = 0;
  async function send(collect: Collect, lines: readonly string[], name = `gate ${(serial += 1)}`): Promise<string> {
    const known = await collect.sensors.byName(name);
    if (known === undefined) await collect.sensors.create({ name, kind: "custom" }, BY);
    const sensor = await collect.sensors.byName(name);
    if (sensor === undefined) throw new Error("no sensor");
    const body = Buffer.from(lines.join("\n"));
    const taken = await collect.intake({ sensor, by: BY, body, contentType: "text/plain", idempotencyKey: undefined });
    expect(taken).toMatchObject({ ok: true, value: { rejected: 0 } });
    return name;
  }

  test("what is handed on from memory is what the table gives, however awkward the line", async () => {
    await using collect = open();
    const before = await eventHead(world.db.read);
    await send(collect, AWKWARD);
    // Whoever reads the table instead of memory changes nothing: the stored rows are deleted for the look at memory.
    const read = await readEventsAfter(world.db.read, before, 100);
    expect(read).toHaveLength(AWKWARD.length);
    await world.db.bookkeep("cursor", async (tx) => await tx.deleteFrom("event").execute());
    expect(await collect.readAfter(before, 100)).toStrictEqual(read);
  });

  test("pages of any size give every event once, across transactions", async () => {
    await using collect = open();
    const before = await eventHead(world.db.read);
    for (let batch = 0; batch < 5; batch += 1)
      await send(
        collect,
        [1, 2, 3].map((n) => failed(batch * 3 + n)),
        "pages",
      );
    const positions: number[] = [];
    for (let at = before; ;) {
      const events = await collect.readAfter(at, 2);
      if (events.length === 0) break;
      positions.push(...events.map(({ position }) => position));
      at = positions.at(-1) ?? at;
    }
    expect(positions).toEqual(Array.from({ length: 15 }, (_, n) => before + 1 + n));
  });

  test("places another process took between, and batches with duplicates, are read from the table", async () => {
    await using mine = open();
    await using other = open();
    const before = await eventHead(world.db.read);
    const twice = `{"timestamp":"2026-03-01T10:00:00Z","event_id":"e-1","source_ip":"203.0.113.1"}`;
    await send(mine, [failed(1), twice], "shared");
    await send(other, [failed(2)], "elsewhere");
    await send(mine, [twice, failed(3)], "shared");
    await send(mine, [failed(4)], "shared");
    const read = await readEventsAfter(world.db.read, before, 100);
    expect(read).toHaveLength(5);
    expect(await mine.readAfter(before, 100)).toStrictEqual(read);
    expect(await mine.readAfter(before + 4, 100)).toStrictEqual(read.slice(4));
  });

  test("a reader far behind is served from the table, not from what memory happens to hold", async () => {
    await using collect = open();
    const before = await eventHead(world.db.read);
    for (let batch = 0; batch < 6; batch += 1)
      await send(
        collect,
        Array.from({ length: 2000 }, (_, n) => failed(batch * 2000 + n)),
        "many",
      );
    const first = await collect.readAfter(before, 3);
    expect(first.map(({ position }) => position)).toEqual([before + 1, before + 2, before + 3]);
    const last = await collect.readAfter(before + 11_998, 10);
    expect(last.map(({ position }) => position)).toEqual([before + 11_999, before + 12_000]);
  });
});
