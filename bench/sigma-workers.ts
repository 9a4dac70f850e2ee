/**
 * The Sigma engine on several threads beside one engine in this thread: events per second of the clock and of processor
 * time, and what a worker costs in memory.
 *
 *     node_modules/.bin/node --conditions=@tyr/source bench/sigma-workers.ts --data FOLDER [--workers 1,2] [--rounds 3]
 *         [--seconds 3] [--batch 262144] [--workload mix|proc|flat] [--routing index|fields]
 *
 * FOLDER as `sigma.ts` has it. In every round each way goes over all lines, whole times, for at least so many seconds, one way
 * after the other; what counts are the ratios within a round. All of it is one process: processor time is of all its threads,
 * the compilers' and the collector's included. `index`: log sources are known beforehand, as in `sigma.ts`; `fields`: each line is parsed
 * to route it, by whoever matches it.
 *
 * Traps: with no more cores than workers and one, the thread that hands out lines takes its share from the workers, and other
 * programs decide the clock: the ratio of processor time says what the way to a worker and back costs, the ratio of the clock what
 * was won on this machine at that time. The lines pass again and again. Each way has gone over them twice before the first round.
 * Memory of a worker is the growth of the whole process from before it started until it has gone over the lines; the
 * collector decides when to give back, so it is an upper bound.
 */
