/**
 * How long until a saved rule, and a state somebody set, count: on the embedded engine, with the pack that comes with Tyr, once
 * while nothing else happens and once while events come in as fast as they are stored.
 *
 *     node_modules/.bin/node --conditions=@tyr/source bench/rules.ts [--times 20] [--rules FOLDER]
 *
 * What people click is timed beside it: a page of detections, read once as a person who waits (their lane) and once as a batch
 * (no lane), turn about, so that one run tells what the lane is worth.
 *
 * A save is timed from before the file is written to the message that its rule was reloaded; the watcher is the system's, and its
 * 60 ms of quiet are in the figure. A state is timed from before it is set, its transaction included, to the moment from which
 * detection goes by it, and to the row that says so. Traps: that row is asked for every other millisecond on the one connection of the engine; under load, what
 * stores events and what is measured share two cores and that connection.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createCollect } from "../packages/server/src/pipeline/collect/index.ts";
import {
  buildRulePack,
  createDetect,
  createFolderStore,
  createRuleStates,
  listDetections,
  RuleKeeper,
} from "../packages/server/src/pipeline/detect/index.ts";
import { statesInForce } from "../packages/server/src/pipeline/detect/rules/state-store.ts";
import { createBus, createTopicBus } from "../packages/server/src/platform/bus/index.ts";
import { systemClock as clock } from "../packages/server/src/platform/clock/index.ts";
import { openDatabase, urgently } from "../packages/server/src/platform/database/index.ts";
import { silentLogger as log } from "../packages/server/src/platform/log/index.ts";

const { values } = parseArgs({
  options: { times: { type: "string", default: "20" }, rules: { type: "string", default: "rules" } },
});
const times = Number(values.times);
const BATCH = 500;

const folder = mkdtempSync(join(tmpdir(), "tyr-bench-rules-"));
const dir = join(folder, "rules");
cpSync(values.rules, dir, { recursive: true });
const encode = (record: object): Uint8Array => new TextEncoder().encode(JSON.stringify(record));
const database = await openDatabase({ url: undefined, dataDir: join(folder, "data"), clock, encode });
const [bus, topics] = [createBus(clock), createTopicBus({ clock, log })];
const keeper = new RuleKeeper({
  store: createFolderStore({ dir, log }),
  log,
  build: buildRulePack,
});
const rules = await keeper.open();
const collect = createCollect({ database, clock, bus, log, intakeBytesMax: 64 * 1024 * 1024 });
const detect = createDetect({ database, clock, bus, topics, log, rules, readAfter: collect.readAfter });
collect.paceBy(detect.keptUp);
keeper.start(async (pack) => await detect.replaceRules(pack));
const isKnown = (id: string): boolean => detect.rules().rules.has(id);
let appliedMs = 0;
const recorded: number[] = [];
const states = createRuleStates({
  database,
  clock,
  bus,
  topics,
  log,
  isKnown,
  onChanged: (all) => {
    detect.statesChanged(all);
    appliedMs = performance.now();
  },
});
const by = { actor: { kind: "system", id: "bench", name: "bench" }, requestId: null } as const;

const edited = [...rules.rules.values()].filter(({ sigma }) => sigma.kind === "detection").slice(0, times);
async function save(index: number): Promise<number> {
  const rule = edited[index % edited.length];
  if (rule === undefined) throw new Error("there is no rule to edit");
  const path = join(dir, rule.sigma.path);
  const text = readFileSync(path, "utf8").replace(/^title: .*$/m, `title: Edit ${index} at ${performance.now()}`);
  const { promise, resolve } = Promise.withResolvers<number>();
  const stop = topics.subscribe(`ttp.rule.reloaded.${rule.id}`, () => resolve(performance.now()));
  const startedMs = performance.now();
  writeFileSync(path, text);
  const endedMs = await promise;
  stop();
  return endedMs - startedMs;
}

async function setState(index: number): Promise<number> {
  const rule = edited[index % edited.length];
  if (rule === undefined) throw new Error("there is no rule to set");
  const confidenceMax = 0.3 + (index % 60) / 100;
  const startedMs = performance.now();
  // As the API does.
  const change = { state: "clipped", confidenceMax, reason: "a bench" } as const;
  await urgently(async () => await states.set({ ruleId: rule.id, change, by }));
  const isInForce = async (): Promise<boolean> =>
    (await urgently(async () => await statesInForce(database.read))).get(rule.id)?.confidenceMax === confidenceMax;
  const tookMs = appliedMs - startedMs;
  while (!(await isInForce())) await sleep(2);
  recorded.push(performance.now() - startedMs);
  return tookMs;
}

async function readPage(): Promise<number> {
  const startedMs = performance.now();
  await listDetections(database.read, { filter: {}, before: Number.MAX_SAFE_INTEGER, limit: 50 });
  return performance.now() - startedMs;
}

const loaded = new AbortController();
let stored = 0;
async function load(): Promise<void> {
  const made = await collect.sensors.create({ name: "bench", kind: "ssh" }, by);
  if (!made.ok) throw new Error(made.refusal.detail);
  const { sensor } = made.value;
  for (let batch = 0; !loaded.signal.aborted; batch += 1) {
    const lines = Array.from({ length: BATCH }, (_, line) => {
      const at = new Date(Date.UTC(2026, 1, 1) + (batch * BATCH + line) * 200).toISOString();
      return `${at} gate sshd[9]: Failed password for root from 203.0.${line % 200}.${batch % 250} port 4 ssh2`;
    });
    const body = Buffer.from(lines.join("\n"));
    const taken = await collect.intake({ sensor, by, body, year: 2026, format: "sshd" });
    if (!taken.ok) throw new Error(taken.refusal.detail);
    stored += BATCH;
  }
}

async function measured(name: string, work: (index: number) => Promise<number>, from: number): Promise<void> {
  const took: number[] = [];
  for (let index = 0; index < times; index += 1) {
    took.push(await work(from + index));
    await sleep(100);
  }
  report(name, took);
}

function report(name: string, took: readonly number[]): void {
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.ceil(sorted.length * share) - 1] ?? 0).toFixed(0);
  console.log(`${name}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, highest ${at(1)} ms (${times} times)`);
}

console.log(`${rules.rules.size} rules, load average ${loadavg()[0]?.toFixed(1) ?? ""}`);
await measured("saved → in force, idle", save, 0);
await measured("state set → in force, idle", setState, 0);
report("the same until it is recorded", recorded.splice(0));
const [startedMs, loading] = [performance.now(), load()];
await sleep(2_000);
await measured("saved → in force, under load", save, times);
await measured("state set → in force, under load", setState, times);
report("the same until it is recorded, under load", recorded);
const asBatch: number[] = [];
const asPerson = async (): Promise<number> => {
  asBatch.push(await readPage());
  return await urgently(readPage);
};
await measured("a page read by a person, under load", asPerson, 0);
report("the same page without their lane, under load", asBatch);
loaded.abort();
await loading;
console.log(
  `stored and detected meanwhile: ${Math.round((stored * 1_000) / (performance.now() - startedMs))} events/s`,
);
await keeper.stop();
await collect.stop();
await detect.stop();
await database[Symbol.asyncDispose]();
rmSync(folder, { recursive: true, force: true });
