/**
 * Events per second from HTTP to stored and detected, memory, and the time from accepted to detection visible.
 *
 *     node_modules/.bin/node --conditions=@tyr/source bench/ingest.ts [--seconds 30] [--postgres URL] [--rate N]
 *
 * Starts the real server in a process of its own, sends batches of 500 lines over four connections as fast as they are
 * acknowledged (or at --rate), rules on. Traps: the sender shares the machine's cores with the server; a batch is one
 * HTTP request, so many tiny requests would measure HTTP instead; addresses vary, or correlation would see one group;
 * a first start builds the database and is not measured. Latency is measured with marker attackers: one line in each
 * batch comes from an address that fires a rule by itself, and the detection is polled for.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { clientOf, setUp, startServer } from "../packages/server/test/server-process.ts";
import { catchUp } from "./catch-up.ts";
import { line, marker } from "./lines.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    postgres: { type: "string" },
    rate: { type: "string" },
    lines: { type: "string", default: "500" },
  },
});
const seconds = Number(values.seconds);
const linesPerBatch = Number(values.lines);
const CONNECTIONS = 4;

const percentile = (sorted: readonly number[], p: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? Number.NaN;

async function main(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "tyr-bench-"));
  const env: Record<string, string> = values.postgres === undefined ? {} : { TYR_DATABASE_URL: values.postgres };
  const first = await startServer({ dataDir, args: ["--no-sample"], env });
  const admin = await setUp(first);
  const { token = "" } = await admin.call("session.login", {
    body: { name: "alice", password: "the kettle sang at noon", token: true },
  });
  const { key } = await admin.call("sensor.create", { body: { name: "bench", kind: "custom" } });
  await first.stop();
  await using server = await startServer({ dataDir, args: ["--no-sample"], env });
  const client = clientOf(server.url, token);

  let counter = 0;
  let markers = 0;
  let accepted = 0;
  let refused = 0;
  const cpuBefore = server.cpuSeconds();
  const latencies: number[] = [];
  const pending = new Map<string, number>();
  const began = performance.now();
  const until = began + seconds * 1000;

  const sender = async (): Promise<void> => {
    while (performance.now() < until) {
      if (values.rate !== undefined && accepted > (Number(values.rate) * (performance.now() - began)) / 1000) {
        await sleep(5);
        continue;
      }
      const now = new Date();
      const mark = marker(markers++, now);
      const lines = Array.from({ length: linesPerBatch - 1 }, () => line(counter++, now));
      const response = await fetch(`${server.url}/api/v1/events`, {
        method: "POST",
        headers: { "x-tyr-key": key, "content-type": "text/plain" },
        body: [...lines, mark.text].join("\n"),
      });
      await response.arrayBuffer();
      if (response.status === 429) {
        refused += 1;
        await sleep(Number(response.headers.get("retry-after") ?? 1) * 1000);
        continue;
      }
      if (!response.ok) throw new Error(`intake answered ${response.status}`);
      accepted += linesPerBatch;
      pending.set(mark.ip, performance.now());
    }
  };

  /** Follows the live feed's truth by polling detections newest first; its own period is the resolution of the latency. */
  const watch = new AbortController();
  const watcher = async (): Promise<void> => {
    while (!watch.signal.aborted) {
      const { items } = await client.call("detection.list", { query: { limit: 100 } });
      const seen = performance.now();
      for (const { actorIp } of items) {
        const at = actorIp === null ? undefined : pending.get(actorIp);
        if (at === undefined || actorIp === null) continue;
        latencies.push(seen - at);
        pending.delete(actorIp);
      }
      await sleep(50);
    }
  };

  const watched = watcher();
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  const sentMs = performance.now() - began;
  const caughtUpMs = await catchUp(client);
  await sleep(300);
  watch.abort();
  await watched;
  const sorted = latencies.toSorted((a, b) => a - b);
  const result = {
    engine: values.postgres === undefined ? "pglite" : "postgres",
    seconds,
    linesPerBatch,
    rate: values.rate ?? "as fast as acknowledged",
    acceptedEvents: accepted,
    acceptedPerSecond: Math.round(accepted / (sentMs / 1000)),
    detectedPerSecond: Math.round(accepted / ((sentMs + (caughtUpMs["detect"] ?? 0)) / 1000)),
    allDonePerSecond: Math.round(accepted / ((sentMs + Math.max(...Object.values(caughtUpMs))) / 1000)),
    refusedBatches: refused,
    caughtUpMs,
    latencyMs: {
      samples: sorted.length,
      p50: Math.round(percentile(sorted, 50)),
      p95: Math.round(percentile(sorted, 95)),
      p99: Math.round(percentile(sorted, 99)),
      unseen: pending.size,
    },
    cpuMicrosPerEvent: Math.round(((server.cpuSeconds() - cpuBefore) * 1e6) / accepted),
    rssEndMiB: Math.round(server.rssBytes() / 1024 / 1024),
    rssPeakMiB: Math.round(server.rssPeakBytes() / 1024 / 1024),
  };
  console.log(JSON.stringify(result, null, 2));
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

await main();
