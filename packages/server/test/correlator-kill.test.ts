import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createCorrelator, createEngine, loadRules } from "@tyr/sigma";
import { expect, test } from "vitest";
import { correlationRules, generator, type SavedStream, stream } from "./correlator-stream.ts";
import { temporaryDirectory } from "./server-process.ts";

const KILLS = 50;
const SAVE_EVERY = 7;
/** A failing run is repeated with the seed it printed: TYR_KILL_SEED=n. The moments are then drawn alike. */
const SEED = Number(process.env["TYR_KILL_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const child = fileURLToPath(new URL("correlator-child.ts", import.meta.url));

type Run = Readonly<{ exited: Promise<unknown>; kill: () => void; code: () => number | null }>;

function start(folder: string): Run {
  const args = ["--conditions=@tyr/source", child, folder, String(SAVE_EVERY)];
  const process_ = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const exited = once(process_, "exit");
  return { exited, kill: () => void process_.kill("SIGKILL"), code: () => process_.exitCode };
}

function savedIn(folder: string): SavedStream | undefined {
  const file = join(folder, "state.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as SavedStream) : undefined;
}

/** Lets it run until it saved beyond where it began, then a moment more: between two saves, or in the middle of one. */
async function killInMidStream(folder: string, momentMs: number): Promise<number> {
  const before = savedIn(folder)?.position ?? 0;
  const run = start(folder);
  while (run.code() === null && (savedIn(folder)?.position ?? 0) <= before) await sleep(1);
  await sleep(momentMs);
  run.kill();
  await run.exited;
  expect(run.code(), "it was killed and did not end by itself").toBe(null);
  return savedIn(folder)?.position ?? 0;
}

function undisturbed(): SavedStream["hits"] {
  const ruleSet = loadRules([{ path: "rules.yml", text: correlationRules }]);
  const engine = createEngine(ruleSet);
  const correlator = createCorrelator(ruleSet);
  return stream().flatMap((event) =>
    correlator.feed(event, engine.match(event)).map(({ rule, ...hit }) => ({ rule: rule.key, ...hit })),
  );
}

test(`a correlator killed ${KILLS} times in mid-window finds what an undisturbed one finds (seed ${SEED})`, async () => {
  using directory = temporaryDirectory();
  const folder = directory.path;
  const next = generator(SEED);
  const positions: number[] = [];
  while (positions.length < KILLS) positions.push(await killInMidStream(folder, next(15)));
  // Every life got further than the one before, and none to the end: all kills fell into the stream.
  expect(positions.every((position, index) => position > (positions[index - 1] ?? 0))).toBe(true);
  expect(positions.at(-1)).toBeLessThan(stream().length);
  expect(savedIn(folder)?.groups.length).toBeGreaterThan(10);

  const last = start(folder);
  await last.exited;
  expect(last.code()).toBe(0);
  const expected = undisturbed();
  expect(new Set(expected.map(({ rule }) => rule)).size).toBe(5);
  expect(savedIn(folder)?.hits).toEqual(expected);
});
