import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RuleDetail, RuleStateList, type Result } from "@tyr/contract";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  buildRulePack,
  createDetect,
  createFolderStore,
  createRuleStates,
  listDetections,
  RuleKeeper,
  type Detect,
  type RuleStates,
} from "#detect";
import { createCollect, type Collect } from "#collect";
import { createBus, createTopicBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { openTestDatabase, type TestDatabase } from "#platform/testing";
import type { Call } from "./handler.ts";
import { ruleHandlers } from "./rules.ts";

const actor = { kind: "person", id: "usr_1", name: "alice" } as const;
const by = { actor, requestId: null };
const call: Call = {
  caller: { actor, permissions: new Set(), roles: ["security_manager"] },
  requestId: "request-1",
  method: "PUT",
  address: "127.0.0.1",
  headers: {},
  signal: new AbortController().signal,
  setHeader: () => undefined,
  setStatus: () => undefined,
  afterSent: () => undefined,
};
const none = { params: undefined, query: undefined, body: undefined };
const ID = "11111111-1111-4111-8111-111111111111";
const NOBODY = "99999999-9999-4999-8999-999999999999";
const ruleText = (title: string): string => `
title: ${title}
id: ${ID}
name: refused
author: Somebody
level: low
tags: [attack.credential-access, attack.t1110.001]
logsource: { category: authentication }
detection: { selection: { event.outcome: failure }, condition: selection }
`;
const counting = `
title: Guessing
id: 22222222-2222-4222-8222-222222222222
correlation:
  { type: event_count, rules: [refused], group-by: [source.ip], timespan: 5m, condition: { gte: 90 }, generate: true }
`;

function answered<T>(schema: TSchema, result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.detail);
  expect([...Value.Errors(schema, result.value)]).toEqual([]);
  return result.value;
}

