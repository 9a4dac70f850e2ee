import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { silentLogger } from "#platform/log";
import { isTracing, traced } from "./spans.ts";
import { startTracing } from "./start-tracing.ts";

async function openCollector(): Promise<Readonly<{ url: string; got: string[] }>> {
  const got: string[] = [];
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      got.push(`${request.method} ${request.url} ${await text(request)}`);
      response.end("{}");
    };
    void answer();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`, got };
}

test("spans reach a collector over OTLP/HTTP at the latest when tracing ends, and none is made before or after", async () => {
  const { url, got } = await openCollector();
  const tracing = await startTracing({ url, version: "1.2.3", log: silentLogger });
  expect(isTracing()).toBe(true);
  await traced("ttp.worker.tick", async () => await Promise.resolve(), { worker: "detect", events: 12 });
  await tracing[Symbol.asyncDispose]();
  expect(isTracing()).toBe(false);
  expect(got).toHaveLength(1);
  expect(got[0]).toMatch(/^POST \/v1\/traces \{/);
  for (const part of ['"service.version"', '"1.2.3"', '"ttp.worker.tick"', '"events"']) expect(got[0]).toContain(part);
});

test("without a collector nothing is made and nothing loaded", async () => {
  await using _ = await startTracing({ url: undefined, version: "1.2.3", log: silentLogger });
  expect(isTracing()).toBe(false);
});

test("a collector that refuses is told of once, without its answer, and breaks nothing", async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(400).end("hunter2");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const tracing = await startTracing({ url, version: "1.2.3", log });
  expect(traced("ttp.eval", () => 1)).toBe(1);
  await tracing[Symbol.asyncDispose]();
  expect(lines.filter((line) => line.includes("takes no spans"))).toHaveLength(1);
  expect(lines.join("")).not.toContain("hunter2");
});
