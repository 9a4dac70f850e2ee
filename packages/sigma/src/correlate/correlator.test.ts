import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CorrelationHit,
  type CorrelationLoss,
  type CorrelatorOptions,
  createCorrelator,
  createEngine,
  loadRules,
  type RuleSet,
  type SigmaEvent,
  type StoredGroup,
} from "../index.ts";

const base = ["a", "b", "c"].map((name) => ({
  title: name,
  name,
  logsource: { category: "test" },
  detection: { sel: { kind: name }, condition: "sel" },
}));

function correlation(section: object, name = "corr"): object {
  return { title: name, name, correlation: { "group-by": ["user"], timespan: "10s", ...section } };
}

function rulesWith(...documents: readonly object[]): RuleSet {
  const ruleSet = loadRules(
    [...base, ...documents].map((document, index) => ({ path: `${index}.yml`, text: JSON.stringify(document) })),
  );
  expect(ruleSet.report.filter(({ status }) => status === "rejected")).toEqual([]);
  return ruleSet;
}

type Step = Readonly<{ at: number; kind: string; user?: string; n?: number }>;

function anEvent({ at, kind, user = "u", n = 0 }: Step, index: number): SigmaEvent {
  return {
    id: `e${index}`,
    timeMs: at * 1000,
    logsource: { category: "test" },
    fields: { kind, user, n, word: `w${n}` },
  };
}

function play(ruleSet: RuleSet, steps: readonly Step[], options: CorrelatorOptions = {}): readonly CorrelationHit[] {
  const engine = createEngine(ruleSet);
  const correlator = createCorrelator(ruleSet, options);
  return steps.map(anEvent).flatMap((event) => correlator.feed(event, engine.match(event)));
}

/** Which event completed each hit of the rule called `corr`. */
function completions(hits: readonly CorrelationHit[]): readonly string[] {
  return hits.filter(({ rule }) => rule.name === "corr").map(({ eventId }) => eventId);
}

const everyType: readonly object[] = [
  { type: "event_count", rules: ["a"], condition: { gte: 3 } },
  { type: "event_count", rules: ["a", "b"], condition: { gt: 1, lte: 3 } },
  { type: "value_count", rules: ["a", "b"], condition: { field: "word", gte: 3 } },
  { type: "value_count", rules: ["a"], condition: { field: ["word", "kind"], gte: 2 } },
  { type: "temporal", rules: ["a", "b"] },
  { type: "temporal", rules: ["a", "b", "c"], condition: { gte: 2 } },
  { type: "temporal", rules: ["a", "b", "c"], condition: "a and (b or c) and not (b and c)" },
  { type: "temporal_ordered", rules: ["a", "b", "c"] },
  { type: "temporal_ordered", rules: ["c", "a"], condition: "c and a and c" },
  { type: "value_sum", rules: ["a", "b"], condition: { field: "n", gt: 5 } },
  { type: "value_avg", rules: ["a"], condition: { field: "n", gte: 2 } },
  { type: "value_percentile", rules: ["a"], condition: { field: "n", gte: 3, percentile: 75 } },
  { type: "value_median", rules: ["a"], condition: { field: "n", eq: 2 } },
];

const chain = [
  correlation({ type: "event_count", rules: ["a"], condition: { gte: 2 } }, "many"),
  correlation({ type: "temporal_ordered", rules: ["many", "b"] }),
];

const step = fc.record({
  at: fc.integer({ min: 0, max: 60 }),
  kind: fc.constantFrom("a", "b", "c"),
  user: fc.constantFrom("x", "y", "z", "Z"),
  n: fc.integer({ min: 0, max: 4 }),
});
const steps = fc.array(step, { maxLength: 40 });
const inOrder = steps.map((list) => list.toSorted((left, right) => left.at - right.at));

