import { readFileSync } from "node:fs";
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createBus, createTopicBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, type TestDatabase } from "#platform/testing";
import { useTracer } from "#platform/trace";
import { readEventsAfter } from "#collect";
import { EventFollower } from "./intel/follow-events.ts";
import { buildRulePack } from "./rule-pack.ts";
import { RuleKeeper } from "./rules/rule-keeper.ts";
import { createRuleStates } from "./rules/rule-states.ts";
import type { OnRuleChange } from "./rules/rule-store.ts";
import { attackLog, storeLines } from "./testing/stored-log.ts";

const RULE = "11111111-1111-4111-8111-111111111111";
const TEXT = `title: Refused
id: ${RULE}
logsource: { category: authentication }
detection: { selection: { event.outcome: failure }, condition: selection }
`;
const by = { actor: { kind: "system", id: "test", name: "test" }, requestId: null } as const;

let world: TestDatabase;
let exporter: InMemorySpanExporter;
beforeAll(async () => void (world = await openTestDatabase("pglite")));
afterAll(async () => await world[Symbol.asyncDispose]());
beforeEach(() => {
  exporter = new InMemorySpanExporter();
  useTracer(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer("test"));
});
afterEach(() => void useTracer(undefined));

/** Each span as `name < the one it is in`, in the order they ended. */
function tree(): readonly string[] {
  const spans = exporter.getFinishedSpans();
  const named = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  const above = ({ parentSpanContext: parent }: ReadableSpan) => (parent === undefined ? "" : named.get(parent.spanId));
  return spans.map((span) => `${span.name} < ${above(span)}`);
}

const deps = () => ({
  database: world.db,
  clock: systemClock,
  log: silentLogger,
  bus: createBus(systemClock),
  topics: createTopicBus({ clock: systemClock, log: silentLogger }),
});

test("a saved rule is one trace, from reading it to its being in force", async () => {
  let told: OnRuleChange = () => undefined;
  const idle = async () => await Promise.resolve();
  const keeper = new RuleKeeper({
    store: {
      kind: "filesystem",
      read: async () => await Promise.resolve({ files: [], unreadable: [], folders: [] }),
      follow: (onChange) => ((told = onChange), { look: idle, stop: idle }),
    },
    log: silentLogger,
    build: buildRulePack,
  });
  await keeper.open();
  keeper.start(idle);
  told({ path: "a.yml", text: TEXT });
  await keeper.settled();
  await keeper.stop();
  expect(tree()).toEqual([
    "ttp.rule.parse < ttp.rule.ingest",
    "ttp.rule.validate < ttp.rule.ingest",
    "ttp.rule.publish < ttp.rule.ingest",
    "ttp.rule.ingest < ",
  ]);
  expect(exporter.getFinishedSpans().at(-1)?.attributes).toEqual({ files: 1, rules: 1, rejected: 0 });
});

test("a state that somebody sets is one trace, with the rule's id and nothing of the reason", async () => {
  const states = createRuleStates({ ...deps(), isKnown: () => true, onChanged: () => undefined });
  await states.set({ ruleId: RULE, change: { state: "disabled", reason: "c4n4ry" }, by });
  expect(tree()).toEqual([
    "ttp.store.write_state < ttp.rule.state.change",
    "ttp.rule.publish < ttp.rule.state.change",
    "ttp.rule.state.change < ",
  ]);
  const said = exporter.getFinishedSpans().map(({ attributes }) => attributes);
  expect(said).toEqual([{}, { rule_id: RULE }, { rules: 1 }]);
});

test("events looked up in intelligence are one span per batch, with how many and no address", async () => {
  await storeLines(world.db, attackLog(40, 3));
  const follower = new EventFollower({
    ...deps(),
    announce: () => undefined,
    providers: ["somebody"],
    readAfter: async (after, limit) => await readEventsAfter(world.db.read, after, limit),
  });
  await follower.step();
  await follower.step();
  const spans = exporter.getFinishedSpans().map(({ name, attributes }) => ({ name, attributes }));
  expect(spans).toMatchObject([{ name: "ttp.worker.intel_catchup", attributes: { worker: "intel", events: 40 } }]);
  expect(JSON.stringify(spans)).not.toMatch(/203\.0\.113/);
});

test("the page of traces names every span", () => {
  const page = readFileSync(new URL("../../../../../docs/reference/traces.md", import.meta.url), "utf8");
  const source = readFileSync(new URL("../../platform/trace/spans.ts", import.meta.url), "utf8");
  const names = [...source.matchAll(/^ {2}\| ["`]([a-z._]+)/gm)].map(([, name]) => name ?? "");
  expect(names.length).toBeGreaterThan(12);
  for (const name of names) expect([name, page.includes(`\`${name}`)]).toEqual([name, true]);
});
