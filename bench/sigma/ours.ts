/**
 * This project's engine as a competitor of `bench/sigma.ts`; see `protocol.ts` for the options. One more: `--engine NAME`
 * takes another way through the same engine.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createEngine, loadRules, type RuleSet } from "@tyr/sigma";
import type { LineLogsource, Logsources, PeerResult } from "./protocol.ts";

const { values } = parseArgs({
  options: {
    rules: { type: "string", default: "" },
    events: { type: "string", default: "" },
    logsources: { type: "string", default: "" },
    mode: { type: "string", default: "mix" },
    out: { type: "string", default: "" },
    seconds: { type: "string", default: "0" },
    warmup: { type: "string", default: "1" },
    limit: { type: "string", default: "Infinity" },
    engine: { type: "string", default: "line" },
  },
});

/** Keys of the rules that hold for one line, given where it lies in the file's bytes. */
type MatchLine = (start: number, end: number, logsource: LineLogsource) => readonly string[];
type Variant = (ruleSet: RuleSet, bytes: Buffer, routing: "logsource" | "none") => MatchLine;

const variants: Readonly<Record<string, Variant>> = {
  /** Parse the line into an object, match the object. */
  object: (ruleSet, bytes, routing) => {
    const engine = createEngine(ruleSet, { routing });
    return (start, end, logsource) => {
      const fields = JSON.parse(bytes.toString("utf8", start, end)) as Record<string, unknown>;
      return engine.match({ id: "e", timeMs: 0, logsource, fields }).map(({ rule }) => rule.key);
    };
  },
  /** Match the line's bytes; it is parsed only when some rule may hold. */
  line: (ruleSet, bytes, routing) => {
    const engine = createEngine(ruleSet, { routing });
    return (start, end, logsource) =>
      engine.matchLine(bytes.subarray(start, end), { id: "e", logsource }).map(({ rule }) => rule.key);
  },
};

const LINE_FEED = 0x0a;

function load(bytes: Buffer): Readonly<{ matchLine: MatchLine; loaded: number; rejected: number; seconds: number }> {
  const variant = variants[values.engine];
  if (variant === undefined)
    throw new Error(`no engine ${values.engine}; there are ${Object.keys(variants).join(", ")}`);
  const began = performance.now();
  const files = readdirSync(values.rules, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".yml"))
    .map((path) => ({ path, text: readFileSync(join(values.rules, path), "utf8") }));
  const ruleSet = loadRules(files);
  const matchLine = variant(ruleSet, bytes, values.mode === "flat" ? "none" : "logsource");
  const rejected = ruleSet.report.filter(({ status }) => status === "rejected").length;
  return { matchLine, loaded: ruleSet.rules.length, rejected, seconds: (performance.now() - began) / 1000 };
}

type Found = (line: number, keys: readonly string[]) => void;

/** Once over the lines; returns how many. */
function goOver(bytes: Buffer, matchLine: MatchLine, found: Found): number {
  const limit = Number(values.limit);
  let line = 0;
  let start = 0;
  while (start < bytes.length && line < limit) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const end = feed === -1 ? bytes.length : feed;
    const logsource = side.logsources[side.lines[line] ?? -1] ?? {};
    found(line, matchLine(start, end, logsource));
    line += 1;
    start = end + 1;
  }
  return line;
}

const bytes = readFileSync(values.events);
const side = JSON.parse(readFileSync(values.logsources, "utf8")) as Logsources;
// As a router hands them out: what cannot change, the engine knows again.
for (const logsource of side.logsources)
  for (const part of [...Object.values(logsource), logsource]) Object.freeze(part);
const loaded = load(bytes);

const pairs: string[] = [];
const first: Found = (line, keys) => pairs.push(...keys.map((key) => `${line}\t${key}\n`));
let matches = 0;
const count: Found = (_line, keys) => {
  matches += keys.length;
};
const warmups = Number(values.warmup);
for (let round = 0; round < warmups; round++) goOver(bytes, loaded.matchLine, round === 0 ? first : count);
matches = 0;
let events = 0;
const cpuBegan = process.cpuUsage();
const began = performance.now();
do {
  events += goOver(bytes, loaded.matchLine, count);
} while (performance.now() - began < Number(values.seconds) * 1000);
const seconds = (performance.now() - began) / 1000;
const cpu = process.cpuUsage(cpuBegan);
if (warmups === 0) goOver(bytes, loaded.matchLine, first);
writeFileSync(values.out, pairs.join(""));

const result: PeerResult = {
  engine: `tyr (${values.engine})`,
  rulesLoaded: loaded.loaded,
  rulesRejected: loaded.rejected,
  loadSeconds: loaded.seconds,
  events,
  seconds,
  // The compiler's and the collector's threads included.
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  matches,
  // maxRSS is in kibibytes.
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
};
console.log(JSON.stringify(result));