describe("a burst", () => {
  const brute = rulesWith(correlation({ type: "event_count", rules: ["a"], condition: { gte: 3 } }));
  const failures = (...times: readonly number[]): readonly Step[] => times.map((at) => ({ at, kind: "a" }));

  test("is reported once, at the event that completes it", () => {
    expect(completions(play(brute, failures(0, 1, 2, 3, 4, 5, 9, 12)))).toEqual(["e2"]);
  });

  test("is reported again after the window stopped meeting the condition", () => {
    expect(completions(play(brute, failures(0, 1, 2, 30, 31, 32)))).toEqual(["e2", "e5"]);
  });

  test("ends with a silence longer than the window, even where one event is enough", () => {
    const single = rulesWith(correlation({ type: "event_count", rules: ["a"], condition: { gte: 1 } }));
    expect(completions(play(single, failures(0, 5, 15, 26)))).toEqual(["e0", "e3"]);
  });

  test("names its group, its events and its times", () => {
    const [hit] = play(brute, [
      { at: 0, kind: "a", user: "Bob" },
      { at: 1, kind: "a", user: "bob" },
      { at: 2, kind: "a", user: "BOB" },
    ]);
    expect(hit).toMatchObject({
      eventId: "e2",
      groupKey: '["bob"]',
      group: { user: "BOB" },
      eventIds: ["e0", "e1", "e2"],
      eventCount: 3,
      firstTimeMs: 0,
      lastTimeMs: 2000,
      value: 3,
    });
  });

  test("lists the newest events only, and counts all", () => {
    const long = rulesWith(correlation({ type: "event_count", rules: ["a"], condition: { gte: 20 } }));
    const [hit] = play(long, failures(...Array.from({ length: 20 }, (_, index) => index / 10)), { eventIdsMax: 3 });
    expect(hit).toMatchObject({ eventIds: ["e17", "e18", "e19"], eventCount: 20, firstTimeMs: 0 });
  });

  test("completed by a late event is found, and a late event inside a reported burst is not reported again", () => {
    expect(completions(play(brute, failures(0, 2, 20, 1)))).toEqual(["e3"]);
    expect(completions(play(brute, failures(0, 1, 2, 9, 1.5, 0.5)))).toEqual(["e2"]);
  });
});

describe("chains", () => {
  test("success after brute force is found although the brute force began long before", () => {
    const ruleSet = rulesWith(...chain);
    const guesses = Array.from({ length: 30 }, (_, index): Step => ({ at: index * 3, kind: "a" }));
    const hits = play(ruleSet, [...guesses, { at: 91, kind: "b" }]);
    expect(hits.map(({ rule, eventId }) => [rule.name, eventId])).toEqual([
      ["many", "e1"],
      ["corr", "e30"],
    ]);
    expect(hits.map(({ rule }) => rule.reported)).toEqual([false, true]);
  });

  test("a correlation of correlations counts bursts, not events", () => {
    const ruleSet = rulesWith(
      correlation({ type: "event_count", rules: ["a"], condition: { gte: 2 } }, "many"),
      correlation({ type: "event_count", rules: ["many"], timespan: "5m", condition: { gte: 2 } }),
    );
    const times = [0, 1, 2, 3, 4, 60, 61];
    expect(
      completions(
        play(
          ruleSet,
          times.map((at) => ({ at, kind: "a" })),
        ),
      ),
    ).toEqual(["e6"]);
  });

  test("the events of the inner hit are among those of the outer one", () => {
    const hits = play(rulesWith(...chain), [
      { at: 0, kind: "a" },
      { at: 1, kind: "a" },
      { at: 2, kind: "b" },
    ]);
    expect(hits.at(-1)).toMatchObject({ eventIds: ["e0", "e1", "e2"] });
  });
});

