import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createBus, createTopicBus, readMessages } from "#platform/bus";
import { fixedClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { createRuleStates, type RuleStates, type StateBy } from "./rule-states.ts";
import { countSuppressed, eraseFromRules, suppressedByRule } from "./state-store.ts";

const RULE = "11111111-1111-4111-8111-111111111111";
const OTHER = "22222222-2222-4222-8222-222222222222";
const ADA: StateBy = { actor: { kind: "person", id: "usr_ada", name: "ada" }, requestId: "req-1" };

describe.each(TEST_ENGINES)("states of rules on %s", (engine) => {
  const clock = fixedClock("2026-11-02T08:00:00.000Z");
  let world: TestDatabase;
  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  let told: string[];
  let states: RuleStates;
  const open = (known: readonly string[] = [RULE, OTHER]): RuleStates => {
    const topics = createTopicBus({ clock, log: silentLogger });
    topics.subscribe("ttp.rule.state.*", ({ topic }) => void told.push(topic));
    return createRuleStates({
      database: world.db,
      clock,
      bus: createBus(clock),
      topics,
      log: silentLogger,
      isKnown: (id) => known.includes(id),
      onChanged: () => void told.push("changed"),
    });
  };
  beforeEach(async () => {
    told = [];
    states = open();
    for (const ruleId of [RULE, OTHER]) await states.clear({ ruleId, by: ADA });
    told.length = 0;
  });
  const entries = async () => (await world.records()).filter(({ type }) => type === "rule.state_changed");

  test("setting one is one entry, one message and one row, which a restart finds again", async () => {
    const before = (await entries()).length;
    const change = { state: "clipped", confidenceMax: 0.45, reason: "our scanner" } as const;
    const set = await states.set({ ruleId: RULE, change, by: ADA });
    expect(set).toMatchObject({ ok: true, value: { state: "clipped", confidenceMax: 0.45 } });
    expect((await entries()).slice(before)).toMatchObject([
      {
        actor: ADA.actor,
        requestId: "req-1",
        object: { kind: "rule", id: RULE },
        before: "enabled",
        after: "clipped to 0.45",
        details: { reason: "our scanner", until: null },
      },
    ]);
    expect(told).toEqual(["changed", `ttp.rule.state.${RULE}`]);
    const { messages } = await readMessages(world.db.read, { after: 0, limit: 1_000, patterns: ["ttp.rule.state.*"] });
    expect(messages.at(-1)?.payload).toEqual({
      rule_id: RULE,
      state: "clipped",
      confidence_max: 0.45,
      expires_at: null,
      set_by: "usr_ada",
    });
    expect((await open().all()).get(RULE)).toEqual(set.ok ? set.value : undefined);
  });

  test("a rule nobody knows cannot be set; what was set of one that is gone can be taken back", async () => {
    const change = { state: "disabled", reason: "r" } as const;
    const unknown = await open([]).set({ ruleId: RULE, change, by: ADA });
    expect(unknown).toMatchObject({ ok: false, refusal: { code: "NOT_FOUND" } });
    expect(await open([]).clear({ ruleId: RULE, by: ADA })).toMatchObject({ ok: false });
    await states.set({ ruleId: RULE, change, by: ADA });
    expect(await open([]).clear({ ruleId: RULE, by: ADA })).toMatchObject({ ok: true });
    expect((await states.all()).has(RULE)).toBe(false);
  });

  test("taking back what nobody set changes nothing and leaves no entry", async () => {
    const before = (await entries()).length;
    expect(await states.clear({ ruleId: RULE, by: ADA })).toMatchObject({ ok: true });
    expect((await entries()).length).toBe(before);
    expect(told).toEqual([]);
  });

  test("the end of a state is written down once, by nobody in particular, and told", async () => {
    const expiresAt = new Date(clock.now().getTime() + 60_000).toISOString();
    await states.set({ ruleId: RULE, change: { state: "muted", reason: "a test", expiresAt }, by: ADA });
    await states.set({ ruleId: OTHER, change: { state: "disabled", reason: "for good" }, by: ADA });
    const before = (await entries()).length;
    await states.endOverdue();
    expect((await entries()).length).toBe(before);
    clock.advance(60_000);
    told.length = 0;
    // Another process may look at the same moment.
    await Promise.all([states.endOverdue(), open().endOverdue()]);
    await states.endOverdue();
    expect((await entries()).slice(before)).toMatchObject([
      {
        actor: { kind: "system" },
        before: "muted",
        after: "enabled",
        details: { reason: "the time of muted was over" },
      },
    ]);
    expect(told).toEqual(["changed", `ttp.rule.state.${RULE}`]);
    expect((await states.all()).get(RULE)).toMatchObject({ state: "enabled", setBy: { kind: "system" } });
    expect((await states.all()).get(OTHER)).toMatchObject({ state: "disabled" });
  });

  test("a state set after the end of another leaves both in the log, in order, and is counted", async () => {
    const counted = [...states.changed()];
    const expiresAt = new Date(clock.now().getTime() + 1_000).toISOString();
    await states.set({ ruleId: RULE, change: { state: "disabled", reason: "a test", expiresAt }, by: ADA });
    const before = (await entries()).length;
    clock.advance(1_000);
    await states.set({ ruleId: RULE, change: { state: "disabled", reason: "again" }, by: ADA });
    expect((await entries()).slice(before).map((one) => [one.before, one.after, one.actor.kind])).toEqual([
      ["disabled", "enabled", "system"],
      ["enabled", "disabled", "person"],
    ]);
    const { disabled = 0, enabled = 0 } = Object.fromEntries(counted);
    expect(states.changed().get("disabled")).toBe(disabled + 2);
    expect(states.changed().get("enabled")).toBe(enabled + 1);
  });

  test("an end in the past is refused, and nothing is stored", async () => {
    const change = { state: "muted", reason: "r", expiresAt: clock.now().toISOString() } as const;
    expect(await states.set({ ruleId: RULE, change, by: ADA })).toMatchObject({
      ok: false,
      refusal: { code: "VALIDATION_FAILED" },
    });
    expect((await states.all()).has(RULE)).toBe(false);
  });

  test("the name of an erased person goes, their state stays", async () => {
    await states.set({ ruleId: RULE, change: { state: "disabled", reason: "r" }, by: ADA });
    await world.db.bookkeep("counters", async (tx) => await eraseFromRules(tx, "usr_ada"));
    expect((await states.all()).get(RULE)).toMatchObject({
      state: "disabled",
      setBy: { id: "usr_ada", name: "(erased)" },
    });
  });

  test("suppressed findings add up", async () => {
    const at = (second: number) => new Date(Date.UTC(2026, 1, 1, 0, 0, second));
    for (const [detections, second] of [
      [2, 9],
      [3, 4],
    ] as const)
      await world.db.bookkeep("counters", async (tx) => {
        await countSuppressed(tx, [{ ruleId: RULE, detections, lastAt: at(second) }]);
      });
    expect((await suppressedByRule(world.db.read)).get(RULE)).toEqual({ ruleId: RULE, detections: 5, lastAt: at(9) });
  });
});
