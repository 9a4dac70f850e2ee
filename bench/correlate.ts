/**
 * Correlation by itself: events per second through `feed` on one core, and bytes per group.
 *
 *     node_modules/.bin/node --conditions=@tyr/source bench/correlate.ts [--events 1000000] [--groups 100000] [--only speed|memory]
 *
 * Matches are prepared, so only the correlator is timed: events are made a batch at a time outside the clock, each from
 * a JSON text of its own as a server would have them, so that no string is shared that would not be. Traps: groups are
 * visited in a shuffled order (in turn, the processor's caches would hold the next one); conditions are out of reach, as
 * for almost all events of a real stream; a warm-up on a correlator of its own comes first. Memory is heap and array
 * buffers after a full collection, less what was there before the first event. Time is processor time of the whole process,
 * so that other work on the machine does not count, and collecting garbage does.
 */
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createCorrelator, createEngine, loadRules, type Match, type SigmaEvent } from "../packages/sigma/src/index.ts";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "1000000" },
    groups: { type: "string", default: "100000" },
    only: { type: "string" },
  },
});
const eventsMax = Number(values.events);
const groupsLive = Number(values.groups);
const BATCH = 20_000;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** An event of the stream: which group, which value, which of the two rules, and when. */
type Step = Readonly<{ group: number; value: number; rule: "a" | "b"; timeMs: number }>;
type Scenario = Readonly<{ name: string; correlation: object; groups: number; step: (index: number) => Step }>;

/** Visits every number below `count` once before any comes again, in an order without locality. */
function shuffled(index: number, count: number): number {
  return (index * 7_919 + Math.floor(index / count) * 31) % count;
}

/** One event in a hundred is up to a minute late, where that is asked for. */
const onTime = (index: number): number => index;
const lateNowAndThen = (index: number): number => (index % 100 === 99 ? index - ((index * 37) % 60_000) : index);

function scenarios(groups: number): readonly Scenario[] {
  const counted = { type: "event_count", rules: ["a", "b"], condition: { gte: 1e6 } };
  const step = (index: number): Step => ({
    group: shuffled(index, groups),
    value: Math.floor(index / groups),
    rule: index % 3 === 0 ? "b" : "a",
    timeMs: onTime(index),
  });
  return [
    { name: "event_count", correlation: counted, groups, step },
    {
      name: "event_count, 1 % late",
      correlation: counted,
      groups,
      step: (index) => ({ ...step(index), timeMs: lateNowAndThen(index) }),
    },
    {
      name: "value_count, 1,800 values",
      correlation: { type: "value_count", rules: ["a", "b"], condition: { field: "value", gte: 1e6 } },
      groups: 100,
      step: (index) => ({ ...step(index), group: shuffled(index, 100), value: Math.floor(index / 100) % 1800 }),
    },
    {
      name: "temporal_ordered",
      correlation: { type: "temporal_ordered", rules: ["a", "b", "c"] },
      groups,
      step,
    },
  ];
}

const address = (n: number): string => `${11 + (n % 80)}.${(n >> 14) & 255}.${(n >> 6) & 255}.${n & 63}`;

function prepare(ruleSet: ReturnType<typeof rulesFor>, from: number, { step }: Scenario) {
  const batch: { event: SigmaEvent; matches: readonly Match[] }[] = [];
  for (let index = from; index < from + BATCH; index += 1) {
    const { group, value, rule, timeMs } = step(index);
    const id = `evt_01hzy3v7k9${String(index).padStart(16, "0")}`;
    const text = JSON.stringify({ source: address(group), value: `user-${value}`, host: "bench" });
    const event = { id, timeMs, logsource: {}, fields: JSON.parse(text) as SigmaEvent["fields"] };
    const matched = ruleSet.rules.find(({ name }) => name === rule);
    if (matched !== undefined) batch.push({ event, matches: [{ rule: matched, eventId: id }] });
  }
  return batch;
}

function rulesFor(correlation: object) {
  const base = ["a", "b", "c"].map((name) => ({
    title: name,
    name,
    logsource: { category: "test" },
    detection: { sel: { kind: name }, condition: "sel" },
  }));
  const section = { "group-by": ["source"], timespan: "1h", ...correlation };
  const documents = [...base, { title: "bench", name: "bench", correlation: section }];
  const ruleSet = loadRules(documents.map((one, index) => ({ path: `${index}.yml`, text: JSON.stringify(one) })));
  createEngine(ruleSet);
  return ruleSet;
}

const limits = { groupsMax: 200_000, entriesMax: 5_000_000 };

function run(scenario: Scenario, events: number) {
  const ruleSet = rulesFor(scenario.correlation);
  const before = memory();
  const correlator = createCorrelator(ruleSet, limits);
  let busyMs = 0;
  for (let from = 0; from < events; from += BATCH) {
    const batch = prepare(ruleSet, from, scenario);
    const start = process.cpuUsage();
    for (const { event, matches } of batch) correlator.feed(event, matches);
    const { user, system } = process.cpuUsage(start);
    busyMs += (user + system) / 1000;
  }
  const bytes = memory() - before;
  const [stats] = correlator.stats();
  return { busyMs, bytes, groups: stats?.groups ?? 0, entries: stats?.entries ?? 0 };
}

function memory(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const whole = (number: number): string => Math.round(number).toLocaleString("en");

function speed(): void {
  console.log(
    "\n| `feed` | events/s | groups | entries | bytes per group | bytes per entry |\n| --- | --: | --: | --: | --: | --: |",
  );
  for (const scenario of scenarios(groupsLive)) {
    run(scenario, Math.min(eventsMax, 200_000));
    const { busyMs, bytes, groups, entries } = run(scenario, eventsMax);
    const rate = whole((eventsMax / busyMs) * 1000);
    console.log(
      `| ${scenario.name} | ${rate} | ${whole(groups)} | ${whole(entries)} | ${whole(bytes / groups)} | ${whole(bytes / entries)} |`,
    );
  }
}

const MEMORY_GROUPS = 50_000;

/** What groups of a size cost, all in. */
function sizes(): void {
  console.log(
    `\n| Bytes per group, ${whole(MEMORY_GROUPS)} groups of | 1 entry | 3 entries | 20 entries |\n| --- | --: | --: | --: |`,
  );
  for (const scenario of scenarios(MEMORY_GROUPS)) {
    if (scenario.name.includes("late")) continue;
    const plain = {
      ...scenario,
      step: (index: number) => ({ ...scenario.step(index), group: shuffled(index, MEMORY_GROUPS) }),
    };
    const cells = [1, 3, 20].map((size) => whole(run(plain, MEMORY_GROUPS * size).bytes / MEMORY_GROUPS));
    console.log(`| ${scenario.name.replace(/,.*/, "")} | ${cells.join(" | ")} |`);
  }
}

if (values.only !== "memory") speed();
if (values.only !== "speed") sizes();