describe("types", () => {
  test("aliases let rules with different field names meet in one group", () => {
    const ruleSet = rulesWith(
      correlation({
        type: "temporal",
        rules: ["a", "b"],
        "group-by": ["who"],
        aliases: { who: { a: "user", b: "word" } },
      }),
    );
    expect(
      completions(
        play(ruleSet, [
          { at: 0, kind: "a", user: "w7" },
          { at: 1, kind: "b", user: "other", n: 7 },
        ]),
      ),
    ).toEqual(["e1"]);
  });

  test("one event cannot be two steps of an order", () => {
    const twin = {
      title: "a2",
      name: "a2",
      logsource: { category: "test" },
      detection: { sel: { kind: "a" }, condition: "sel" },
    };
    const ruleSet = rulesWith(twin, correlation({ type: "temporal_ordered", rules: ["a", "a2"] }));
    expect(
      completions(
        play(ruleSet, [
          { at: 0, kind: "a" },
          { at: 1, kind: "a" },
        ]),
      ),
    ).toEqual(["e1"]);
  });

  test("generate keeps the single hits as findings", () => {
    const reported = (generate: boolean): readonly boolean[] =>
      rulesWith(correlation({ type: "temporal", rules: ["a", "b"], generate })).rules.map((rule) => rule.reported);
    expect(reported(false)).toEqual([false, false, true]);
    expect(reported(true)).toEqual([true, true, true]);
  });

  test("a range of two comparisons holds between them", () => {
    const ruleSet = rulesWith(
      correlation({ type: "value_sum", rules: ["a"], condition: { field: "n", gt: 3, lte: 5 } }),
    );
    expect(
      completions(
        play(ruleSet, [
          { at: 0, kind: "a", n: 9 },
          { at: 20, kind: "a", n: 2 },
          { at: 21, kind: "a", n: 3 },
        ]),
      ),
    ).toEqual(["e2"]);
  });

  test("an extended condition may exclude a rule", () => {
    const ruleSet = rulesWith(
      correlation({ type: "temporal_extended", rules: ["a", "b", "c"], condition: "a and b and not c" }),
    );
    const ab: readonly Step[] = [
      { at: 0, kind: "a" },
      { at: 1, kind: "b" },
    ];
    expect(completions(play(ruleSet, ab))).toEqual(["e1"]);
    expect(completions(play(ruleSet, [{ at: 0, kind: "c" }, ...ab]))).toEqual([]);
  });
});

/** The policy by its definition, for events in order: judge every window from scratch. */
function reference(list: readonly Step[], isMet: (window: readonly Step[]) => boolean): readonly string[] {
  const found: string[] = [];
  const lastOf = new Map<string, { at: number; met: boolean }>();
  for (const [index, { at, user = "u" }] of list.entries()) {
    const group = user.toLowerCase();
    const window = list
      .slice(0, index + 1)
      .filter((one) => (one.user ?? "u").toLowerCase() === group && one.at >= at - 10);
    const met = isMet(window);
    const last = lastOf.get(group);
    if (met && !(last !== undefined && last.met && at - last.at <= 10)) found.push(`e${index}`);
    lastOf.set(group, { at, met });
  }
  return found;
}

const references: readonly [name: string, section: object, isMet: (window: readonly Step[]) => boolean][] = [
  [
    "event_count",
    { type: "event_count", rules: ["a", "b", "c"], condition: { gte: 3 } },
    (window) => window.length >= 3,
  ],
  [
    "value_count",
    { type: "value_count", rules: ["a", "b", "c"], condition: { field: "word", eq: 3 } },
    (window) => new Set(window.map(({ n }) => n)).size === 3,
  ],
  [
    "temporal",
    { type: "temporal", rules: ["a", "b", "c"] },
    (window) => new Set(window.map(({ kind }) => kind)).size === 3,
  ],
  [
    "temporal_ordered",
    { type: "temporal_ordered", rules: ["a", "b", "c"] },
    (window) => /a.*b.*c/.test(window.map(({ kind }) => kind).join("")),
  ],
  [
    "value_sum",
    { type: "value_sum", rules: ["a", "b", "c"], condition: { field: "n", gt: 6 } },
    (window) => window.reduce((total, { n = 0 }) => total + n, 0) > 6,
  ],
];

