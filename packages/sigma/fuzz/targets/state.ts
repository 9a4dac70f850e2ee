import { createCorrelator, createEngine, loadRules, type SavedState, type SigmaEvent } from "../../src/index.ts";
import { bytesOf, insist, type Target, textOf } from "../target.ts";

const sections = [
  "{ type: event_count, rules: [a, b], timespan: 10s, group-by: [user], condition: { gte: 3 } }",
  "{ type: value_count, rules: [a], timespan: 10s, group-by: [user], condition: { field: word, gte: 2 } }",
  "{ type: temporal_ordered, rules: [a, b], timespan: 10s, group-by: [user] }",
  "{ type: temporal, rules: [a, b], timespan: 10s, group-by: [user] }",
  "{ type: value_sum, rules: [b], timespan: 10s, group-by: [user, word], condition: { field: n, gt: 4 } }",
  "{ type: value_percentile, rules: [b], timespan: 10s, condition: { field: n, gte: 3, percentile: 80 } }",
];
const ruleSet = loadRules([
  ...["a", "b"].map((name) => ({
    path: `${name}.yml`,
    text: `title: ${name}\nname: ${name}\nlogsource: { category: x }\ndetection: { s: { kind: ${name} }, condition: s }\n`,
  })),
  ...sections.map((section, index) => ({
    path: `c${index}.yml`,
    text: `title: c${index}\nname: c${index}\ncorrelation: ${section}\n`,
  })),
]);
const engine = createEngine(ruleSet, { routing: "none" });
const bounds = { groupsMax: 4, entriesMax: 40, entriesPerGroupMax: 10, eventIdsMax: 5 };
const events = Array.from({ length: 12 }, (_, index): SigmaEvent => ({
  id: `evt_${index}`,
  timeMs: index * 900,
  logsource: {},
  fields: { kind: index % 3 === 0 ? "b" : "a", user: index % 4 === 0 ? "y" : "x", word: `w${index % 5}`, n: index },
}));
const matched = events.map((event) => ({ event, matches: engine.match(event) }));

/** One group to a line: correlation, group, state, with tabs between; the first line is the checkpoint. */
function written({ groups, checkpoint = "" }: SavedState): string {
  return [checkpoint, ...groups.map((one) => `${one.correlationId}\t${one.groupKey}\t${one.state}`)].join("\n");
}

function read(text: string): SavedState {
  const [checkpoint = "", ...lines] = text.split("\n");
  const groups = lines.map((line) => {
    const [correlationId = "", groupKey = "", state = ""] = line.split("\t");
    return { correlationId, groupKey, state };
  });
  return { groups, checkpoint };
}

/** What a correlator had to save after so many events. */
function savedAfter(count: number): SavedState {
  const correlator = createCorrelator(ruleSet, bounds);
  for (const { event, matches } of matched.slice(0, count)) correlator.feed(event, matches);
  const { upserts, checkpoint } = correlator.takeDirtyGroups();
  return { groups: upserts, checkpoint };
}

/** Saved states as a storage fault or an intruder may leave them: refused group by group, and what is taken can be saved. */
export const stateTarget: Target = {
  name: "state",
  seeds: [1, 3, 5, 8, 12].flatMap((count) => {
    const saved = savedAfter(count);
    const single = saved.groups.map((group) => ({ ...saved, groups: [group] }));
    return [saved, ...single].map((one) => bytesOf(written(one)));
  }),
  words: [
    '"v":2',
    '"v":1',
    '"e":[[0,[0],[],["x"],0]]',
    '"t":[',
    '"x":"01"',
    '"r":[[0],[1]]',
    '"n":[["a"]]',
    '"i":["a",["b"]]',
    "[]",
    "{}",
  ].concat([
    "null",
    "-1",
    "1e308",
    "-1e308",
    "4294967296",
    "0.5",
    '"c":',
    '"s":',
    '"d":',
    "\t",
    "\n",
    '["x"]',
    '["x","y"]',
    "[[99]]",
  ]),
  sizeMax: 3072,
  run: (input) => {
    const saved = read(textOf(input));
    const correlator = createCorrelator(ruleSet, bounds);
    const { restored, refused } = correlator.restore(saved);
    insist(restored + refused.length === saved.groups.length, "every group is taken or refused");
    for (const { event, matches } of matched) correlator.feed(event, matches);
    for (const { groups, entries } of correlator.stats())
      insist(groups <= bounds.groupsMax && entries <= bounds.entriesMax && groups >= 0, "the bounds hold");
    const { upserts, checkpoint } = correlator.takeDirtyGroups();
    const again = createCorrelator(ruleSet, bounds).restore({ groups: upserts, checkpoint });
    insist(again.refused.length === 0, `what is saved can be restored: ${again.refused[0]?.reason}`);
    return restored > 0;
  },
};
