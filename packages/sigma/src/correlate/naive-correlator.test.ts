import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CorrelationHit, createCorrelator, loadRules, type RuleSet, type SigmaEvent } from "../index.ts";
import { NaiveCorrelator, type OracleHit } from "./naive-correlator.ts";

const names = ["a", "b", "c"] as const;
const base = names.map((name) => ({
  title: name,
  name,
  logsource: { category: "test" },
  detection: { sel: { kind: name }, condition: "sel" },
}));

function correlation(section: object, name = "corr"): object {
  return { title: name, name, correlation: { "group-by": ["user"], timespan: "10s", ...section } };
}

const inner = correlation({ type: "event_count", rules: ["a"], condition: { gte: 2 } }, "many");

const correlations: readonly (readonly [name: string, documents: readonly object[]])[] = [
  ["event_count", [correlation({ type: "event_count", rules: ["a", "b"], condition: { gte: 3 } })]],
  ["a range", [correlation({ type: "event_count", rules: ["a", "b"], condition: { gt: 1, lte: 3 } })]],
  ["no group", [correlation({ type: "event_count", rules: ["a"], "group-by": [], condition: { gte: 3 } })]],
  [
    "two groups",
    [correlation({ type: "event_count", rules: ["a", "b"], "group-by": ["user", "n"], condition: { gte: 2 } })],
  ],
  ["value_count", [correlation({ type: "value_count", rules: ["a", "b"], condition: { field: "word", gte: 3 } })]],
  ["value_count, eq", [correlation({ type: "value_count", rules: ["a", "b"], condition: { field: "word", eq: 2 } })]],
  ["two fields", [correlation({ type: "value_count", rules: ["a"], condition: { field: ["word", "n"], gte: 2 } })]],
  ["temporal", [correlation({ type: "temporal", rules: ["a", "b", "c"] })]],
  ["temporal, a number", [correlation({ type: "temporal", rules: ["a", "b", "c"], condition: { gte: 2 } })]],
  [
    "temporal_extended",
    [correlation({ type: "temporal_extended", rules: ["a", "b", "c"], condition: "a and (b or c) and not (b and c)" })],
  ],
  [
    "aliases",
    [
      correlation({
        type: "temporal",
        rules: ["a", "b"],
        "group-by": ["who"],
        aliases: { who: { a: "user", b: "other" } },
      }),
    ],
  ],
  ["temporal_ordered", [correlation({ type: "temporal_ordered", rules: ["a", "b", "c"] })]],
  [
    "temporal_ordered, a number",
    [correlation({ type: "temporal_ordered", rules: ["a", "b", "c"], condition: { eq: 2 } })],
  ],
  [
    "temporal_ordered_extended",
    [
      correlation({
        type: "temporal_ordered_extended",
        rules: ["a", "b", "c"],
        condition: "(a or c) and b and not (c and a)",
      }),
    ],
  ],
  ["value_sum", [correlation({ type: "value_sum", rules: ["a", "b"], condition: { field: "n", gt: 5 } })]],
  ["value_avg", [correlation({ type: "value_avg", rules: ["a"], condition: { field: "n", gte: 2 } })]],
  [
    "value_percentile",
    [correlation({ type: "value_percentile", rules: ["a"], condition: { field: "n", gte: 3, percentile: 75 } })],
  ],
  ["value_median", [correlation({ type: "value_median", rules: ["a"], condition: { field: "n", eq: 2 } })]],
  ["a chain in order", [inner, correlation({ type: "temporal_ordered", rules: ["many", "b"] })]],
  ["a chain that counts", [inner, correlation({ type: "event_count", rules: ["many", "c"], condition: { gte: 2 } })]],
];

function rulesWith(documents: readonly object[]): RuleSet {
  const files = [...base, ...documents].map((one, index) => ({ path: `${index}.yml`, text: JSON.stringify(one) }));
  const ruleSet = loadRules(files);
  expect(ruleSet.report.filter(({ status }) => status === "rejected")).toEqual([]);
  return ruleSet;
}

/** Whole seconds, so that equal times are common; up to 20 s out of order, of which 8 are allowed. */
const step = fc.record({
  at: fc.integer({ min: 0, max: 45 }),
  early: fc.integer({ min: 0, max: 20 }),
  kinds: fc.subarray([...names], { minLength: 1 }),
  user: fc.constantFrom("x", "y", "Y", undefined),
  other: fc.constantFrom("x", "y"),
  n: fc.integer({ min: 0, max: 4 }),
});
const allowedLatenessMs = 8000;

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Roughly in order of time. */
function arranged(list: readonly Step[]): readonly Step[] {
  return list.toSorted((left, right) => left.at + left.early - (right.at + right.early));
}

function anEvent({ at, user, other, n }: Step, index: number): SigmaEvent {
  const fields = { other, n, word: n % 2 === 0 ? `w${n}` : `W${n - 1}`, ...(user !== undefined && { user }) };
  return { id: `e${index}`, timeMs: at * 1000, logsource: { category: "test" }, fields };
}

const told = ({
  rule,
  eventId,
  groupKey,
  eventIds,
  eventCount,
  firstTimeMs,
  lastTimeMs,
  value,
}: CorrelationHit): OracleHit => ({
  rule: rule.key,
  eventId,
  groupKey,
  eventIds,
  eventCount,
  firstTimeMs,
  lastTimeMs,
  value,
});

describe("the correlator finds what its definition finds, whatever is late or at the same time", () => {
  test.each(correlations)("%s", (_name, documents) => {
    const ruleSet = rulesWith(documents);
    let hits = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 25, maxLength: 45 }), (list) => {
        const correlator = createCorrelator(ruleSet, { allowedLatenessMs });
        const oracle = new NaiveCorrelator(ruleSet.correlations, allowedLatenessMs);
        const found: OracleHit[] = [];
        const due: OracleHit[] = [];
        for (const [index, one] of arranged(list).entries()) {
          const event = anEvent(one, index);
          const matched = ruleSet.rules.filter(({ name }) => one.kinds.some((kind) => kind === name));
          const matches = matched.map((rule) => ({ rule, eventId: event.id }));
          found.push(...correlator.feed(event, matches).map(told));
          due.push(
            ...oracle.feed(
              event,
              matched.map(({ key }) => key),
            ),
          );
        }
        hits += found.length;
        expect(found).toEqual(due);
      }),
      { numRuns: 200 },
    );
    expect(hits).toBeGreaterThan(50);
  });
});
