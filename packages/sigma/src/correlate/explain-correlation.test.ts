import { describe, expect, test } from "vitest";
import {
  type CorrelationAccount,
  createCorrelator,
  createEngine,
  describeCorrelation,
  explainCorrelation,
  loadRules,
  type SigmaEvent,
} from "../index.ts";

const base = (name: string) =>
  `title: ${name}\nname: ${name}\nlogsource: { category: test }\ndetection: { sel: { kind: ${name} }, condition: sel }\n`;
const corr = (section: string, name = "corr") => `title: ${name}\nname: ${name}\ncorrelation: { ${section} }\n`;

function ruleSetOf(...correlations: readonly string[]): ReturnType<typeof loadRules> {
  const text = [...["a", "b", "c"].map(base), ...correlations].join("---\n");
  const ruleSet = loadRules([{ path: "r.yml", text }]);
  expect(ruleSet.report.filter(({ status }) => status === "rejected")).toEqual([]);
  return ruleSet;
}

type Told = Readonly<Record<string, unknown>>;

function eventsOf(told: readonly Told[]): readonly SigmaEvent[] {
  return told.map(({ at, ...fields }, index) => ({
    id: `e${index}`,
    timeMs: Number(at) * 1000,
    logsource: { category: "test" },
    fields,
  }));
}

/** Of the last correlation: what each of its steps came to, by event. */
function accounts(section: string, told: readonly Told[], options = {}): readonly CorrelationAccount[] {
  const ruleSet = ruleSetOf(corr(section));
  const [rule] = ruleSet.correlations;
  if (rule === undefined) throw new Error("no correlation");
  return eventsOf(told).map(explainCorrelation(ruleSet, rule, options));
}

const lines = (found: readonly CorrelationAccount[]): readonly (readonly string[])[] =>
  found.map(({ steps }) => steps.map(({ verdict, why }) => `${verdict}: ${why}`));
const counted = "type: event_count, rules: [a], group-by: [user], timespan: 10s, condition: { gte: 2 }";