/** As `play`, but after every few events only what was stored goes on into a new correlator. */
function playWithRestarts(
  ruleSet: RuleSet,
  list: readonly Step[],
  { options, every }: Readonly<{ options: CorrelatorOptions; every: number }>,
): readonly CorrelationHit[] {
  const engine = createEngine(ruleSet);
  const stored = new Map<string, StoredGroup>();
  let correlator = createCorrelator(ruleSet, options);
  return list.map(anEvent).flatMap((event, index) => {
    const found = correlator.feed(event, engine.match(event));
    if (index % every === every - 1) {
      const { upserts, removals, checkpoint } = correlator.takeDirtyGroups();
      for (const { correlationId, groupKey } of removals) stored.delete(correlationId + groupKey);
      for (const group of upserts) stored.set(group.correlationId + group.groupKey, group);
      correlator = createCorrelator(ruleSet, options);
      const { refused } = correlator.restore({ groups: [...stored.values()].toReversed(), checkpoint });
      if (refused.length > 0) throw new Error(`refused ${JSON.stringify(refused)}`);
    }
    return found;
  });
}

describe("properties", () => {
  test.each(references)("%s finds what judging every window from scratch finds", (_name, section, isMet) => {
    fc.assert(
      fc.property(inOrder, (list) => {
        expect(completions(play(rulesWith(correlation(section)), list))).toEqual(reference(list, isMet));
      }),
      { numRuns: 200 },
    );
  });

  test("whether a group is found does not depend on the order of arrival within the allowed lateness", () => {
    const ruleSet = rulesWith(correlation({ type: "event_count", rules: ["a"], condition: { gte: 3 } }));
    const groups = (list: readonly Step[]): readonly string[] =>
      [...new Set(play(ruleSet, list).map(({ groupKey }) => groupKey))].sort();
    fc.assert(
      fc.property(steps, (list) => {
        expect(groups(list)).toEqual(groups(list.toSorted((left, right) => left.at - right.at)));
      }),
      { numRuns: 500 },
    );
  });

  test("a restart after any event changes no hit, whatever is late, evicted or expired", () => {
    const ruleSets = [...everyType.map((section) => rulesWith(correlation(section))), rulesWith(...chain)];
    const options = { groupsMax: 2, entriesPerGroupMax: 6, allowedLatenessMs: 8000, eventIdsMax: 3 };
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 7 }), fc.constantFrom(...ruleSets), (list, every, ruleSet) => {
        expect(playWithRestarts(ruleSet, list, { options, every })).toEqual(play(ruleSet, list, options));
      }),
      { numRuns: 1500 },
    );
  });
});

