import { expect, test } from "vitest";
import { fixedClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase } from "#platform/testing";
import { createReadiness, type ReadinessDeps } from "./readiness.ts";

test("the server is ready while the log is whole, intake has room and the database answers", async () => {
  await using world = await openTestDatabase("pglite", fixedClock("2026-11-02T08:00:00.000Z"));
  const well: ReadinessDeps = {
    database: world.db,
    log: silentLogger,
    diverged: () => undefined,
    intake: () => ({ queuedBytes: 7, queuedBytesMax: 8 }),
  };
  const why = async (worse: Partial<ReadinessDeps>) => await createReadiness({ ...well, ...worse })();
  expect(await why({})).toBeUndefined();
  expect(await why({ diverged: () => new Error("entry 7") })).toContain("audit log");
  expect(await why({ intake: () => ({ queuedBytes: 8, queuedBytesMax: 8 }) })).toContain("intake is full");
  const silent = { selectFrom: () => Reflect.get(never, "builder") } as unknown as ReadinessDeps["database"]["read"];
  expect(await why({ database: { read: silent }, databaseLimitMs: 1 })).toContain("database does not answer");
});

test("a database that was closed does not answer", async () => {
  const world = await openTestDatabase("pglite", fixedClock("2026-11-02T08:00:00.000Z"));
  await world[Symbol.asyncDispose]();
  const ready = createReadiness({
    database: world.db,
    log: silentLogger,
    diverged: () => undefined,
    intake: () => ({ queuedBytes: 0, queuedBytesMax: 8 }),
  });
  expect(await ready()).toContain("database does not answer");
});

/** A query builder whose every step leads to itself, and whose rows never come. */
const never: { builder: unknown } = {
  builder: new Proxy(() => undefined, {
    get: (_target, name) =>
      name === "executeTakeFirst" || name === "execute" ? () => new Promise(() => undefined) : () => never.builder,
  }),
};
