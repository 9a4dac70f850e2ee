import { readFileSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCorrelator, type CorrelationHit } from "../correlate/correlator.ts";
import type { RuleSet } from "../load.ts";
import { createEngine } from "../match/engine.ts";
import type { SigmaEvent } from "../match/event.ts";
import type { LineBatch } from "./line-batch.ts";
import { createMatchPool, type MatchPool } from "./match-pool.ts";
import { feedMatched, type MatchedLine, matchedLines } from "./matched-lines.ts";
import { loadRuleTexts, type RuleTexts } from "./rule-texts.ts";
import { spawn, spawnHere, startThread } from "./testing/spawn.ts";
import { nodePort } from "./worker-port.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A line's time is in its own field here; a line that matched is read as far as the rules went, perhaps not to its end. */
function eventOf({ number, bytes }: Pick<MatchedLine, "number" | "bytes">): SigmaEvent | undefined {
  try {
    const fields = JSON.parse(decoder.decode(bytes)) as Readonly<Record<string, unknown>>;
    return { id: `e${number}`, timeMs: Number(fields["at"]) * 1000, logsource: {}, fields };
  } catch {
    return undefined;
  }
}

/** Matches as `line rule`, and what correlations made of them. */
type Findings = Readonly<{
  matches: readonly string[];
  unreadable: readonly number[];
  hits: readonly CorrelationHit[];
}>;

function withoutThreads(ruleSet: RuleSet, lines: readonly Uint8Array[]): Findings {
  const engine = createEngine(ruleSet, { routing: "none" });
  const correlator = createCorrelator(ruleSet);
  const matches: string[] = [];
  const unreadable: number[] = [];
  const hits: CorrelationHit[] = [];
  for (const [number, bytes] of lines.entries()) {
    try {
      const found = engine.matchLine(bytes, { id: `e${number}`, logsource: {} });
      matches.push(...found.map(({ rule }) => `${number} ${rule.key}`));
      const event = eventOf({ number, bytes });
      if (event !== undefined) hits.push(...correlator.feed(event, found));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      unreadable.push(number);
    }
  }
  return { matches, unreadable, hits };
}

async function withThreads(pool: MatchPool, ruleSet: RuleSet, batches: Iterable<LineBatch>): Promise<Findings> {
  const correlator = createCorrelator(ruleSet);
  const matches: string[] = [];
  const unreadable: number[] = [];
  const hits: CorrelationHit[] = [];
  let before: number | undefined;
  for await (const outcome of pool.run(batches)) {
    if (!outcome.ok) throw outcome.error;
    // Pools are used again here: lines are counted from the first of this run.
    const first = (before ??= outcome.range.firstLine);
    const found = [...matchedLines(outcome, ruleSet)].map((line) => ({ ...line, number: line.number - first }));
    matches.push(...found.flatMap(({ number, rules }) => rules.map(({ key }) => `${number} ${key}`)));
    unreadable.push(...[...outcome.unreadable].map((position) => outcome.range.firstLine - first + position));
    hits.push(...feedMatched(correlator, found, eventOf));
  }
  return { matches, unreadable, hits };
}

/** Cut into batches of these sizes, over and over. */
function cut(lines: readonly Uint8Array[], sizes: readonly number[]): readonly LineBatch[] {
  const batches: LineBatch[] = [];
  for (let from = 0; from < lines.length;) {
    const size = sizes[batches.length % sizes.length] ?? 1;
    batches.push({ lines: lines.slice(from, from + size) });
    from += size;
  }
  return batches;
}

const base = ["a", "b", "c"].map((name) => ({
  title: name,
  name,
  logsource: { category: "test" },
  detection: { sel: { kind: name }, condition: "sel" },
}));
const correlations = [
  { type: "event_count", rules: ["a"], condition: { gte: 3 } },
  { type: "value_count", rules: ["a", "b"], condition: { field: "word", gte: 3 } },
  { type: "temporal", rules: ["a", "b", "c"], condition: { gte: 2 } },
  { type: "temporal_ordered", rules: ["a", "b", "c"] },
  { type: "value_sum", rules: ["a", "b"], condition: { field: "n", gt: 5 } },
  { type: "value_median", rules: ["a"], condition: { field: "n", eq: 2 } },
].map((section, index) => ({
  title: `corr ${index}`,
  name: `corr${index}`,
  correlation: { "group-by": ["user"], timespan: "10s", ...section },
}));
const chain = {
  title: "chain",
  name: "chain",
  correlation: { type: "temporal_ordered", rules: ["corr0", "b"], "group-by": ["user"], timespan: "10s" },
};
const rules: RuleTexts = {
  files: [...base, ...correlations, chain].map((document, index) => ({
    path: `${index}.yml`,
    text: JSON.stringify(document),
  })),
};
const ruleSet = loadRuleTexts(rules);

