import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createEngine } from "../match/engine.ts";
import { routeEvent, unroutedLogsource } from "../route/router.ts";
import type { LineBatch } from "./line-batch.ts";
import {
  type BatchOutcome,
  createMatchPool,
  type MatchPool,
  type MatchPoolOptions,
  type WorkerLoss,
} from "./match-pool.ts";
import { matchedLines } from "./matched-lines.ts";
import { loadRuleTexts, type RuleTexts } from "./rule-texts.ts";
import { spawn, spawnHere, startThread } from "./testing/spawn.ts";
import { nodePort } from "./worker-port.ts";

const rule = (name: string) => ({
  path: `${name}.yml`,
  text: JSON.stringify({
    title: name,
    name,
    logsource: { category: "test" },
    detection: { selection: { "word|contains": name }, condition: "selection" },
  }),
});
const rules: RuleTexts = { files: ["alpha", "beta", "gamma"].map(rule) };
const ruleSet = loadRuleTexts(rules);
const encoder = new TextEncoder();
const lineOf = (word: string): Uint8Array => encoder.encode(JSON.stringify({ word }));
const batchOf = (...words: readonly string[]): LineBatch => ({ lines: words.map(lineOf) });

let pools: MatchPool[] = [];
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const pool of pools) await pool.close();
  pools = [];
});

function aPool(options: Partial<MatchPoolOptions> = {}): MatchPool {
  const pool = createMatchPool({ spawn, workers: 1, rules, ruleSet, routing: { by: "nothing" }, ...options });
  pools.push(pool);
  return pool;
}

async function outcomes(
  pool: MatchPool,
  batches: Iterable<LineBatch> | AsyncIterable<LineBatch>,
): Promise<readonly BatchOutcome[]> {
  const all: BatchOutcome[] = [];
  for await (const outcome of pool.run(batches)) all.push(outcome);
  return all;
}

/** `0 alpha,beta`: which rules hold for which line of the input. */
function told(all: readonly BatchOutcome[], set = ruleSet): readonly string[] {
  return all.flatMap((outcome) =>
    outcome.ok
      ? [...matchedLines(outcome, set)].map(
          ({ number, rules: held }) => `${number} ${held.map(({ key }) => key).join()}`,
        )
      : `${outcome.range.firstLine}+${outcome.range.lineCount} ${outcome.error.code}`,
  );
}