describe("an explanation of a correlation", () => {
  test("says of each event what the window held, what was compared, and why it fired or not", () => {
    const found = accounts(counted, [
      { at: 0, kind: "a", user: "Bob" },
      { at: 1, kind: "x", user: "Bob" },
      { at: 2, kind: "a", user: "bob" },
      { at: 3, kind: "a", user: "bob" },
      { at: 30, kind: "a", user: "bob" },
    ]);
    expect(lines(found)).toEqual([
      ["not-met: events: 1; events ≥ 2 is not met"],
      [],
      ["fired: events: 2; events ≥ 2 is met"],
      ["goes-on: events: 3; events ≥ 2 is met; this burst was reported before, and a burst is reported once"],
      ["not-met: events: 1; events ≥ 2 is not met"],
    ]);
    expect(found[1]?.bases).toMatchObject([{ rule: { name: "a" }, explanation: { matched: false } }]);
    expect(found[2]?.steps[0]).toMatchObject({
      group: { user: "bob" },
      window: { fromMs: -8000, toMs: 2000, eventCount: 2, rules: [{ rule: "a", eventCount: 2 }] },
    });
  });

  test("names the field a group, an alias or a value lacks", () => {
    const [noGroup, noTime] = accounts(counted, [
      { at: 0, kind: "a" },
      { at: Number.NaN, kind: "a", user: "u" },
    ]);
    expect(lines([noGroup, noTime].filter((one) => one !== undefined))).toEqual([
      ['left-out: it belongs to no group: "user" is absent'],
      ["left-out: the event has no time, so it is in no window"],
    ]);
    const aliased = "type: temporal, rules: [a, b], group-by: [ip], timespan: 10s, aliases: { ip: { a: src } }";
    expect(
      lines(
        accounts(aliased, [
          { at: 0, kind: "a", ip: "1" },
          { at: 1, kind: "b", src: "1" },
        ]),
      ),
    ).toEqual([
      ['left-out: it belongs to no group: "src", which the alias "ip" stands for in "a", is absent'],
      ['left-out: it belongs to no group: the alias "ip" names no field for "b", and no field is called that'],
    ]);
    const summed = "type: value_sum, rules: [a], group-by: [user], timespan: 10s, condition: { field: bytes, gt: 1 }";
    expect(
      lines(
        accounts(summed, [
          { at: 0, kind: "a", user: "u" },
          { at: 1, kind: "a", user: "u", bytes: "many\u001B" },
        ]),
      ),
    ).toEqual([
      ['left-out: there is no value to calculate with: "bytes" is absent'],
      ['left-out: there is no value to calculate with: "bytes" is "many\\u{1b}", which is no number'],
    ]);
  });

  test("tells late events from those that complete a window behind the newest", () => {
    const found = accounts(counted, [
      { at: 0, kind: "a", user: "u" },
      { at: 301, kind: "a", user: "u" },
      { at: 5, kind: "a", user: "u" },
      { at: 0.5, kind: "a", user: "u" },
    ]);
    expect(lines(found.slice(2))).toEqual([
      ["fired: it came late and was put in its place; events: 2; events ≥ 2 is met"],
      ["late: it is 300.5 s older than the newest event of its group, and at most 300 s are allowed"],
    ]);
    expect(found[2]?.steps[0]?.window).toMatchObject({ toMs: 5000, eventCount: 2 });
  });

  test("shows the values counted, the steps of an order and a percentile", () => {
    const told = ["x", "y", "X"].map((value, index) => ({ at: index, kind: "a", user: "u", value }));
    const values =
      "type: value_count, rules: [a], group-by: [user], timespan: 10s, condition: { field: value, gte: 2 }";
    expect(accounts(values, told)[2]?.steps[0]?.window).toMatchObject({
      value: 2,
      distinctValues: 2,
      values: [
        { value: "x", eventCount: 2 },
        { value: "y", eventCount: 1 },
      ],
    });
    const order = "type: temporal_ordered, rules: [a, b, c], group-by: [user], timespan: 10s";
    const [, step] = accounts(
      order,
      ["a", "c", "b"].map((kind, at) => ({ at, kind, user: "u" })),
    );
    expect(lines(step === undefined ? [] : [step])).toEqual([
      ['not-met: rules in order: 2; all of "a", "b", "c" in this order is not met'],
    ]);
    expect(step?.steps[0]?.window?.rules.map(({ eventCount }) => eventCount)).toEqual([1, 0, 1]);
    const percentile =
      "type: value_percentile, rules: [a], group-by: [user], timespan: 10s, condition: { field: n, percentile: 90, gte: 9 }";
    const numbers = [1, 9].map((n, at) => ({ at, kind: "a", user: "u", n }));
    expect(lines(accounts(percentile, numbers))[1]).toEqual([
      'fired: percentile 90 of "n": 9; percentile 90 of "n" ≥ 9 is met',
    ]);
  });

  test("names groups that were let go, and starts them afresh", () => {
    const found = accounts(
      counted,
      [
        { at: 0, kind: "a", user: "one" },
        { at: 1, kind: "a", user: "two" },
        { at: 2, kind: "a", user: "one" },
      ],
      { groupsMax: 1 },
    );
    expect(found[1]?.losses).toMatchObject([{ reason: "evicted", groupKey: '["one"]', count: 1 }]);
    expect(found[2]?.steps[0]).toMatchObject({ verdict: "not-met", window: { eventCount: 1 } });
    const full = accounts(
      counted.replace("gte: 2", "lt: 0"),
      [0, 1, 2, 3].map((at) => ({ at, kind: "a", user: "u" })),
      {
        entriesPerGroupMax: 3,
      },
    );
    expect(lines(full)[3]).toEqual([
      "not-met: events: 4; events < 0 is not met; the group was full: its 1 oldest entries were let go",
    ]);
  });

  test("carries a chain from the inside out, and says when an inner burst merely goes on", () => {
    const ruleSet = ruleSetOf(
      corr(counted, "inner"),
      corr("type: event_count, rules: [inner], group-by: [user], timespan: 1h, condition: { gte: 2 }", "outer"),
    );
    const outer = ruleSet.correlations.find(({ name }) => name === "outer");
    if (outer === undefined) throw new Error("no outer correlation");
    const told = [0, 1, 2, 40, 41].map((at) => ({ at, kind: "a", user: "u" }));
    const found = eventsOf(told).map(explainCorrelation(ruleSet, outer));
    expect(lines(found)[2]).toEqual([
      expect.stringMatching(/^goes-on/),
      'left-out: "inner" goes on being met, and event_count counts only its new bursts',
    ]);
    expect(found[4]?.steps.map(({ rule, verdict }) => [rule.name, verdict])).toEqual([
      ["inner", "fired"],
      ["outer", "fired"],
    ]);
    expect(found.map(({ hits }) => hits.length)).toEqual([0, 0, 0, 0, 1]);
    expect(describeCorrelation(outer)).toBe('event_count: events ≥ 2 within 3600 s, by "user"');
  });
});

