import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { loadRules } from "@tyr/sigma";
import { run } from "../run.ts";
import { fakeWorld, temporaryDirectory } from "../testing/fake-world.ts";
import { LineSplitter } from "./line-splitter.ts";
import { PooledMeasurement } from "./measure-in-workers.ts";
import { Measurement, type Measuring, type Routing } from "./measure-rules.ts";

const files = [
  {
    path: "r.yml",
    text: `
title: Shadow
logsource: { product: cowrie }
detection: { selection: { input|contains: shadow }, condition: selection }
`,
  },
];
const ruleSet = loadRules(files);
const loaded = { ruleSet, texts: { files }, fileCount: 1, loadMs: 0 };
const losses: string[] = [];
let open: PooledMeasurement | undefined;
afterEach(async () => await open?.[Symbol.asyncDispose]());

const command = (input: string) => JSON.stringify({ eventid: "cowrie.command.input", input });
const some = [command("cat /etc/shadow"), '{"cut":', "x".repeat(200), '{"input":"shadow"}', "", command("ls"), "[1]"];
const many = Array.from({ length: 700 }, () => some).flat();

async function played(measuring: Measuring) {
  async function* chunks() {
    const splitter = new LineSplitter(100);
    for (let from = 0; from < many.length; from += 90)
      yield splitter.push(
        Buffer.from(
          many
            .slice(from, from + 90)
            .map((line) => `${line}\n`)
            .join(""),
        ),
      );
    yield await Promise.resolve(splitter.end());
  }
  const progress: number[] = [];
  const round = await measuring.round(chunks(), (events) => {
    progress.push(events);
  });
  const counts = { ...round, seconds: 0, routeSeconds: 0, matchSeconds: 0 };
  return { counts, last: progress.at(-1), byRule: [...measuring.matchesByRule].map(([{ title }, n]) => [title, n]) };
}

test.each<Routing>([{ kind: "table" }, { kind: "none" }, { kind: "fixed", logsource: { product: "cowrie" } }])(
  "threads count what one thread counts, routed by $kind",
  async (routing) => {
    open = await PooledMeasurement.start(loaded, { routing, workers: 2, onLoss: (text) => losses.push(text) });
    const expected = await played(new Measurement(ruleSet, routing));
    expect(expected.counts).toMatchObject({ firstUnreadable: 2 });
    expect(expected.counts.matches).toBeGreaterThan(600);
    expect(await played(open)).toEqual(expected);
    expect(losses).toEqual([]);
  },
);

test("threads that come to other rules are an error that says so", async () => {
  const other = { ...loaded, texts: { files: [] } };
  const start = PooledMeasurement.start(other, {
    routing: { kind: "none" },
    workers: 1,
    onLoss: (text) => losses.push(text),
  });
  await expect(start).rejects.toMatchObject({ code: "SIGMA_POOL_BROKEN" });
  expect(losses[0]).toContain("other rules");
});

test("tyr rule bench --workers says what it found, on how many threads, and no figure that nobody took", async () => {
  const home = await temporaryDirectory();
  const rule = path.join(home, "r.yml");
  const events = path.join(home, "e.ndjson");
  await writeFile(rule, files.map(({ text }) => text).join(""));
  await writeFile(events, `${command("cat /etc/shadow")}\n${command("ls")}\n{"cut":\n`);
  const world = await fakeWorld({ argv: ["rule", "bench", rule, events, "--workers", "2", "--rounds", "2", "--json"] });
  expect(await run(world, "0")).toBe(0);
  expect(world.err()).toContain("1 lines could not be read, first line 3");
  const expected = { workers: 2, rules: 1, events: 2, matches: 1, unreadable: 1, rounds: 2, matchSeconds: null };
  expect(JSON.parse(world.out())).toMatchObject({ ...expected, top: [{ title: "Shadow", matches: 1 }] });
  const none = await fakeWorld({ argv: ["rule", "bench", rule, events, "--workers", "0"] });
  expect([await run(none, "0"), none.err()]).toEqual([2, expect.stringContaining("--workers 0 is not usable")]);
});