describe("a pool", () => {
  test("names lines by their place in the whole input, and their rules in rule order", async () => {
    const all = await outcomes(aPool({ workers: 2 }), [
      batchOf("x", "beta alpha"),
      batchOf(),
      batchOf("gamma", "y", "alpha"),
    ]);
    expect(told(all)).toEqual(["1 alpha,beta", "2 gamma", "4 alpha"]);
    expect(all.map(({ range }) => range)).toEqual([
      { firstLine: 0, lineCount: 2 },
      { firstLine: 2, lineCount: 0 },
      { firstLine: 2, lineCount: 3 },
    ]);
  });

  test("reports each line that is no JSON object and judges the others", async () => {
    const lines = ['{"word":', '{"word":"alpha"}', "[1]", "", '{"word":"beta"}'].map((text) => encoder.encode(text));
    const [outcome] = await outcomes(aPool(), [{ lines }]);
    expect(outcome).toMatchObject({ ok: true, unreadable: new Uint32Array([0, 2, 3]) });
    expect(told(outcome === undefined ? [] : [outcome])).toEqual(["1 alpha", "4 beta"]);
  });

  test("knows log sources by the fields of the event, as `routeEvent` does", async () => {
    const text = readFileSync(new URL("../route/testing/windows-events.ndjson", import.meta.url), "utf8");
    const lines = [...text.split("\n").filter((line) => line !== ""), '{"word":"alpha"}', "no JSON"];
    const windows: RuleTexts = {
      files: [
        { title: "Process", logsource: { category: "process_creation" }, selection: { "Image|contains": "windows" } },
        { title: "Security", logsource: { product: "windows", service: "security" }, selection: { EventID: "*" } },
      ].map(({ title, logsource, selection }) => ({
        path: `${title}.yml`,
        text: JSON.stringify({ title, name: title, logsource, detection: { selection, condition: "selection" } }),
      })),
    };
    const set = loadRuleTexts(windows);
    const pool = aPool({ rules: windows, ruleSet: set, workers: 2, routing: { by: "fields" } });
    const all = await outcomes(pool, [{ lines: lines.map((line) => encoder.encode(line)) }]);
    const engine = createEngine(set);
    const events = lines.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);
    const expected = events.flatMap((fields, number) => {
      const found = engine.match({ id: "e", timeMs: 0, logsource: routeEvent(fields), fields });
      return found.length === 0 ? [] : `${number} ${found.map(({ rule: { key } }) => key).join()}`;
    });
    expect(expected.length).toBeGreaterThan(5);
    expect(told(all, set)).toEqual(expected);
    const unrouted = events.filter((fields) => routeEvent(fields) === unroutedLogsource).length;
    expect(all).toMatchObject([{ unrouted, unreadable: new Uint32Array([lines.length - 1]) }]);
  });

  test("knows log sources by the caller's list, and refuses lines that name none of it", async () => {
    const routing = { by: "index", logsources: [{ product: "other" }, { category: ["x", "test"] }] } as const;
    const pool = aPool({ routing });
    const lines = [lineOf("alpha"), lineOf("alpha")];
    expect(told(await outcomes(pool, [{ lines, logsources: [0, 1] }]))).toEqual(["1 alpha"]);
    await expect(outcomes(pool, [{ lines, logsources: [0, 2] }])).rejects.toThrow(
      /line 1 of a batch names no log source/,
    );
    await expect(outcomes(pool, [{ lines }])).rejects.toThrow(RangeError);
  });

  test("loads rules through pipelines and placeholders as the caller does", async () => {
    const texts: RuleTexts = {
      files: [{ path: "p.yml", text: rule("%who%").text.replace("contains", "expand") }],
      pipelines: [
        {
          path: "names.yml",
          text: "name: n\ntransformations: [{ type: field_name_mapping, mapping: { word: term } }]\n",
        },
      ],
      placeholders: { who: ["alpha"] },
    };
    const set = loadRuleTexts(texts);
    const lines = ['{"word":"alpha"}', '{"term":"alpha"}'].map((text) => encoder.encode(text));
    expect(told(await outcomes(aPool({ rules: texts, ruleSet: set }), [{ lines }]), set)).toEqual(["1 %who%"]);
    expect(() => loadRuleTexts({ ...texts, pipelines: [{ path: "bad.yml", text: "transformations: 7" }] })).toThrow(
      /^bad\.yml:1: /,
    );
  });

  test("works where no memory can be shared", async () => {
    vi.stubGlobal("SharedArrayBuffer", undefined);
    expect(told(await outcomes(aPool(), [batchOf("alpha"), batchOf("x", "beta")]))).toEqual(["0 alpha", "2 beta"]);
  });

  test("takes no more batches than it may, however slow its reader is, and the source's memory may be used again", async () => {
    let taken = 0;
    const line = lineOf("alpha");
    function* source(): Generator<LineBatch> {
      for (; taken < 50; taken += 1) {
        line.set(lineOf(taken % 2 === 0 ? "alpha" : "nihil"));
        yield { lines: [line] };
      }
    }
    let delivered = 0;
    for await (const outcome of aPool({ spawn: spawnHere, workers: 2, batchesMax: 4 }).run(source())) {
      expect(taken - delivered).toBeLessThanOrEqual(4);
      expect(outcome).toMatchObject({ ok: true, lines: { length: delivered % 2 === 0 ? 1 : 0 } });
      delivered += 1;
      if (delivered % 10 === 0) await new Promise((resolve) => void setTimeout(resolve, 5));
    }
    expect(delivered).toBe(50);
  });

  test("refuses to be of no workers, and batches that are too large", async () => {
    expect(() => aPool({ workers: 0 })).toThrow("workers must be at least 1, not 0");
    const line = new Uint8Array(33 * 1024 * 1024);
    await expect(outcomes(aPool({ spawn: spawnHere }), [{ lines: [line, line] }])).rejects.toThrow(/split it/);
  });
});