/** A small generator of numbers, the same every time. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test.each([
  counted,
  "type: value_count, rules: [a, b], group-by: [user], timespan: 10s, condition: { field: n, gt: 2, lte: 4 }",
  "type: temporal, rules: [a, b, c], group-by: [user], timespan: 10s",
  "type: temporal_ordered, rules: [a, b, c], group-by: [user], timespan: 10s, condition: { gte: 2 }",
  "type: temporal_extended, rules: [a, b, c], group-by: [user], timespan: 10s, condition: a and (b or not c)",
  "type: temporal_ordered_extended, rules: [a, b, c], group-by: [user], timespan: 10s, condition: a and (b or c)",
  "type: value_sum, rules: [a], group-by: [user], timespan: 10s, condition: { field: n, gte: 12 }",
  "type: value_avg, rules: [a], group-by: [user], timespan: 10s, condition: { field: n, lt: 4 }",
  "type: value_percentile, rules: [a], group-by: [user], timespan: 10s, condition: { field: n, percentile: 75, gte: 6 }",
  "type: value_median, rules: [a], group-by: [user], timespan: 10s, condition: { field: n, gte: 5 }",
])("what is explained is what the correlator does: %s", (section) => {
  const ruleSet = ruleSetOf(corr(section));
  const [rule] = ruleSet.correlations;
  if (rule === undefined) throw new Error("no correlation");
  const options = { groupsMax: 3, entriesPerGroupMax: 20, allowedLatenessMs: 30_000 };
  const random = generator(7);
  const told = Array.from({ length: 1500 }, (_, index) => ({
    at: index + (random(5) === 0 ? -random(45) : 0),
    kind: ["a", "b", "c", "x"][random(4)],
    user: `u${random(5)}`,
    n: random(9),
  }));
  const account = explainCorrelation(ruleSet, rule, options);
  const engine = createEngine(ruleSet);
  const correlator = createCorrelator(ruleSet, options);
  const verdicts = new Set<string>();
  for (const event of eventsOf(told)) {
    const { steps, hits } = account(event);
    expect(hits).toEqual(correlator.feed(event, engine.match(event)));
    for (const { verdict, window } of steps) {
      verdicts.add(verdict);
      expect([undefined, verdict !== "not-met"]).toContain(window?.isMet);
    }
    const fired = steps.filter(({ verdict }) => verdict === "fired").map(({ window }) => window);
    expect(fired.map((window) => [window?.value, window?.eventCount])).toEqual(
      hits.slice(0, fired.length).map(({ value, eventCount }) => [value, eventCount]),
    );
  }
  expect([...verdicts]).toEqual(expect.arrayContaining(["fired", "not-met", "late"]));
});
