/**
 * The Sigma engine beside others: events per second from the bytes of NDJSON lines to matches, one core, and whether the
 * matches are the same.
 *
 *     node_modules/.bin/node --conditions=@tyr/source bench/sigma.ts --data FOLDER [--peer NAME=COMMAND]…
 *         [--limit NAME=LINES]… [--workload mix,proc,flat] [--rounds 5] [--seconds 5] [--core 1] [--engine line]
 *
 * The data is not part of this repository (its rules are under the Detection Rule License): FOLDER, or SIGMA_BENCH_DATA,
 * has `rules/` (SigmaHQ, unpacked) and `events/*.ndjson[.gz]` (one event per line, as the routing knows them). Without it the bench
 * says so and ends well. A peer is any command that speaks `sigma/protocol.ts`; it runs right after ours in every round, on
 * the same lines, pinned to the same core, and what is compared is the median of the rounds' ratios. `--limit` gives a slow
 * peer, and ours beside it, only the first lines.
 *
 * Traps: the lines are gone over again and again, so an engine that remembers values gains more than it would on a stream.
 * Rates are per second of processor time, all threads of the process counted, as other programs on the machine would
 * otherwise decide the contest; load time is by the clock. The first time over the lines is not timed, compilers warm up in
 * it. Resident memory includes the events, which are read whole.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { comparePairs, type Comparison } from "./sigma/compare.ts";
import { isPeerResult, type Mode, type PeerResult } from "./sigma/protocol.ts";
import { missingData, prepareWorkloads, type Workload } from "./sigma/workload.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: process.env["SIGMA_BENCH_DATA"] ?? "" },
    peer: { type: "string", multiple: true, default: [] },
    limit: { type: "string", multiple: true, default: [] },
    workload: { type: "string", default: "mix,proc,flat" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    core: { type: "string", default: "1" },
    engine: { type: "string", default: "line" },
  },
});

type Competitor = Readonly<{ name: string; command: readonly string[] }>;
type Run = Readonly<{ result: PeerResult; pairs: string }>;
type Spread = Readonly<{ min: number; median: number; max: number }>;
type Figures = Readonly<{
  engine: string;
  rulesLoaded: number;
  rulesRejected: number;
  eventsPerSecond: Spread;
  wallEventsPerSecond: Spread;
  loadSeconds: Spread;
  peakRssMiB: Spread;
}>;
type Contest = Readonly<{
  workload: Mode;
  lines: number;
  peer: string;
  ours: Figures;
  theirs?: Figures;
  ratio?: Spread;
  comparison?: Comparison;
}>;

/** A slow peer with every rule on every event may take this long for one run. */
const RUN_LIMIT_MS = 15 * 60_000;

const ours: Competitor = {
  name: "ours",
  command: [
    process.execPath,
    "--conditions=@tyr/source",
    join(import.meta.dirname, "sigma/ours.ts"),
    "--engine",
    values.engine,
  ],
};