describe("rules of a running stage", () => {
  let world: TestDatabase;
  let dir: string;
  let detect: Detect;
  let states: RuleStates;
  let collect: Collect;
  let keeper: RuleKeeper;
  let handlers: ReturnType<typeof ruleHandlers>;
  let sent = 0;

  beforeAll(async () => {
    world = await openTestDatabase();
    dir = mkdtempSync(join(tmpdir(), "tyr-rules-"));
    writeFileSync(join(dir, "refused.yml"), ruleText("Refused"));
    writeFileSync(join(dir, "guessing.yml"), counting);
    const topics = createTopicBus({ clock: systemClock, log: silentLogger });
    const deps = { database: world.db, clock: systemClock, bus: createBus(systemClock), topics, log: silentLogger };
    collect = createCollect({ ...deps, intakeBytesMax: 1_000_000 });
    const store = createFolderStore({ dir, log: silentLogger });
    keeper = new RuleKeeper({ store, log: silentLogger, build: buildRulePack });
    detect = createDetect({ ...deps, rules: await keeper.open() });
    keeper.start(async (pack) => await detect.replaceRules(pack));
    const isKnown = (id: string): boolean => detect.rules().rules.has(id);
    states = createRuleStates({ ...deps, isKnown, onChanged: (all) => detect.statesChanged(all) });
    handlers = ruleHandlers({ database: world.db, rules: () => detect.rules(), states });
    const made = await collect.sensors.create({ name: "gate", kind: "ssh" }, by);
    if (!made.ok) throw new Error(made.refusal.detail);
    refuse = async () => {
      sent += 1;
      const at = `Feb  1 10:${String(Math.floor(sent / 60)).padStart(2, "0")}:${String(sent % 60).padStart(2, "0")}`;
      const line = `${at} gate sshd[9]: Failed password for root from 203.0.113.7 port ${sent} ssh2`;
      const body = Buffer.from(line);
      const taken = await collect.intake({ sensor: made.value.sensor, by, body, year: 2026, format: "auto" });
      if (!taken.ok) throw new Error(taken.refusal.detail);
      detect.wake();
      while ((await detect.progress()).lag > 0) await new Promise((resolve) => void setTimeout(resolve, 5));
      return (await listDetections(world.db.read, { filter: { rule: ID }, limit: 500 })).rows;
    };
  });
  let refuse: () => Promise<Awaited<ReturnType<typeof listDetections>>["rows"]>;
  afterAll(async () => {
    await keeper.stop();
    await Promise.all([collect.stop(), detect.stop()]);
    await world[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });
  const get = async () => answered(RuleDetail, await handlers["rule.get"]({ ...none, params: { id: ID } }, call));
  const set = async (body: Parameters<(typeof handlers)["rule.setState"]>[0]["body"]) =>
    answered(RuleDetail, await handlers["rule.setState"]({ ...none, params: { id: ID }, body }, call));

  test("are shown with their document, and with who refers to whom", async () => {
    const { items, packDigest } = answered(RuleStateList, await handlers["rule.states"](none, call));
    expect(packDigest).toBe(detect.rules().digest);
    expect(items.map(({ title, state, setBy }) => [title, state, setBy])).toEqual([
      ["Refused", "enabled", null],
      ["Guessing", "enabled", null],
    ]);
    expect(await get()).toMatchObject({
      author: "Somebody",
      yaml: expect.stringContaining("title: Refused"),
      refersTo: [],
      referredBy: ["22222222-2222-4222-8222-222222222222"],
    });
  });

  test("a state that was answered counts for whatever is stored after it, and taking it back does too", async () => {
    const before = (await refuse()).length;
    expect(await set({ state: "disabled", reason: "our scanner" })).toMatchObject({
      state: "disabled",
      reason: "our scanner",
      setBy: actor,
    });
    expect((await refuse()).length).toBe(before);
    const cleared = await handlers["rule.clearState"]({ ...none, params: { id: ID } }, call);
    expect([cleared.ok, (await get()).state]).toEqual([true, "enabled"]);
    expect((await refuse()).length).toBe(before + 1);
    await set({ state: "clipped", confidenceMax: 0.4, reason: "often wrong" });
    expect((await refuse())[0]?.tags).toMatchObject([{ confidence: 0.4 }]);
  });

  test("a muted rule goes on counting, and shows how many were suppressed", async () => {
    const before = (await refuse()).length;
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    await set({ state: "muted", reason: "a load test", expiresAt });
    expect((await refuse()).length).toBe(before);
    expect(await get()).toMatchObject({
      state: "muted",
      expiresAt,
      suppressed: 1,
      lastSuppressedAt: expect.any(String),
    });
    await set({ state: "enabled", reason: "it is over" });
    expect(await get()).toMatchObject({ state: "enabled", expiresAt: null, reason: "it is over", suppressed: 1 });
  });

  test("a saved edit counts once it is in force, with its new version; the state stays", async () => {
    const { version } = await get();
    await set({ state: "clipped", confidenceMax: 0.5, reason: "often wrong" });
    writeFileSync(join(dir, "refused.yml"), ruleText("Refused again"));
    await keeper.look();
    const edited = await get();
    expect(edited).toMatchObject({ title: "Refused again", state: "clipped", confidenceMax: 0.5 });
    expect(edited.version).not.toBe(version);
    expect((await refuse())[0]).toMatchObject({ ruleTitle: "Refused again", ruleVersion: edited.version });
  });

  test("a rule nobody knows is none, to read and to set", async () => {
    const params = { id: NOBODY };
    const body = { state: "disabled", reason: "r" } as const;
    for (const answer of [
      await handlers["rule.get"]({ ...none, params }, call),
      await handlers["rule.setState"]({ ...none, params, body }, call),
      await handlers["rule.clearState"]({ ...none, params }, call),
    ])
      expect(answer).toMatchObject({ ok: false, refusal: { code: "NOT_FOUND" } });
  });
});
