import { describe, expect, test } from "vitest";
import { createBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES } from "#platform/testing";
import { readDetectionsAfter } from "./detection-store.ts";
import { buildRulePack } from "./rule-pack.ts";
import { sourceLines, sourceRules } from "./testing/source-lines.ts";
import { storeLines } from "./testing/stored-log.ts";
import { DetectWorker } from "./worker.ts";

const ignore = (): undefined => undefined;
const quiet = { onLoss: ignore, onDetected: ignore, onRefused: ignore, onStep: ignore };

describe.each(TEST_ENGINES)("lines of every source on %s", (engine) => {
  test("taken in and stored, are found by the rules written for their source", async () => {
    await using world = await openTestDatabase(engine);
    const rules = buildRulePack(sourceRules);
    const lines = sourceLines.map(({ line }) => line);
    await storeLines(world.db, lines);
    const bus = createBus(systemClock);
    const worker = new DetectWorker({ database: world.db, clock: systemClock, bus, log: silentLogger, rules }, quiet);
    while (await worker.step());
    const found = await readDetectionsAfter(world.db.read, 0, 1_000);
    expect(found.map(({ ruleId }) => ruleId).toSorted()).toEqual([...rules.rules.keys()].toSorted());
  });
});
