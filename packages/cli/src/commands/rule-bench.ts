import process from "node:process";
import type { EventLogsource, RuleSet } from "@tyr/sigma";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { cancelled, CliFailure, usage } from "../failure.ts";
import { openInput } from "../import/open-input.ts";
import type { Input } from "../input.ts";
import { pairs } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { linesOf } from "../rule/line-splitter.ts";
import { type LoadedRules, usableRules } from "../rule/load-rule-set.ts";
import { PooledMeasurement } from "../rule/measure-in-workers.ts";
import { Measurement, type Measuring, type Round, type Routing } from "../rule/measure-rules.ts";

/** Longer lines are counted and left out. */
const LINE_BYTES_MAX = 1024 * 1024;
const ROUNDS_MAX = 1000;
const WORKERS_MAX = 256;
const TOP = 10;
const PARTS = ["product", "category", "service"];

function routingOf(input: Input): Routing {
  const text = input.text("logsource");
  const isUnrouted = input.flag("unrouted");
  if (text === undefined) return { kind: isUnrouted ? "none" : "table" };
  if (isUnrouted) throw usage("--unrouted and --logsource contradict each other");
  const given = text.split(",").map((part) => part.split("="));
  const isClear = given.every(([name = "", value = ""]) => PARTS.includes(name) && value !== "");
  if (!isClear)
    throw usage(`--logsource ${visible(text)} is not usable`, "Write product=windows,category=process_creation.");
  return { kind: "fixed", logsource: Object.freeze(Object.fromEntries(given) as EventLogsource) };
}

async function measure(context: Context, input: Input, measurement: Measuring): Promise<readonly Round[]> {
  const { world, print } = context;
  const file = input.value(1, "the file of events");
  const count = input.whole("rounds", { min: 1, max: ROUNDS_MAX }) ?? 1;
  if (file === "-" && count > 1) throw usage("stdin can be read once only", "Leave --rounds out, or name a file.");
  const rounds: Round[] = [];
  for (let number = 1; number <= count; number += 1) {
    const { chunks } = await openInput(file, world);
    const batches = linesOf(chunks, LINE_BYTES_MAX);
    const round = await measurement.round(batches, (events) => {
      if (world.signal.aborted) throw cancelled("stopped before the end");
      print.progress(`round ${number} of ${count}: ${events} events`);
    });
    rounds.push(round);
  }
  print.endProgress();
  return rounds;
}

function topOf({ matchesByRule }: Measuring, rounds: number): readonly Readonly<Record<string, unknown>>[] {
  return [...matchesByRule]
    .toSorted(([, left], [, right]) => right - left)
    .slice(0, TOP)
    .map(([{ key, title }, matches]) => ({ key, title, matches: matches / rounds }));
}

type Figures = Readonly<Record<string, unknown>>;

function figuresOf(ruleSet: RuleSet, loadSeconds: number, rounds: readonly Round[]): Figures {
  const [best] = rounds.toSorted((left, right) => left.seconds - right.seconds);
  if (best === undefined || best.events === 0)
    throw new CliFailure("there is no event in this file", {
      exit: EXIT.checkFailed,
      ...(best?.firstUnreadable ? { consequence: `Line ${best.firstUnreadable} is no JSON object.` } : {}),
      fix: "Give one JSON object a line (NDJSON); gzip too, - is stdin.",
    });
  return {
    rules: ruleSet.rules.length,
    rejected: ruleSet.report.filter(({ status }) => status === "rejected").length,
    loadSeconds,
    ...best,
    eventsPerSecond: Math.round(best.events / best.seconds),
    matchedPerSecond: best.matchSeconds === null ? null : Math.round(best.events / best.matchSeconds),
    rounds: rounds.length,
    // maxRSS is in kibibytes: the most this process ever held.
    rssPeakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

const UNITS: Readonly<Record<string, string>> = { Seconds: "s", PerSecond: "/s", Bytes: "bytes" };

function lineOf([name, value]: [string, unknown]): readonly [string, string] {
  const unit = Object.entries(UNITS).find(([ending]) => name.endsWith(ending) || name === ending.toLowerCase());
  const label = name.replaceAll(/[A-Z]+/g, (letter) => ` ${letter.toLowerCase()}`);
  if (typeof value !== "number") return [label, "–"];
  const shown = value.toLocaleString("en", { maximumFractionDigits: 3 });
  return [label, unit ? `${shown} ${unit[1]}` : shown];
}

type Ways = Readonly<{ routing: Routing; workers: number | undefined }>;

async function measuring({ print }: Context, loaded: LoadedRules, ways: Ways): Promise<Measuring & AsyncDisposable> {
  const { routing, workers } = ways;
  if (workers === undefined) {
    const measurement = new Measurement(loaded.ruleSet, routing);
    return Object.assign(measurement, { [Symbol.asyncDispose]: async () => await Promise.resolve() });
  }
  const onLoss = (text: string): void => print.warn(text);
  return await PooledMeasurement.start(loaded, { routing, workers, onLoss });
}

/** Plays a file of events through rules on this machine. With several rounds the figures are those of the fastest. */
export const bench: Run = async (context, input) => {
  const { print } = context;
  const routing = routingOf(input);
  const workers = input.whole("workers", { min: 1, max: WORKERS_MAX });
  const loaded = await usableRules(context, input, [input.value(0, "the rules")]);
  const compileAt = performance.now();
  await using measurement = await measuring(context, loaded, { routing, workers });
  const loadSeconds = (loaded.loadMs + performance.now() - compileAt) / 1000;
  const rounds = await measure(context, input, measurement);
  const threads = workers === undefined ? {} : { workers };
  const figures: Figures = { ...threads, ...figuresOf(loaded.ruleSet, loadSeconds, rounds) };
  const top = topOf(measurement, rounds.length);
  print.one({ ...figures, top }, () => [
    ...pairs(Object.entries(figures).map(lineOf), print.paint),
    ...top.map(({ key, title, matches }) =>
      visible(`${String(matches).padStart(10)}  ${String(title)} (${String(key)})`),
    ),
  ]);
  if (figures["unreadable"] !== 0)
    print.warn(
      `${String(figures["unreadable"])} lines could not be read, first line ${String(figures["firstUnreadable"])}`,
    );
  return EXIT.ok;
};
