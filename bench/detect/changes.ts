import { setTimeout as sleep } from "node:timers/promises";
import { createCollect } from "../../packages/server/src/pipeline/collect/index.ts";
import { createRuleStates } from "../../packages/server/src/pipeline/detect/rules/rule-states.ts";
import { statesInForce } from "../../packages/server/src/pipeline/detect/rules/state-store.ts";
import { loadRulePack } from "../../packages/server/src/pipeline/detect/rule-pack.ts";
import { createDetect } from "../../packages/server/src/pipeline/detect/create-detect.ts";
import { createBus, createTopicBus } from "../../packages/server/src/platform/bus/index.ts";
import { systemClock } from "../../packages/server/src/platform/clock/index.ts";
import { silentLogger } from "../../packages/server/src/platform/log/index.ts";
import { line } from "../lines.ts";
import { dataDirIn, openBenchDatabase, percentiles, type BenchPlace } from "./place.ts";

const TURNS = 10;
const by = { actor: { kind: "system", id: "bench", name: "bench" }, requestId: null } as const;

/** Under load: lines come in all the time, as fast as they are stored. */
export async function measureChanges(place: BenchPlace): Promise<Readonly<Record<string, unknown>>> {
  await using database = await openBenchDatabase(place, dataDirIn(place));
  const topics = createTopicBus({ clock: systemClock, log: silentLogger });
  const deps = { database, clock: systemClock, bus: createBus(systemClock), topics, log: silentLogger };
  const rules = loadRulePack(place.rules);
  const collect = createCollect({ ...deps, intakeBytesMax: 64 * 1024 * 1024 });
  const detect = createDetect({ ...deps, rules, readAfter: collect.readAfter });
  collect.paceBy(detect.keptUp);
  collect.onStored(() => detect.wake());
  const states = createRuleStates({
    ...deps,
    isKnown: (id) => detect.rules().rules.has(id),
    onChanged: (all) => detect.statesChanged(all),
  });
  const loading = new AbortController();
  const load = feed(collect, loading.signal);
  const reloads: number[] = [];
  const changes: number[] = [];
  try {
    for (let turn = 0; turn < TURNS; turn += 1) {
      const beganMs = performance.now();
      await detect.replaceRules(loadRulePack(place.rules));
      reloads.push(performance.now() - beganMs);
    }
    const ruleId = [...rules.rules.keys()][0] ?? "";
    for (let turn = 0; turn < TURNS; turn += 1) {
      const change =
        turn % 2 === 0
          ? ({ state: "disabled", reason: "bench" } as const)
          : ({ state: "enabled", reason: "bench" } as const);
      const beganMs = performance.now();
      const set = await states.set({ ruleId, change, by });
      if (!set.ok) throw new Error(set.refusal.detail);
      while ((await statesInForce(database.read)).has(ruleId) !== (turn % 2 === 0)) await sleep(2);
      changes.push(performance.now() - beganMs);
    }
  } finally {
    loading.abort();
    await load;
    await Promise.all([collect.stop(), detect.stop()]);
  }
  return { reloadMs: percentiles(reloads), stateChangeMs: percentiles(changes) };
}

type Collect = ReturnType<typeof createCollect>;

async function feed(collect: Collect, signal: AbortSignal): Promise<void> {
  const created = await collect.sensors.create({ name: "bench", kind: "custom" }, by);
  if (!created.ok) throw new Error(created.refusal.detail);
  for (let sent = 0; !signal.aborted;) {
    const now = new Date();
    const lines = Array.from({ length: 500 }, () => line(sent++, now));
    await collect.intake({
      sensor: created.value.sensor,
      by,
      body: Buffer.from(lines.join("\n")),
      year: now.getUTCFullYear(),
    });
  }
}
