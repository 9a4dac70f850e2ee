import { readFileSync } from "node:fs";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, expect, test } from "vitest";
import { useTracer } from "#platform/trace";
import { AS, fakeServer, person } from "./testing/fake-server.ts";

const CANARY = "c4n4ry-in-a-path";

afterEach(() => void useTracer(undefined));

test("requests about techniques and rules are spans named after their route, with the code of a refusal and nothing of what was asked", async () => {
  const exporter = new InMemorySpanExporter();
  useTracer(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer("test"));
  const { app, callers, reached } = await fakeServer();
  callers.set("ada", person("ada", new Set(["detection:read", "overview:read", "incident:read", "actor:read"])));
  for (const url of [`/api/v1/ttp/by-session/${CANARY}`, "/api/v1/ttp/techniques", "/api/v1/incidents"])
    await app.inject({ url, headers: { [AS]: "ada" } });
  await app.close();
  expect(reached).toContain("ttp.bySession");

  const spans = exporter.getFinishedSpans().map(({ name, attributes }) => [name, attributes]);
  expect(spans).toEqual([
    ["api.ttp.bySession", { error_code: "NOT_FOUND" }],
    ["api.ttp.techniques", { error_code: "NOT_FOUND" }],
  ]);
  expect(JSON.stringify(spans)).not.toContain(CANARY);
  const page = readFileSync(new URL("../../../../docs/reference/traces.md", import.meta.url), "utf8");
  expect(page).toContain("`api.ttp.{operation}`");
});
