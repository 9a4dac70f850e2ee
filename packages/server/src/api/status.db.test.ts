import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Status } from "@tyr/contract";
import { Value } from "typebox/value";
import { expect, test } from "vitest";
import { moveCursor, takePositions } from "#platform/bus";
import { fixedClock } from "#platform/clock";
import { openTestDatabase } from "#platform/testing";
import { loadRulePack } from "#detect";
import { anonymous } from "#identity";
import type { Call } from "./handler.ts";
import { statusHandlers } from "./status.ts";

const call: Call = {
  caller: anonymous,
  requestId: "request-1",
  method: "GET",
  address: "127.0.0.1",
  headers: {},
  signal: new AbortController().signal,
  setHeader: () => undefined,
  setStatus: () => undefined,
  afterSent: () => undefined,
};

const rules = loadRulePack(mkdtempSync(join(tmpdir(), "tyr-no-rules-")));
const lost = { late: 37, untimed: 0, ungrouped: 0, truncated: 0, evicted: 0, refused: 0, expired: 0 };

test("the status says how far each consumer is behind, and what correlations could not use, by reason and rule", async () => {
  const clock = fixedClock("2026-11-02T08:00:00.000Z");
  await using world = await openTestDatabase("pglite", clock);
  await world.db.bookkeep("cursor", async (tx) => {
    await takePositions(tx, "event", 1_000);
    await moveCursor(tx, { consumer: "detect", position: 400, now: clock.now() });
  });
  const answer = await statusHandlers({
    database: world.db,
    clock,
    version: "1.2.3",
    startedAt: clock.now(),
    rules: () => rules,
    policyDigest: async () => "p",
    consumers: [
      { consumer: "detect", stream: "event" },
      { consumer: "escalate", stream: "detection" },
    ],
    correlationLosses: () => ({ total: lost, byRule: [{ ruleId: "r", title: "Many", losses: lost }] }),
    stages: () => ({ leads: true, since: new Date("2026-02-01T11:00:00.000Z") }),
    lift: () => ({ lifters: [], unclaimed: [{ kind: "log", events: 3, known: true }] }),
    imports: () => [],
    cosigning: () => Promise.resolve(undefined),
    notifications: () => Promise.resolve(undefined),
    intake: () => ({ queuedBytes: 0, queuedBytesMax: 1 }),
  })["status.get"]({ params: undefined, query: undefined, body: undefined }, call);
  if (!answer.ok) throw new Error(answer.refusal.detail);
  expect([...Value.Errors(Status, answer.value)]).toEqual([]);
  expect(answer.value).toMatchObject({
    pipeline: [
      { consumer: "detect", position: "400", head: "1000", lag: 600 },
      { consumer: "escalate", position: "0", head: "0", lag: 0 },
    ],
    stages: { leads: true, since: "2026-02-01T11:00:00.000Z" },
    lift: { lifters: [], unclaimed: [{ kind: "log", events: 3, known: true }] },
    correlationLosses: lost,
    correlationLossesByRule: [{ ruleId: "r", title: "Many", losses: lost }],
  });
});
