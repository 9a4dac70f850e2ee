import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBus } from "#platform/bus";
import { silentLogger } from "#platform/log";
import { readPipelines, type RulePack } from "#detect";
import { followLimits, openRules, type OpenedRules } from "./open-rules.ts";
import { adam, must, openResponseWorld, type ResponseWorld } from "./pipeline/respond/testing/response-world.ts";

const rulesDir = fileURLToPath(new URL("../../../rules", import.meta.url));
let world: ResponseWorld;
let opened: OpenedRules;
beforeAll(async () => {
  world = await openResponseWorld("pglite");
  const config = { rulesDir, ruleStore: "filesystem" } as const;
  const deps = { config, database: world.test.db, clock: world.clock, log: silentLogger };
  opened = await openRules({ ...deps, pipelines: readPipelines({ rulePipelines: [], eventPipelines: [] }) });
});
afterAll(async () => await world[Symbol.asyncDispose]());

function limitOf({ rules }: RulePack): number | undefined {
  const found = [...rules.values()].find(({ sigma }) => sigma.name === "more_failures_than_set");
  if (found?.sigma.kind !== "correlation") throw new Error("the pack has no such correlation");
  const { condition } = found.sigma.correlation;
  return condition.kind === "number" ? condition.comparisons[0]?.operand : undefined;
}

test("a limit that is set, and a mode that lowers it, are in force in the rules as they are told of", async () => {
  const bus = createBus(world.clock);
  const packs: RulePack[] = [];
  let arrived = Promise.withResolvers<void>();
  opened.keeper.start(async (pack) => {
    packs.push(pack);
    arrived.resolve();
    await Promise.resolve();
  });
  const following = followLimits({ ...opened, bus, log: silentLogger });
  const next = async (): Promise<number | undefined> => {
    await arrived.promise;
    arrived = Promise.withResolvers<void>();
    const pack = packs.at(-1);
    return pack === undefined ? undefined : limitOf(pack);
  };
  expect(limitOf(opened.rules)).toBe(10);
  must(await world.govern.editSettings({ edit: { maxFailedLoginsPerMinute: 30 }, by: adam }));
  bus.publish("settings.changed", { changed: ["maxFailedLoginsPerMinute"] });
  expect(await next()).toBe(30);
  await world.setMode("lockdown");
  bus.publish("mode.changed", { mode: "lockdown", until: null });
  expect(await next()).toBe(7);
  await following.stop();
  await opened.keeper.stop();
});
