import { fileURLToPath } from "node:url";
import { RuleFigures, RuleFiguresList, type Result } from "@tyr/contract";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCollect } from "#collect";
import { createDetect, loadRulePack, type Detect } from "#detect";
import { createEscalate, createIncidentDesk, listIncidents } from "#escalate";
import { createBus, createTopicBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, type TestDatabase } from "#platform/testing";
import type { Call } from "./handler.ts";
import { metricsHandlers } from "./metrics.ts";
import { ruleFigureHandlers } from "./rule-figures.ts";

const rules = loadRulePack(fileURLToPath(new URL("../../../../rules", import.meta.url)));
const actor = { kind: "person", id: "usr_1", name: "alice" } as const;
const by = { actor, requestId: null };
const call: Call = {
  caller: { actor, permissions: new Set(), roles: ["analyst"] },
  requestId: "request-1",
  method: "GET",
  address: "127.0.0.1",
  headers: {},
  signal: new AbortController().signal,
  setHeader: () => undefined,
  setStatus: () => undefined,
  afterSent: () => undefined,
};

/** Planted wherever an attacker writes: must be in no label. */
const CANARY = "c4n4ry-Secret";

function answered<T>(schema: TSchema, result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.detail);
  expect([...Value.Errors(schema, result.value)]).toEqual([]);
  return result.value;
}