describe("a worker that is lost", () => {
  const batches = [
    batchOf("alpha", "x"),
    batchOf("y", `poison${"-".repeat(5000)}`, "z"),
    batchOf("beta"),
    batchOf("gamma"),
  ];

  test.each([
    ["dies", { dieAt: "poison" }, "exit code 9"],
    ["throws", { throwAbove: 5000 }, "a worker of this test has no memory"],
    ["lies", { lieAt: "poison" }, "an answer that cannot be one"],
    ["hangs", { hangAt: "poison" }, "no answer within 2000 ms"],
  ])("because it %s costs nothing when a fresh one does better", async (_, mishap, reason) => {
    const losses: WorkerLoss[] = [];
    let started = 0;
    const pool = aPool({
      spawn: () => spawn((started += 1) === 1 ? mishap : {}),
      answerMsMax: 2000,
      onLoss: (loss) => losses.push(loss),
    });
    expect(told(await outcomes(pool, batches))).toEqual(["0 alpha", "5 beta", "6 gamma"]);
    expect(losses).toEqual([
      {
        reason: expect.objectContaining({ message: expect.stringContaining(reason) }),
        range: { firstLine: 2, lineCount: 3 },
        isRetried: true,
      },
    ]);
    expect(started).toBe(2);
  });

  test("twice over the same batch has that batch rejected, with its lines and the cause, and no other", async () => {
    const losses: WorkerLoss[] = [];
    const pool = aPool({ spawn: () => spawn({ dieAt: "poison" }), workers: 2, onLoss: (loss) => losses.push(loss) });
    const all = await outcomes(pool, [...batches, ...batches]);
    expect(told(all)).toEqual([
      "0 alpha",
      "2+3 SIGMA_BATCH_FAILED",
      "5 beta",
      "6 gamma",
      "7 alpha",
      "9+3 SIGMA_BATCH_FAILED",
      "12 beta",
      "13 gamma",
    ]);
    const [failed] = all.flatMap((outcome) => (outcome.ok ? [] : outcome.error));
    expect(failed?.message).toMatch(/^lines 2 to 4 were not matched/);
    expect(failed?.cause).toMatchObject({ message: expect.stringContaining("exit code 9") });
    const blamed = losses.map(({ range, isRetried }) => `${range?.firstLine} ${isRetried}`).toSorted();
    expect(blamed).toEqual(["2 false", "2 true", "9 false", "9 true"]);
  });

  test("while it owes nothing is replaced when there is work again", async () => {
    const threads: Worker[] = [];
    const losses: WorkerLoss[] = [];
    const start = (): Worker => threads[threads.push(startThread()) - 1] ?? startThread();
    const pool = aPool({ spawn: () => nodePort(start()), onLoss: (loss) => losses.push(loss) });
    await pool.loaded();
    await threads[0]?.terminate();
    expect(losses).toMatchObject([{ isRetried: false }]);
    expect(told(await outcomes(pool, [batchOf("alpha")]))).toEqual(["0 alpha"]);
    expect(threads.length).toBe(2);
  });
});

describe("workers that do not start", () => {
  test.each<[string, Partial<MatchPoolOptions>, RegExp]>([
    ["their file is missing", { spawn: () => nodePort(startThread({}, "nowhere.ts")) }, /Cannot find module/],
    ["they come to other rules", { rules: { files: [rule("alpha")] } }, /came to other rules/],
    ["the rules cannot travel", { rules: { ...rules, placeholders: { f: () => 1 } as never } }, /could not be cloned/],
    [
      "the rules do not load there",
      { rules: { ...rules, pipelines: [{ path: "p", text: "[" }] } },
      /^SyntaxError: p:1/,
    ],
  ])("because %s break the pool, which says why and answers for every batch", async (_, options, cause) => {
    const pool = aPool({ workers: 2, ...options });
    const all = await outcomes(pool, [batchOf("alpha"), batchOf("x", "y")]);
    expect(told(all)).toEqual(["0+1 SIGMA_POOL_BROKEN", "1+2 SIGMA_POOL_BROKEN"]);
    const [failed] = all.flatMap((outcome) => (outcome.ok ? [] : outcome.error));
    expect(failed?.cause).toMatchObject({ message: expect.stringMatching(cause) });
    await expect(pool.loaded()).rejects.toBe(failed);
  });
});

describe("closing", () => {
  test("ends every worker, and answers for what was under way", async () => {
    const threads = [startThread({ hangAt: "poison" }), startThread()];
    const exits = threads.map(async (thread) => await once(thread, "exit"));
    let started = 0;
    const pool = aPool({ spawn: () => nodePort(threads[started++] ?? startThread()), workers: 2 });
    await pool.loaded();
    const run = outcomes(pool, [batchOf("poison"), batchOf("x"), batchOf("poison"), batchOf("y")]);
    await new Promise((resolve) => void setTimeout(resolve, 50));
    await pool.close();
    await Promise.all(exits);
    const all = await run;
    expect(all).toHaveLength(4);
    expect(told(all).filter((line) => line.endsWith("SIGMA_POOL_CLOSED")).length).toBeGreaterThan(0);
    expect(started).toBe(2);
    await expect(outcomes(pool, [batchOf("z")])).rejects.toMatchObject({ code: "SIGMA_POOL_CLOSED" });
    await expect(pool.close()).resolves.toBeUndefined();
  });
});
