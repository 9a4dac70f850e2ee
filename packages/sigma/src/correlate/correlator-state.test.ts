import { describe, expect, test } from "vitest";
import {
  type CorrelationHit,
  type CorrelationLoss,
  type Correlator,
  type CorrelatorOptions,
  createCorrelator,
  loadRules,
  type Match,
  type RuleSet,
  type SigmaEvent,
  type StoredGroup,
} from "../index.ts";
import { createGroupTable } from "./group-table.ts";

const names = ["a", "b", "c"] as const;

function correlation(name: string, section: object): object {
  return { title: name, name, correlation: { "group-by": ["user"], timespan: "10s", ...section } };
}

function rulesWith(...correlations: readonly object[]): RuleSet {
  const base = names.map((name) => ({
    title: name,
    name,
    logsource: { category: "test" },
    detection: { sel: { kind: name }, condition: "sel" },
  }));
  const files = [...base, ...correlations].map((one, index) => ({ path: `${index}.yml`, text: JSON.stringify(one) }));
  const ruleSet = loadRules(files);
  expect(ruleSet.report.filter(({ status }) => status === "rejected")).toEqual([]);
  return ruleSet;
}

const everything = rulesWith(
  correlation("count", { type: "event_count", rules: ["a", "b"], condition: { gte: 4 } }),
  correlation("values", { type: "value_count", rules: ["a", "b", "c"], condition: { field: "word", gte: 3 } }),
  correlation("together", { type: "temporal", rules: ["a", "b", "c"] }),
  correlation("in-order", { type: "temporal_ordered", rules: ["a", "b", "c"] }),
  correlation("extended", { type: "temporal_extended", rules: ["a", "b", "c"], condition: "a and b and not c" }),
  correlation("sum", { type: "value_sum", rules: ["a"], condition: { field: "n", gte: 6 } }),
  correlation("average", { type: "value_avg", rules: ["b"], condition: { field: "n", gt: 2 } }),
  correlation("percentile", {
    type: "value_percentile",
    rules: ["b"],
    condition: { field: "n", gte: 3, percentile: 80 },
  }),
  correlation("median", { type: "value_median", rules: ["c"], condition: { field: "n", gte: 3 } }),
  correlation("chain", { type: "temporal_ordered", rules: ["count", "c"], timespan: "20s" }),
  correlation("bursts", { type: "event_count", rules: ["count", "values"], timespan: "1m", condition: { gte: 2 } }),
);

/** A generator with a seed: the same numbers every time (mulberry32, public domain). */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Fed = Readonly<{ event: SigmaEvent; matches: readonly Match[] }>;

function anEvent(index: number, about: Readonly<{ timeMs: number; user: string; n?: number; kind?: string }>): Fed {
  const { timeMs, user, n = 0, kind = "a" } = about;
  const id = `evt_${index}`;
  const fields = { user, n, word: `w${n}` };
  const event = { id, timeMs, logsource: { category: "test" }, fields };
  return {
    event,
    matches: everything.rules.filter(({ name }) => name === kind).map((rule) => ({ rule, eventId: id })),
  };
}

function stream(seed: number, length: number): readonly Fed[] {
  const next = numbersFrom(seed);
  return Array.from({ length }, (_, index) =>
    anEvent(index, {
      timeMs: index * 400 - (next(10) === 0 ? next(12_000) : 0),
      user: ["x", "X", "y", "z"][next(4)] ?? "x",
      n: next(5),
      kind: names[next(3)] ?? "a",
    }),
  );
}

/** What a server keeps: groups by their place, and the position they belong to. */
class Shelf {
  readonly #groups = new Map<string, StoredGroup>();
  #checkpoint: string | undefined;
  position = 0;

  save(correlator: Correlator, position: number): void {
    const { upserts, removals, checkpoint } = correlator.takeDirtyGroups();
    for (const { correlationId, groupKey } of removals) this.#groups.delete(`${correlationId}\n${groupKey}`);
    for (const group of upserts) this.#groups.set(`${group.correlationId}\n${group.groupKey}`, group);
    this.#checkpoint = checkpoint;
    this.position = position;
  }