describe("bounds", () => {
  const ruleSet = rulesWith(correlation({ type: "event_count", rules: ["a"], condition: { gte: 3 } }));

  test("a flood of made-up groups stays within the bound and says what it evicted", () => {
    const losses: CorrelationLoss[] = [];
    const engine = createEngine(ruleSet);
    const correlator = createCorrelator(ruleSet, { groupsMax: 100, onLoss: (loss) => losses.push(loss) });
    for (let index = 0; index < 5000; index += 1) {
      const event = anEvent({ at: index / 1000, kind: "a", user: `made-up-${index}` }, index);
      correlator.feed(event, engine.match(event));
    }
    expect(correlator.stats()).toMatchObject([{ groups: 100, entries: 100, losses: { evicted: 4900 } }]);
    expect(losses).toHaveLength(4900);
    expect(losses[0]).toMatchObject({ reason: "evicted", groupKey: '["made-up-0"]', count: 1 });
  });

  test("a flood into one group keeps the newest entries and says how many it let go", () => {
    const engine = createEngine(ruleSet);
    const correlator = createCorrelator(ruleSet, { entriesPerGroupMax: 50 });
    for (let index = 0; index < 500; index += 1) {
      const event = anEvent({ at: index / 1000, kind: "a" }, index);
      correlator.feed(event, engine.match(event));
    }
    expect(correlator.stats()).toMatchObject([{ groups: 1, entries: 50, losses: { truncated: 450 } }]);
  });

  test("events that are too late, have no time or lack the group are counted, not lost silently", () => {
    const reasons: string[] = [];
    const engine = createEngine(ruleSet);
    const correlator = createCorrelator(ruleSet, {
      allowedLatenessMs: 5000,
      onLoss: ({ reason }) => reasons.push(reason),
    });
    const events = [
      anEvent({ at: 100, kind: "a" }, 0),
      anEvent({ at: 94, kind: "a" }, 1),
      anEvent({ at: Number.NaN, kind: "a" }, 2),
      { ...anEvent({ at: 100, kind: "a" }, 3), fields: { kind: "a" } },
    ];
    for (const event of events) correlator.feed(event, engine.match(event));
    expect(reasons).toEqual(["late", "untimed", "ungrouped"]);
  });

  test("groups the stream has left behind expire, but one event from the future expires nothing", () => {
    const engine = createEngine(ruleSet);
    const correlator = createCorrelator(ruleSet, { allowedLatenessMs: 5000 });
    const feed = (at: number, user: string): void => {
      const event = anEvent({ at, kind: "a", user }, at);
      correlator.feed(event, engine.match(event));
    };
    const expired = (): number | undefined => correlator.stats()[0]?.losses.expired;
    feed(0, "x");
    feed(1, "y");
    feed(10_000_000, "future");
    expect(expired()).toBe(0);
    for (let at = 1; at < 100; at += 1) feed(at + 10_000_000, "z");
    expect(expired()).toBe(3);
  });

  test("state of a changed or removed correlation and damaged state are refused with the reason", () => {
    const engine = createEngine(ruleSet);
    const correlator = createCorrelator(ruleSet);
    const event = anEvent({ at: 0, kind: "a" }, 0);
    correlator.feed(event, engine.match(event));
    const { upserts } = correlator.takeDirtyGroups();
    const changed = rulesWith(correlation({ type: "event_count", rules: ["a"], condition: { gte: 4 } }));
    expect(createCorrelator(changed).restore({ groups: upserts }).refused[0]?.reason).toBe(
      "the correlation has changed",
    );
    const damaged = upserts.map((group) => ({ ...group, state: group.state.slice(0, -3) }));
    expect(createCorrelator(ruleSet).restore({ groups: damaged }).refused[0]?.reason).toBe("the state cannot be read");
    const gone = upserts.map((group) => ({ ...group, correlationId: "gone" }));
    expect(createCorrelator(ruleSet).restore({ groups: gone }).refused[0]?.reason).toBe("there is no such correlation");
  });

  test("only groups that changed are handed out for storing", () => {
    const engine = createEngine(ruleSet);
    const correlator = createCorrelator(ruleSet);
    for (const [index, user] of ["x", "y"].entries()) {
      const event = anEvent({ at: 0, kind: "a", user }, index);
      correlator.feed(event, engine.match(event));
    }
    expect(correlator.takeDirtyGroups().upserts.map(({ groupKey }) => groupKey)).toEqual(['["x"]', '["y"]']);
    const next = anEvent({ at: 1, kind: "a", user: "y" }, 2);
    correlator.feed(next, engine.match(next));
    expect(correlator.takeDirtyGroups().upserts.map(({ groupKey }) => groupKey)).toEqual(['["y"]']);
    expect(correlator.takeDirtyGroups().upserts).toEqual([]);
  });
});

describe("a correlation that is off", () => {
  const steps: readonly Step[] = [
    { at: 0, kind: "a" },
    { at: 1, kind: "a" },
    { at: 2, kind: "b" },
    { at: 3, kind: "a" },
    { at: 4, kind: "b" },
  ];

  test("finds nothing, and what refers to it hears nothing of it", () => {
    const ruleSet = rulesWith(...chain);
    expect(completions(play(ruleSet, steps))).not.toEqual([]);
    expect(play(ruleSet, steps, { isOff: ({ name }) => name === "many" })).toEqual([]);
  });

  test("stands still: its windows are what they were when it goes on", () => {
    const ruleSet = rulesWith(correlation({ type: "event_count", rules: ["a"], condition: { gte: 3 } }));
    const engine = createEngine(ruleSet);
    let isOff = false;
    const correlator = createCorrelator(ruleSet, { isOff: () => isOff });
    const feed = (at: number) => {
      const event = anEvent({ at, kind: "a" }, at);
      return completions(correlator.feed(event, engine.match(event)));
    };
    feed(0);
    isOff = true;
    expect([feed(1), feed(2), feed(3)].flat()).toEqual([]);
    isOff = false;
    expect(feed(4)).toEqual([]);
    expect(feed(5)).toEqual(["e5"]);
  });
});
