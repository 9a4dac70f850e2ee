/**
 * What spans cost: `node_modules/.bin/node --conditions=@tyr/source bench/trace.ts`.
 * The same batches of the same events through the shipped rules, in turns: without a word about spans, with spans switched off, and
 * with spans sent to a collector in the same process, whose work counts too. CPU of the process, microseconds per event; and what one call of `traced` costs when off.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { loadRulePack } from "../packages/server/src/pipeline/detect/rule-pack.ts";
import { createEvaluator, type EvaluatedEvent } from "../packages/server/src/pipeline/detect/evaluate.ts";
import type { NewDetection } from "../packages/server/src/pipeline/detect/detection.ts";
import { noteWritten, tracedEvaluation } from "../packages/server/src/pipeline/detect/trace-batch.ts";
import { silentLogger } from "../packages/server/src/platform/log/index.ts";
import { startTracing, traced } from "../packages/server/src/platform/trace/index.ts";

const BATCH = 1_000;
const BATCHES = 20;
const ROUNDS = 9;
const CALLS = 5_000_000;

const pack = loadRulePack(fileURLToPath(new URL("../rules", import.meta.url)));
const at = Date.UTC(2026, 1, 1);
const events = Array.from({ length: BATCH }, (_, index): EvaluatedEvent => {
  const ip = `203.0.113.${index % 250}`;
  const time = new Date(at + index * 1_000);
  const path = index % 50 === 0 ? "/.env" : `/page${index}`;
  const ecs = { "source.ip": ip, "url.path": path, "url.original": path, "http.request.method": "GET" };
  const from = { kind: "http_request", src: { ip, port: 4000 }, user: null, sensorId: "snr_1" } as const;
  const logsource = { category: "webserver" };
  return { id: `evt_${index}` as const, time, observedAt: time, ...from, logsource, fields: {}, ecs, raw: "" };
});

const collector = createServer((request, response) => {
  request.resume().on("end", () => response.end("{}"));
}).listen(0, "127.0.0.1");
await once(collector, "listening");
const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;

type Way = "plain" | "off" | "on";
const WAYS: readonly Way[] = ["plain", "off", "on"];

async function batch(way: Way, evaluate: () => Promise<NewDetection[]>): Promise<void> {
  if (way === "plain") return void (await evaluate());
  await traced("ttp.worker.tick", async () => {
    const fresh = await tracedEvaluation(BATCH, evaluate);
    await traced("ttp.tag.write", async () => await Promise.resolve(noteWritten({ fresh })));
    traced("ttp.bus.publish", () => undefined);
  });
}

/** @returns microseconds of CPU per event */
async function round(way: Way): Promise<number> {
  const tracing = await startTracing({ url: way === "on" ? url : undefined, version: "bench", log: silentLogger });
  const evaluator = createEvaluator(pack);
  const evaluate = async (): Promise<NewDetection[]> =>
    await Promise.resolve(events.flatMap((event) => evaluator.evaluate(event)));
  const before = process.cpuUsage();
  for (let index = 0; index < BATCHES; index += 1) await batch(way, evaluate);
  await tracing[Symbol.asyncDispose]();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (BATCH * BATCHES);
}

const took: Record<Way, number[]> = { plain: [], off: [], on: [] };
for (const way of WAYS) await round(way);
for (let turn = 0; turn < ROUNDS; turn += 1)
  for (let place = 0; place < WAYS.length; place += 1) {
    const way = WAYS[(turn + place) % WAYS.length] ?? "plain";
    took[way].push(await round(way));
  }

collector.closeAllConnections();
collector.close();
let sum = 0;
const work = (): number => (sum += 1);
const started = performance.now();
for (let call = 0; call < CALLS; call += 1) traced("ttp.eval", work);
const nsPerCall = ((performance.now() - started) * 1e6) / CALLS;

const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
const [plain, off, on] = WAYS.map((way) => median(took[way]));
console.log(
  JSON.stringify({ microsecondsPerEvent: { plain, off, on }, nanosecondsPerCallWhenOff: nsPerCall }, null, 2),
);