import { readdirSync, readFileSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import {
  createEngine,
  createMatchPool,
  type EventLogsource,
  type LineBatch,
  loadRuleTexts,
  matchedLines,
  type MatchPool,
  nodePort,
  type PoolRouting,
  routeEvent,
  type RuleSet,
  serveMatches,
} from "@tyr/sigma";
import type { Logsources } from "./sigma/protocol.ts";
import { missingData, prepareWorkloads } from "./sigma/workload.ts";

/** One time over all lines; gives matches as `line TAB rule`, or only counts them. */
type Pass = (found: (line: number, key: string) => void) => Promise<void>;
type Way = Readonly<{ name: string; pass: Pass }>;
type Rate = Readonly<{ wall: number; cpu: number }>;

const { values } = parseArgs({
  options: {
    data: { type: "string", default: process.env["SIGMA_BENCH_DATA"] ?? "" },
    workers: { type: "string", default: "1,2" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
    batch: { type: "string", default: String(256 * 1024) },
    workload: { type: "string", default: "mix" },
    routing: { type: "string", default: "index" },
  },
});

const utf8 = new TextDecoder();
const byFields = (line: Uint8Array): EventLogsource =>
  routeEvent(JSON.parse(utf8.decode(line)) as Readonly<Record<string, unknown>>);

function readLines(file: string): readonly Uint8Array[] {
  const bytes = readFileSync(file);
  const lines: Uint8Array[] = [];
  for (let start = 0, feed = bytes.indexOf(0x0a); feed >= 0; start = feed + 1, feed = bytes.indexOf(0x0a, start))
    lines.push(bytes.subarray(start, feed));
  return lines;
}

function oneEngine(ruleSet: RuleSet, lines: readonly Uint8Array[], side: Logsources): Way {
  const routing = values.workload === "flat" ? "none" : "logsource";
  const engine = createEngine(ruleSet, { routing });
  const known = (number: number): EventLogsource => side.logsources[side.lines[number] ?? -1] ?? {};
  const pass: Pass = async (found) => {
    for (const [number, line] of lines.entries()) {
      const logsource = values.routing === "fields" ? byFields(line) : known(number);
      for (const { rule } of engine.matchLine(line, { id: "e", logsource })) found(number, rule.key);
    }
    return await Promise.resolve();
  };
  return { name: "one engine", pass };
}

/** Cut once, as somebody would who reads a file. */
function batchesOf(lines: readonly Uint8Array[], side: Logsources): readonly LineBatch[] {
  const batches: LineBatch[] = [];
  const bytesMax = Number(values.batch);
  for (let from = 0; from < lines.length;) {
    let to = from;
    for (let bytes = 0; to < lines.length && bytes < bytesMax; to += 1) bytes += lines[to]?.length ?? 0;
    batches.push({ lines: lines.slice(from, to), logsources: side.lines.slice(from, to) });
    from = to;
  }
  return batches;
}

function pooled(
  pool: MatchPool,
  ruleSet: RuleSet,
  given: Readonly<{ workers: number; batches: readonly LineBatch[] }>,
): Way {
  const pass: Pass = async (found) => {
    let first: number | undefined;
    for await (const outcome of pool.run(given.batches)) {
      if (!outcome.ok) throw outcome.error;
      first ??= outcome.range.firstLine;
      for (const { number, rules } of matchedLines(outcome, ruleSet))
        for (const { key } of rules) found(number - first, key);
    }
  };
  return { name: `pool of ${given.workers}`, pass };
}

async function pairsOf({ pass }: Way): Promise<string> {
  const pairs: string[] = [];
  await pass((line, key) => pairs.push(`${line}\t${key}`));
  return pairs.join("\n");
}

async function rateOf({ pass }: Way, lineCount: number): Promise<Rate> {
  let events = 0;
  const cpuAt = process.cpuUsage();
  const wallAt = performance.now();
  do {
    await pass(() => undefined);
    events += lineCount;
  } while (performance.now() - wallAt < Number(values.seconds) * 1000);
  const seconds = (performance.now() - wallAt) / 1000;
  const { user, system } = process.cpuUsage(cpuAt);
  return { wall: events / seconds, cpu: events / ((user + system) / 1e6) };
}

const middle = (numbers: readonly number[]): string => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const digits = (sorted[0] ?? 0) < 100 ? 2 : 0;
  const shown = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((value = Number.NaN) =>
    value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  return shown.join(" / ");
};

function print(ways: readonly Way[], rounds: readonly (readonly Rate[])[]): void {
  console.log("| Way | events per second of the clock | ratio | events per CPU second | ratio |");
  console.log("| --- | --- | --- | --- | --- |");
  for (const [at, { name }] of ways.entries()) {
    const column = (kind: keyof Rate): readonly number[] => rounds.map((round) => round[at]?.[kind] ?? Number.NaN);
    const ratios = (kind: keyof Rate): string =>
      middle(rounds.map((round) => (round[at]?.[kind] ?? Number.NaN) / (round[0]?.[kind] ?? Number.NaN)));
    console.log(
      `| ${name} | ${middle(column("wall"))} | ${ratios("wall")} | ${middle(column("cpu"))} | ${ratios("cpu")} |`,
    );
  }
}

function routingOf(side: Logsources): PoolRouting {
  if (values.workload === "flat") return { by: "nothing" };
  return values.routing === "fields" ? { by: "fields" } : { by: "index", logsources: side.logsources };
}

async function contest(directory: string): Promise<void> {
  const workload = Object.values(prepareWorkloads(values.data, directory)).find(({ mode }) => mode === values.workload);
  if (workload === undefined) throw new Error(`there is no workload ${values.workload}`);
  const side = JSON.parse(readFileSync(workload.logsources, "utf8")) as Logsources;
  const folder = join(values.data, "rules");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".yml"))
    .map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));
  const rules = { files };
  const ruleSet = loadRuleTexts(rules);
  const lines = readLines(workload.events);
  const batches = batchesOf(lines, side);
  const load = loadavg()[0]?.toFixed(1);
  console.log(`${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Node ${process.version}, load ${load}`);
  console.log(`${workload.mode}: ${lines.length} lines, ${batches.length} batches, ${ruleSet.rules.length} rules`);
  const one = oneEngine(ruleSet, lines, side);
  const expected = await pairsOf(one);
  await one.pass(() => undefined);
  await using pools = new AsyncDisposableStack();
  const ways = [one];
  for (const workers of values.workers.split(",").map(Number)) {
    const before = process.memoryUsage.rss();
    const startedAt = performance.now();
    const spawn = () => nodePort(new Worker(new URL(import.meta.url)));
    const pool = pools.use(createMatchPool({ spawn, workers, rules, ruleSet, routing: routingOf(side) }));
    await pool.loaded();
    const loadSeconds = (performance.now() - startedAt) / 1000;
    const way = pooled(pool, ruleSet, { workers, batches });
    if ((await pairsOf(way)) !== expected) throw new Error(`${way.name} did not find what one engine finds`);
    await way.pass(() => undefined);
    const mebibytes = (process.memoryUsage.rss() - before) / 1024 / 1024 / workers;
    console.log(
      `${way.name}: same matches; loaded in ${loadSeconds.toFixed(2)} s; ${mebibytes.toFixed(0)} MiB a worker`,
    );
    ways.push(way);
  }
  const rounds: (readonly Rate[])[] = [];
  while (rounds.length < Number(values.rounds)) {
    const rates: Rate[] = [];
    for (const way of ways) rates.push(await rateOf(way, lines.length));
    rounds.push(rates);
  }
  print(ways, rounds);
}

async function main(): Promise<void> {
  const missing = values.data === "" ? "no data: give --data FOLDER or SIGMA_BENCH_DATA" : missingData(values.data);
  if (missing !== null) {
    console.error(`bench/sigma-workers skipped: ${missing}. The head of bench/sigma.ts says what the folder holds.`);
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), "tyr-bench-workers-"));
  try {
    await contest(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (isMainThread) await main();
else if (parentPort !== null) serveMatches(parentPort, { allocate: (size) => Buffer.allocUnsafeSlow(size) });