/** `NAME=rest` split at the first `=`. */
function named(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new Error(`"${text}" is not NAME=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

const peers: readonly Competitor[] = values.peer.map((text) => {
  const [name, command] = named(text);
  return { name, command: command.split(" ") };
});
const limits = new Map(values.limit.map(named));
const taskset = ["taskset", "-c", values.core];
const [pinProgram = "", ...pinOptions] = taskset;
const pinned = spawnSync(pinProgram, [...pinOptions, "true"]).status === 0;

function run(competitor: Competitor, workload: Workload, limit: number): Run {
  const out = `${workload.events}.pairs`;
  const options = {
    rules: join(values.data, "rules"),
    events: workload.events,
    logsources: workload.logsources,
    mode: workload.mode,
    seconds: values.seconds,
    limit: String(limit),
    out,
  };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const [program = "", ...rest] = [...(pinned ? taskset : []), ...competitor.command, ...flags];
  const child = spawnSync(program, rest, { encoding: "utf8", timeout: RUN_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 });
  if (child.status !== 0)
    throw new Error(`${competitor.name} failed on ${workload.mode}: ${child.stderr}`, { cause: child.error });
  const result: unknown = JSON.parse(child.stdout);
  if (!isPeerResult(result)) throw new Error(`${competitor.name} gave no result: ${child.stdout}`);
  return { result, pairs: readFileSync(out, "utf8") };
}

function spread(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  return { min: sorted[0] ?? NaN, median: sorted[Math.floor(sorted.length / 2)] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/** Per second of processor time: what one core would do if nothing else ran on it. */
const rate = ({ result }: Run) => result.events / result.cpuSeconds;
const wallRate = ({ result }: Run) => result.events / result.seconds;

function figures(runs: readonly Run[]): Figures {
  const last = runs.at(-1)?.result;
  return {
    engine: last?.engine ?? "",
    rulesLoaded: last?.rulesLoaded ?? 0,
    rulesRejected: last?.rulesRejected ?? 0,
    eventsPerSecond: spread(runs.map(rate)),
    wallEventsPerSecond: spread(runs.map(wallRate)),
    loadSeconds: spread(runs.map(({ result }) => result.loadSeconds)),
    peakRssMiB: spread(runs.map(({ result }) => result.peakRssBytes / 1024 / 1024)),
  };
}

function contest(workload: Workload, peer: Competitor | null): Contest {
  const lines = Math.min(workload.lines, Number(limits.get(peer?.name ?? "ours") ?? Infinity));
  const rounds: { our: Run; their: Run | null }[] = [];
  while (rounds.length < Number(values.rounds)) {
    const our = run(ours, workload, lines);
    const their = peer === null ? null : run(peer, workload, lines);
    rounds.push({ our, their });
    const against = their === null ? "" : `, ${peer?.name} ${rate(their).toFixed(0)}`;
    console.error(`${workload.mode} round ${rounds.length}: ours ${rate(our).toFixed(0)}${against} events/s`);
  }
  const base = { workload: workload.mode, lines, ours: figures(rounds.map(({ our }) => our)) };
  const both = rounds.flatMap(({ our, their }) => (their === null ? [] : [{ our, their }]));
  const [first] = both;
  if (peer === null || first === undefined) return { ...base, peer: "none" };
  return {
    ...base,
    peer: peer.name,
    theirs: figures(both.map(({ their }) => their)),
    ratio: spread(both.map(({ our, their }) => rate(our) / rate(their))),
    comparison: comparePairs(first.our.pairs, first.their.pairs),
  };
}

/** Titles for the list of differences; rule ids say nothing to a reader. */
function ruleTitles(): ReadonlyMap<string, string> {
  const folder = join(values.data, "rules");
  const texts = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".yml"))
    .map((path) => readFileSync(join(folder, path), "utf8"));
  return new Map(texts.map((text) => [/^id: *(\S+)/m.exec(text)?.[1] ?? "", /^title: *(.+)/m.exec(text)?.[1] ?? ""]));
}

const thousands = (value: number) => Math.round(value).toLocaleString("en");
const three = ({ min, median, max }: Spread, digits = 0) =>
  [min, median, max].map((value) => (digits === 0 ? thousands(value) : value.toFixed(digits))).join(" / ");

function cells(name: string, contestOf: Contest, side: Figures): string {
  const rules = `${thousands(side.rulesLoaded)} (${side.rulesRejected} rejected)`;
  return `| ${contestOf.workload}, ${thousands(contestOf.lines)} lines | ${name} | ${rules} | ${three(side.eventsPerSecond)} | ${thousands(side.wallEventsPerSecond.median)} | ${three(side.loadSeconds, 2)} | ${three(side.peakRssMiB)} |`;
}

function print(contests: readonly Contest[]): void {
  console.log(
    "| Workload | Engine | Rules | Events per CPU second, min / median / max | per second of the clock | Load, s | Peak RSS, MiB |",
  );
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  for (const one of contests) {
    console.log(cells(one.ours.engine, one, one.ours));
    if (one.theirs !== undefined) console.log(cells(one.theirs.engine, one, one.theirs));
  }
  const titles = ruleTitles();
  for (const { workload, peer, ratio, comparison } of contests) {
    if (ratio === undefined || comparison === undefined) continue;
    console.log(`\n${workload}, ours / ${peer}: ratio ${three(ratio, 2)}`);
    console.log(`pairs: ours ${comparison.ours}, ${peer} ${comparison.theirs}, both ${comparison.both}`);
    for (const { rule, both, onlyOurs, onlyTheirs } of comparison.differences)
      console.log(
        `  ${rule} ${titles.get(rule) ?? ""}: both ${both}, only ours ${onlyOurs}, only ${peer} ${onlyTheirs}`,
      );
  }
}

function main(): void {
  const missing = values.data === "" ? "no data: give --data FOLDER or SIGMA_BENCH_DATA" : missingData(values.data);
  if (missing !== null) {
    console.error(`bench/sigma skipped: ${missing}. The head of this file says what the folder holds.`);
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), "tyr-bench-sigma-"));
  try {
    const workloads = prepareWorkloads(values.data, directory);
    const wanted = Object.values(workloads).filter(({ mode }) => values.workload.split(",").includes(mode));
    console.log(
      `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
    );
    console.log(
      `${values.rounds} rounds of at least ${values.seconds} s, ${pinned ? `core ${values.core}` : "not pinned"}`,
    );
    for (const { mode, lines, bytes } of wanted) console.log(`${mode}: ${lines} lines, ${thousands(bytes)} bytes`);
    print(wanted.flatMap((workload) => (peers.length === 0 ? [null] : peers).map((peer) => contest(workload, peer))));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

main();
