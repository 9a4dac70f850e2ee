/**
 * A flood of made-up groups: memory must stay where the bounds put it, and every group let go must be told.
 *
 *     node_modules/.bin/node --conditions=@tyr/source bench/correlate-soak.ts [--keys 10000000]
 *
 * Every event brings an address and an account nobody has seen before to three correlations (a count, a count of values,
 * an order of steps). What changed is saved every 5,000 events, as a server does, since what is remembered for saving is
 * part of the memory. Ends with code 1 if the numbers do not add up or memory grew after the first million.
 */
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createCorrelator, type LossReason, loadRules, type Match } from "../packages/sigma/src/index.ts";

const { values } = parseArgs({ options: { keys: { type: "string", default: "10000000" } } });
const keys = Number(values.keys);
const SAVE_EVERY = 5_000;
const REPORT_EVERY = 1_000_000;
const limits = { groupsMax: 50_000, entriesMax: 100_000, entriesPerGroupMax: 512 };
/** What the reading of memory itself may waver. */
const GROWTH_MAX_MIB = 5;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const ruleSet = loadRules(
  [
    { title: "a", name: "a", logsource: { category: "test" }, detection: { sel: { kind: "a" }, condition: "sel" } },
    { title: "b", name: "b", logsource: { category: "test" }, detection: { sel: { kind: "b" }, condition: "sel" } },
    { type: "event_count", rules: ["a"], condition: { gte: 3 } },
    { type: "value_count", rules: ["a"], condition: { field: "user", gte: 3 } },
    { type: "temporal_ordered", rules: ["a", "b"] },
  ].map((one, index) => {
    const section = { "group-by": ["source"], timespan: "1h", ...one };
    const document = "type" in one ? { title: one.type, name: one.type, correlation: section } : one;
    return { path: `${index}.yml`, text: JSON.stringify(document) };
  }),
);
const [rule] = ruleSet.rules;
if (rule === undefined || ruleSet.correlations.length !== 3) throw new Error(JSON.stringify(ruleSet.report));

const told: Partial<Record<LossReason, number>> = {};
const correlator = createCorrelator(ruleSet, {
  ...limits,
  onLoss: ({ reason, count }) => void (told[reason] = (told[reason] ?? 0) + count),
});

function memoryMiB(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}

const before = memoryMiB();
const after: number[] = [];
const whole = (number: number): string => Math.round(number).toLocaleString("en");
console.log(
  "| Unique keys fed | groups held | entries evicted, told | state, MiB | resident, MiB |\n| --: | --: | --: | --: | --: |",
);
for (let index = 1; index <= keys; index += 1) {
  const id = `evt_01hzy3v7k9${String(index).padStart(16, "0")}`;
  const fields = { source: `2001:db8::${index.toString(16)}`, user: `user-${index}` };
  const matches: readonly Match[] = [{ rule, eventId: id }];
  correlator.feed({ id, timeMs: index, logsource: {}, fields }, matches);
  if (index % SAVE_EVERY === 0) correlator.takeDirtyGroups();
  if (index % REPORT_EVERY !== 0) continue;
  const groups = correlator.stats().reduce((sum, one) => sum + one.groups, 0);
  after.push(memoryMiB() - before);
  const resident = whole(process.memoryUsage.rss() / 2 ** 20);
  console.log(
    `| ${whole(index)} | ${whole(groups)} | ${whole(told.evicted ?? 0)} | ${after.at(-1)?.toFixed(1)} | ${resident} |`,
  );
}

const held = correlator.stats().reduce((sum, one) => sum + one.entries, 0);
const [first = 0] = after;
const isBounded = Math.max(...after) <= first + GROWTH_MAX_MIB;
const addsUp = held + (told.evicted ?? 0) === 3 * keys;
console.log(
  `\nheld and evicted add up: ${addsUp}; memory after the first million: ${isBounded ? "did not grow" : "GREW"}`,
);
if (!addsUp || !isBounded) process.exitCode = 1;