  open(options: CorrelatorOptions): Correlator {
    const correlator = createCorrelator(everything, options);
    if (this.#checkpoint === undefined) return correlator;
    const { refused } = correlator.restore({ groups: [...this.#groups.values()], checkpoint: this.#checkpoint });
    if (refused.length > 0) throw new Error(`refused ${JSON.stringify(refused)}`);
    return correlator;
  }
}

const undisturbed = (events: readonly Fed[], options: CorrelatorOptions): readonly (readonly CorrelationHit[])[] => {
  const correlator = createCorrelator(everything, options);
  return events.map(({ event, matches }) => correlator.feed(event, matches));
};

/** Killed at random events, whatever was fed since it last saved is lost and fed again, as a server does. */
function killedAtRandom(
  events: readonly Fed[],
  options: CorrelatorOptions,
  next: (below: number) => number,
): readonly (readonly CorrelationHit[])[] {
  const shelf = new Shelf();
  const found: (readonly CorrelationHit[])[] = [];
  let correlator = shelf.open(options);
  for (let index = 0; index < events.length; index += 1) {
    const fed = events[index];
    if (fed === undefined) break;
    const hits = correlator.feed(fed.event, fed.matches);
    expect(hits).toEqual(found[index] ?? hits);
    found[index] = hits;
    if (next(12) === 0) shelf.save(correlator, index + 1);
    if (next(20) !== 0) continue;
    correlator = shelf.open(options);
    index = shelf.position - 1;
  }
  return found;
}

describe("a restart", () => {
  const seeds = Array.from({ length: 50 }, (_, seed) => seed + 1);

  test.each(seeds)("in mid-window changes no hit of any type: killed at random events, seed %i", (seed) => {
    const events = stream(seed, 300);
    // Every other run is short of room, so that eviction and truncation are part of it.
    const tight = { groupsMax: 2, entriesPerGroupMax: 8, eventIdsMax: 3, entriesMax: 14, allowedLatenessMs: 6000 };
    const options = seed % 2 === 0 ? {} : tight;
    const expected = undisturbed(events, options);
    expect(expected.flat().length).toBeGreaterThan(20);
    expect(killedAtRandom(events, options, numbersFrom(1000 + seed))).toEqual(expected);
  });

  test("goes on from the state an earlier version saved, and refuses one it does not know", () => {
    const { event, matches } = anEvent(9, { timeMs: 9000, user: "x" });
    const before = createCorrelator(everything);
    for (const index of [0, 1, 2]) {
      const one = anEvent(index, { timeMs: index * 1000, user: "x" });
      before.feed(one.event, one.matches);
    }
    const group = before.takeDirtyGroups().upserts.find(({ correlationId }) => correlationId === "count");
    const { d } = JSON.parse(group?.state ?? "{}") as { d: string };
    const rows = [0, 1, 2].map((index) => [index * 1000, [0], [], [`evt_${index}`], 0]);
    const saved = (v: number): StoredGroup => ({
      correlationId: "count",
      groupKey: '["x"]',
      state: JSON.stringify({ v, d, s: 3, c: 2000, e: rows }),
    });
    const after = createCorrelator(everything);
    expect(after.restore({ groups: [saved(1)], checkpoint: '{"v":1,"c":2000,"s":3}' })).toMatchObject({ restored: 1 });
    expect(after.feed(event, matches)).toMatchObject([{ eventIds: ["evt_0", "evt_1", "evt_2", "evt_9"] }]);
    const refused = [{ correlationId: "count", groupKey: '["x"]', reason: "the state cannot be read" }];
    expect(createCorrelator(everything).restore({ groups: [saved(3)] })).toEqual({ restored: 0, refused });
  });

  test("does not take a group twice, nor one that is grouped otherwise", () => {
    const correlator = createCorrelator(everything);
    const { event, matches } = anEvent(0, { timeMs: 0, user: "x" });
    correlator.feed(event, matches);
    const [group] = correlator.takeDirtyGroups().upserts;
    const groups =
      group === undefined ? [] : [group, { ...group, groupKey: '[ "x" ]' }, { ...group, groupKey: '["x","y"]' }];
    expect(createCorrelator(everything).restore({ groups })).toMatchObject({
      restored: 1,
      refused: [
        // By the name it was stored under: the other one is in use.
        { groupKey: '[ "x" ]', reason: "the group is there twice" },
        { groupKey: '["x","y"]', reason: "the correlation has changed" },
      ],
    });
  });
});

describe("a flood", () => {
  const counting = { correlations: everything.correlations.filter(({ name }) => name === "count") };

  test("of 200,000 made-up groups stays within the bound, says what it evicted and leaves nothing to remove", () => {
    const losses = new Map<string, number>();
    const onLoss = ({ reason, count }: CorrelationLoss): void =>
      void losses.set(reason, (losses.get(reason) ?? 0) + count);
    const correlator = createCorrelator(counting, { groupsMax: 10_000, onLoss });
    for (let index = 0; index < 200_000; index += 1) {
      const { event, matches } = anEvent(index, { timeMs: index / 1000, user: `made-up-${index}` });
      correlator.feed(event, matches);
    }
    expect(correlator.stats()).toMatchObject([{ groups: 10_000, entries: 10_000, losses: { evicted: 190_000 } }]);
    expect(losses).toEqual(new Map([["evicted", 190_000]]));
    const { upserts, removals } = correlator.takeDirtyGroups();
    expect([upserts.length, removals.length]).toEqual([10_000, 0]);
    expect(upserts[0]?.groupKey).toBe('["made-up-190000"]');
  });

  test("tells of the end of every group that was stored, and of no other", () => {
    const correlator = createCorrelator(counting, { groupsMax: 2 });
    const feed = (index: number, user: string): void => {
      const { event, matches } = anEvent(index, { timeMs: index, user });
      correlator.feed(event, matches);
    };
    feed(0, "x");
    correlator.takeDirtyGroups();
    for (const [index, user] of ["y", "z", "w"].entries()) feed(index + 1, user);
    expect(correlator.takeDirtyGroups().removals).toEqual([{ correlationId: "count", groupKey: '["x"]' }]);
    for (const [index, user] of ["z", "x", "z", "v"].entries()) feed(index + 4, user);
    const { upserts, removals } = correlator.takeDirtyGroups();
    expect(removals.map(({ groupKey }) => groupKey)).toEqual(['["w"]']);
    expect(upserts.map(({ groupKey }) => groupKey)).toEqual(['["z"]', '["v"]']);
  });

  test("of long ids fills memory no more than one of short ids: the oldest groups go, and are told", () => {
    const correlator = createCorrelator(counting, { entriesMax: 100 });
    for (let index = 0; index < 100; index += 1) {
      const { event, matches } = anEvent(index, { timeMs: index, user: `u${index}` });
      correlator.feed({ ...event, id: `${index}-${"x".repeat(1000)}` }, matches);
    }
    const [stats] = correlator.stats();
    expect(stats?.groups).toBeLessThan(26);
    expect(stats?.losses.evicted).toBe(100 - (stats?.groups ?? 0));
  });

  test("of values in one event is cut, and told", () => {
    const valued = { correlations: everything.correlations.filter(({ name }) => name === "values") };
    const correlator = createCorrelator(valued, { entriesPerGroupMax: 50 });
    for (let index = 0; index < 10; index += 1) {
      const { event, matches } = anEvent(index, { timeMs: index, user: "u" });
      const word = Array.from({ length: 60 }, (_, value) => `${index}-${value}`);
      correlator.feed({ ...event, fields: { ...event.fields, word } }, matches);
    }
    // Ten values of each event, and eight events whose values went beyond what a group may hold.
    expect(correlator.stats()).toMatchObject([{ entries: 2, losses: { truncated: 108 } }]);
  });
});

test("groups may live elsewhere: a store of one's own is asked for every event", () => {
  const asked: string[] = [];
  const correlator = createCorrelator(everything, {
    openStore: (rule, limits) => {
      const table = createGroupTable(rule, limits);
      const take: typeof table.take = (key, entry, now) => {
        asked.push(`${rule.key} ${key} ${entry.ids.join()}`);
        return table.take(key, entry, now);
      };
      return {
        get groups() {
          return table.groups;
        },
        get entries() {
          return table.entries;
        },
        take,
        sweep: (clockMs, tell) => table.sweep(clockMs, tell),
        takeDirty: () => table.takeDirty(),
        restore: (groups) => table.restore(groups),
      };
    },
  });
  const { event, matches } = anEvent(0, { timeMs: 0, user: "X", kind: "c" });
  correlator.feed(event, matches);
  expect(asked).toEqual(
    ["values", "together", "in-order", "extended", "median", "chain"].map((key) => `${key} x evt_0`),
  );
});