const step = fc.record({
  at: fc.integer({ min: 0, max: 60 }),
  kind: fc.constantFrom("a", "b", "c", "d"),
  user: fc.constantFrom("x", "y", "Y"),
  n: fc.integer({ min: 0, max: 4 }),
  word: fc.constantFrom("u", "v", "w", "ü"),
});
const line = fc.oneof(
  { weight: 12, arbitrary: step.map((fields) => JSON.stringify(fields)) },
  { weight: 1, arbitrary: fc.constantFrom("", "{", "[]", '{"kind":"a"', '{"kind":"a"}x', "null", '"a"') },
);
const stream = fc.array(line, { maxLength: 60 }).map((texts) => texts.map((text) => encoder.encode(text)));
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });

describe.each([1, 2, 3])("%d workers", (workers) => {
  let pool: MatchPool;
  beforeAll(async () => {
    pool = createMatchPool({ spawn, workers, rules, ruleSet, routing: { by: "nothing" } });
    await pool.loaded();
  });
  afterAll(async () => await pool.close());

  test("find what one thread finds, in its order, with every correlation, whatever the sizes of batches", async () => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(stream, sizes, async (lines, batchSizes) => {
        const expected = withoutThreads(ruleSet, lines);
        hits += expected.hits.length;
        expect(await withThreads(pool, ruleSet, cut(lines, batchSizes))).toEqual(expected);
      }),
      { numRuns: 200 },
    );
    expect(hits).toBeGreaterThan(100);
  });

  test("of which some are killed in mid-run find the same", async () => {
    const kill = fc.array(fc.tuple(fc.nat(30), fc.nat(workers - 1)), { minLength: 1, maxLength: 2 });
    let killed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 80 }), kill, async (steps, kills) => {
        const lines = steps.map((fields) => encoder.encode(JSON.stringify(fields)));
        const threads: Worker[] = [];
        const start = (): Worker => threads[threads.push(startThread()) - 1] ?? startThread();
        await using victim = createMatchPool({
          spawn: () => nodePort(start()),
          workers,
          rules,
          ruleSet,
          routing: { by: "nothing" },
          onLoss: () => void (killed += 1),
        });
        await victim.loaded();
        function* source(): Generator<LineBatch> {
          for (const [number, batch] of cut(lines, [2]).entries()) {
            for (const [at, which] of kills) if (at === number) void threads.toReversed()[which]?.terminate();
            yield batch;
          }
        }
        expect(await withThreads(victim, ruleSet, source())).toEqual(withoutThreads(ruleSet, lines));
      }),
      { numRuns: 4 },
    );
    expect(killed).toBeGreaterThan(0);
  });
});

type Vector = Readonly<{
  id: string;
  rules: string;
  events: readonly Readonly<{ ts: number; event: Readonly<Record<string, unknown>> }>[];
}>;
type Detection = Readonly<{ id: string; rule: string; event: object; config?: object }>;

function vectors(name: string): unknown {
  const file = readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8");
  return (JSON.parse(file) as { vectors: unknown }).vectors;
}

describe("the vectors", () => {
  const both = [...(vectors("tyr-correlation") as Vector[]), ...(vectors("sigma-correlation") as Vector[])];

  test.each(both)("$id: correlated as by one thread", async ({ rules: text, events }) => {
    const texts = { files: [{ path: "vector.yml", text }] };
    const set = loadRuleTexts(texts);
    const lines = events.map(({ ts, event }) => encoder.encode(JSON.stringify({ ...event, at: ts })));
    const routing = { by: "nothing" } as const;
    await using pool = createMatchPool({ spawn: spawnHere, workers: 2, rules: texts, ruleSet: set, routing });
    expect(await withThreads(pool, set, cut(lines, [1, 2]))).toEqual(withoutThreads(set, lines));
  });

  test("of single events: every rule on every event, as by one thread", async () => {
    const all = (vectors("sigma-detection") as Detection[]).filter(({ config }) => config === undefined);
    const texts = {
      files: all.map(({ id, rule }) => ({ path: `${id}.yml`, text: rule.replaceAll(/^(id|name):.*$/gm, "") })),
    };
    const set = loadRuleTexts(texts);
    expect(set.rules.length).toBeGreaterThan(300);
    const lines = all.map(({ event }) => encoder.encode(JSON.stringify(event)));
    const routing = { by: "nothing" } as const;
    await using pool = createMatchPool({ spawn, workers: 2, rules: texts, ruleSet: set, routing });
    const found = await withThreads(pool, set, cut(lines, [7, 40]));
    expect(found.matches.length).toBeGreaterThan(300);
    expect(found).toEqual(withoutThreads(set, lines));
  });
});
