import { setTimeout as sleep } from "node:timers/promises";
import { createCollect } from "../../packages/server/src/pipeline/collect/index.ts";
import { createRuleStates } from "../../packages/server/src/pipeline/detect/rules/rule-states.ts";
import { statesInForce } from "../../packages/server/src/pipeline/detect/rules/state-store.ts";
import { loadRulePack } from "../../packages/server/src/pipeline/detect/rule-pack.ts";
import { createDetect } from "../../packages/server/src/pipeline/detect/create-detect.ts";
import { createBus, createTopicBus } from "../../packages/server/src/platform/bus/index.ts";
import { systemClock } from "../../packages/server/src/platform/clock/index.ts";
import { urgently } from "../../packages/server/src/platform/database/index.ts";
import { silentLogger } from "../../packages/server/src/platform/log/index.ts";
import { line } from "../lines.ts";
import { dataDirIn, openBenchDatabase, percentiles, type BenchPlace } from "./place.ts";

const RELOADS = 10;
const CHANGES = 40;
/** Between two changes of a state: they shall not always fall into the same moment of a batch. */
const APART_MS = 60;
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
  let appliedMs = 0;
  const states = createRuleStates({
    ...deps,
    isKnown: (id) => detect.rules().rules.has(id),
    onChanged: (all) => {
      detect.statesChanged(all);
      appliedMs = performance.now();
    },
  });
  const loading = new AbortController();
  const load = feed(collect, loading.signal);
  const reloads: number[] = [];
  const changes: number[] = [];
  const recorded: number[] = [];
  try {
    for (let turn = 0; turn < RELOADS; turn += 1) {
      const beganMs = performance.now();
      await detect.replaceRules(loadRulePack(place.rules));
      reloads.push(performance.now() - beganMs);
    }
    const ruleId = [...rules.rules.keys()][0] ?? "";
    for (let turn = 0; turn < CHANGES; turn += 1) {
      await sleep(APART_MS * (1 + Math.random()));
      const isOff = turn % 2 === 0;
      const beganMs = performance.now();
      // As the API does.
      const change = { state: isOff ? "disabled" : "enabled", reason: "bench" } as const;
      const set = await urgently(async () => await states.set({ ruleId, change, by }));
      if (!set.ok) throw new Error(set.refusal.detail);
      changes.push(appliedMs - beganMs);
      const isRecorded = async (): Promise<boolean> =>
        (await urgently(async () => await statesInForce(database.read))).has(ruleId) === isOff;
      while (!(await isRecorded())) await sleep(2);
      recorded.push(performance.now() - beganMs);
    }
  } finally {
    loading.abort();
    await load;
    await Promise.all([collect.stop(), detect.stop()]);
  }
  return {
    reloadMs: percentiles(reloads),
    stateChangeMs: percentiles(changes),
    stateRecordedMs: percentiles(recorded),
  };
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
