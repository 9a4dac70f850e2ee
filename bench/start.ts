/**
 * How long a start takes, from spawn to a readiness route that answers 200, and the memory of it.
 *
 *     node_modules/.bin/node --conditions=@tyr/source bench/start.ts [--repetitions 5]
 *
 * Each repetition: a first start on an empty directory (it builds the database and replays the sample), an orderly stop once
 * the sample has gone through every stage, a second start on the same directory, SIGKILL, and a third start, which recovers.
 * Traps: the first start's replay goes on after it is ready, so the directory is left alone until nothing lags, or the second
 * start would measure the rest of the replay; the files are in the page cache, a start after a boot reads them from disk; the
 * program runs from sources (type stripping), as `npm start` does; resident memory is taken once at readiness and its peak (VmHWM)
 * at the end of that process, so that the replay's memory is in the first start's peak.
 */
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import {
  login,
  settled,
  setUp,
  startServer,
  temporaryDirectory,
  type ServerProcess,
} from "../packages/server/test/server-process.ts";

const { values } = parseArgs({ options: { repetitions: { type: "string", default: "5" } } });
const repetitions = Number(values.repetitions);
/** Resolution of the measured time. */
const POLL_MS = 10;
const READY_LIMIT_MS = 60_000;

type Start = Readonly<{ readyMs: number; rssMiB: number; peakMiB: number }>;
type Kind = "first start" | "second start" | "start after SIGKILL";

const mebibytes = (bytes: number) => Math.round(bytes / 1024 / 1024);

function peakBytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

async function untilReady(url: string): Promise<void> {
  const limit = performance.now() + READY_LIMIT_MS;
  for (;;) {
    const response = await fetch(`${url}/health/ready`);
    await response.arrayBuffer();
    if (response.status === 200) return;
    if (performance.now() > limit) throw new Error(`not ready after ${READY_LIMIT_MS} ms: ${response.status}`);
    await sleep(POLL_MS);
  }
}

type Use = (server: ServerProcess) => Promise<unknown>;

/** Starts, waits for readiness, works with the server, ends it. */
async function measure(dataDir: string, use: Use, end: Use): Promise<Start> {
  const began = performance.now();
  await using server = await startServer({ dataDir });
  await untilReady(server.url);
  const readyMs = performance.now() - began;
  const rssBytes = server.rssBytes();
  await use(server);
  const peakMiB = mebibytes(peakBytes(server.pid));
  await end(server);
  return { readyMs, rssMiB: mebibytes(rssBytes), peakMiB };
}

/** Until the sample has been read and every stage has caught up. */
async function replayed(server: ServerProcess): Promise<void> {
  const admin = await setUp(server);
  for (;;) {
    await settled(admin);
    const { imports } = await admin.call("status.get", {});
    if (imports.length > 0) return;
    await sleep(POLL_MS);
  }
}

/** Proof that it serves what was stored before, and not an empty store. */
async function serves(server: ServerProcess): Promise<void> {
  const { items } = await (await login(server.url, "alice")).call("incident.list", { query: { limit: 1 } });
  if (items.length === 0) throw new Error("no incident after a restart: what the sample gave is not there");
}

async function repetition(): Promise<Record<Kind, Start>> {
  using directory = temporaryDirectory();
  const stop: Use = async (server) => await server.stop();
  return {
    "first start": await measure(directory.path, replayed, stop),
    "second start": await measure(directory.path, serves, async (server) => await server.kill()),
    "start after SIGKILL": await measure(directory.path, serves, stop),
  };
}

function spread(numbers: readonly number[]): Readonly<{ min: number; median: number; max: number }> {
  const sorted = numbers.toSorted((a, b) => a - b).map(Math.round);
  return { min: sorted[0] ?? NaN, median: sorted[Math.floor(sorted.length / 2)] ?? NaN, max: sorted.at(-1) ?? NaN };
}

const runs: Record<Kind, Start>[] = [];
while (runs.length < repetitions) runs.push(await repetition());
const kinds: readonly Kind[] = ["first start", "second start", "start after SIGKILL"];
const results = kinds.map((kind) => {
  const starts = runs.map((run) => run[kind]);
  const readyMs = spread(starts.map((one) => one.readyMs));
  const rssAtReadyMiB = spread(starts.map((one) => one.rssMiB));
  const rssPeakMiB = spread(starts.map((one) => one.peakMiB));
  return [kind, { readyMs, rssAtReadyMiB, rssPeakMiB }];
});
console.log(
  JSON.stringify({ repetitions, node: process.version, load: loadavg(), ...Object.fromEntries(results) }, null, 2),
);