describe("figures of rules", () => {
  let world: TestDatabase;
  let detect: Detect;
  let handlers: ReturnType<typeof ruleFigureHandlers>;

  /** Six attackers who ask for secrets of a web site; five incidents are judged, one of them as a false alarm. */
  beforeAll(async () => {
    world = await openTestDatabase();
    const deps = { database: world.db, clock: systemClock, bus: createBus(systemClock), log: silentLogger };
    const collect = createCollect({ ...deps, intakeBytesMax: 1_000_000 });
    const created = await collect.sensors.create({ name: "gate", kind: "web" }, by);
    if (!created.ok) throw new Error(created.refusal.detail);
    const lines = Array.from({ length: 6 }, (_, index) =>
      ["/.env", `/${CANARY}/.git/config`].map(
        (path) =>
          `203.0.113.${index} - - [0${1 + (index % 3)}/Feb/2026:10:01:00 +0000] "GET ${path} HTTP/1.1" 404 9 "${CANARY}" "${CANARY}"`,
      ),
    ).flat();
    await collect.intake({ sensor: created.value.sensor, by, body: Buffer.from(lines.join("\n")), year: 2026 });
    detect = createDetect({ ...deps, rules });
    const escalate = createEscalate(deps);
    const isBehind = async () => (await detect.progress()).lag + (await escalate.progress()).lag > 0;
    while (await isBehind()) await new Promise((resolve) => void setTimeout(resolve, 10));
    handlers = ruleFigureHandlers({ ...deps, rules: () => rules, costs: () => detect.costs() });
    const desk = createIncidentDesk(deps);
    const { rows } = await listIncidents(world.db.read, { filter: {}, limit: 10 });
    for (const [index, { id }] of rows.slice(0, 5).entries()) {
      const verdict = index === 0 ? "false_positive" : "benign";
      const moved = await desk.move(id, { to: "closed", verdict }, by);
      if (!moved.ok) throw new Error(moved.refusal.detail);
    }
    await Promise.all([collect.stop(), detect.stop(), escalate.stop()]);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  const list = async (query: Readonly<{ never?: boolean; days?: number }> = {}) =>
    answered(RuleFiguresList, await handlers["rule.figureList"]({ params: undefined, query, body: undefined }, call))
      .items;

  test("every rule in force is listed; its days add up to what it found, and end with the newest of them", async () => {
    const all = await list();
    expect(all.map(({ ruleId }) => ruleId)).toEqual([...rules.rules.keys()]);
    const fired = all.filter(({ detections }) => detections > 0);
    expect(fired.length).toBeGreaterThan(0);
    for (const { days, detections, lastDetectionAt } of fired) {
      expect(days).toHaveLength(30);
      expect(days.reduce((sum, one) => sum + one.detections, 0)).toBe(detections);
      expect([days.at(-1)?.day, days.at(-1)?.detections]).toEqual([lastDetectionAt?.slice(0, 10), expect.any(Number)]);
    }
  });

  test("precision comes from the verdicts of people: four of five incidents were none by mistake", async () => {
    const [judged] = (await list()).filter(({ precision }) => precision.judged === 5);
    expect(judged?.precision).toEqual({
      value: 0.8,
      truePositives: 0,
      benign: 4,
      falsePositives: 1,
      judged: 5,
      minimum: 5,
    });
  });

  test("where too few were judged or timed the figure is unknown, never zero", async () => {
    const idle = (await list({ never: true }))[0];
    expect(idle?.precision).toMatchObject({ value: null, judged: 0 });
    expect(idle?.cost).toMatchObject({ share: null, microsPerEvent: null });
  });

  test("rules that never fired say what comes in of what they ask for", async () => {
    const never = await list({ never: true, days: 7 });
    expect(never.every(({ detections, days }) => detections === 0 && days.length === 0)).toBe(true);
    const webserver = never.find(({ reach }) => reach.logsources.some((one) => one.logsource.includes("webserver")));
    const today = systemClock.now().toISOString().slice(0, 10);
    expect(webserver?.reach).toMatchObject({ reach: "no-match", days: 7 });
    expect(webserver?.reach.logsources.map(({ lastSeenDay }) => lastSeenDay)).toContain(today);
    // Nothing of a shell came in, and it is watched for a moment only.
    const command = never.find(({ reach }) => reach.logsources.every((one) => one.logsource.includes("command")));
    expect(command?.reach.reach).toBe("unknown");
    expect(command?.reach.fields.length).toBeGreaterThan(0);
  });

  test("metrics count by ids of ours, and hold nothing of what attackers sent", async () => {
    const consumers = [{ consumer: "detect", stream: "event" }] as const;
    const losses = () => detect.losses();
    const latency = () => detect.costs()?.latency;
    const topics = createTopicBus({ clock: systemClock, log: silentLogger });
    const said = { rule_id: rules.rules.keys().next().value ?? "", reason: "muted", count: 1 };
    topics.publish("ttp.rule.suppressed", { payload: said });
    const metrics = metricsHandlers({
      database: world.db,
      rules: () => rules,
      consumers,
      losses,
      latency,
      dropped: () => ({ ...detect.dropped(), below_floor: 2 }),
      stateChanges: () => new Map([["muted", 3]]),
      published: topics.published,
      notifications: async () =>
        await Promise.resolve({ gathered: 0, waiting: 1, givenUp: 2, lastDeliveredAt: null, failure: "timed_out" }),
    });
    const input = { params: undefined, query: undefined, body: undefined };
    const answer = await metrics["metrics.read"](input, call);
    if (!answer.ok) throw new Error(answer.refusal.detail);
    const text = answer.value;
    for (const { ruleId, detections } of (await list()).filter((one) => one.detections > 0))
      expect(text).toContain(`tyr_ttp_rule_fire_total{rule_id="${ruleId}"} ${detections}\n`);
    expect(text).toContain('tyr_consumer_lag{consumer="detect"} 0\n');
    expect(text).toContain("tyr_ttp_eval_events_total 12\n");
    expect(text).toMatch(/tyr_ttp_tag_written_total\{technique="T\d{4}",tactic="[a-z-]+"\} [1-9]/);
    expect(text).toContain('tyr_ttp_eval_latency_seconds_bucket{le="+Inf"}');
    expect(text).toContain('tyr_ttp_tag_dropped_total{reason="below_floor"} 2\n');
    expect(text).toContain('tyr_ttp_tag_dropped_total{reason="rule_disabled"} 0\n');
    expect(text).toContain('tyr_ttp_rule_state_changed_total{state="muted"} 3\n');
    expect(text).toContain('tyr_ttp_bus_published_total{family="ttp.rule.suppressed"} 1\n');
    expect(text).toContain('tyr_notifications{state="given_up"} 2\n');
    expect(text).not.toContain("timed_out");
    expect(text).toMatch(/^tyr_ttp_rule_compiled [1-9]/m);
    expect(text).not.toMatch(/c4n4ry|203\.0\.113|gate|alice|\/\.env/i);
    for (const line of text.trimEnd().split("\n"))
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? [0-9.e+-]+)$/);
  });

  test("one rule is answered by its id; one that is not in force is not there", async () => {
    const [first] = await list();
    const one = await handlers["rule.figures"](
      { params: { id: first?.ruleId ?? "" }, query: {}, body: undefined },
      call,
    );
    expect(answered(RuleFigures, one)).toEqual(first);
    const id = "00000000-0000-4000-8000-000000000000";
    expect(await handlers["rule.figures"]({ params: { id }, query: {}, body: undefined }, call)).toMatchObject({
      ok: false,
      refusal: { code: "NOT_FOUND" },
    });
  });
});
