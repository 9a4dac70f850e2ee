import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ModeAnswer, ModeName } from "@tyr/contract";
import type { AuditRecord } from "#platform/database";
import { TEST_ENGINES } from "#platform/testing";
import { listModeTimeline } from "./mode-timeline.ts";
import {
  adam,
  approve,
  ben,
  cleo,
  codeOf,
  must,
  openResponseWorld,
  request,
  type ResponseWorld,
} from "../respond/testing/response-world.ts";

const HOUR_MS = 3_600_000;

describe.each(TEST_ENGINES)("the operating mode on %s", (engine) => {
  let world: ResponseWorld;
  beforeEach(async () => void (world = await openResponseWorld(engine)));
  afterEach(async () => await world[Symbol.asyncDispose]());

  const changes = async (): Promise<readonly AuditRecord[]> =>
    (await world.test.records()).filter(({ type }) => type === "mode.changed");
  const inOneHour = (): string => new Date(world.clock.now().getTime() + HOUR_MS).toISOString();
  const ask = async (mode: ModeName, until?: string): Promise<ModeAnswer> =>
    must(await world.govern.setMode({ mode, reason: "scans from many networks", by: adam, ...(until && { until }) }));
  const set = async (mode: ModeName, until?: string): Promise<ModeAnswer> => {
    const answer = await ask(mode, until);
    expect(answer.asked).toBeNull();
    return answer;
  };
  /** Policies that ask for approvals before one public address is blocked. */
  const gates = async (target: string): Promise<string[]> =>
    ((await request(world, target)).decision?.requirements ?? []).map(({ policyId }) => policyId).toSorted();

  test("is normal, by nobody, until somebody changes it", async () => {
    expect(await world.govern.viewMode()).toMatchObject({ mode: "normal", change: null, history: [] });
    expect(await world.govern.mode()).toMatchObject({ mode: "normal", change: undefined });
  });

  test("changes with who, why and until when, in one entry of the log", async () => {
    const until = inOneHour();
    const change = { mode: "elevated", until, by: adam.actor, reason: "scans from many networks" };
    expect(await set("elevated", until)).toMatchObject({ mode: "elevated", change, history: [change] });
    expect(await changes()).toMatchObject([
      {
        actor: adam.actor,
        before: "normal",
        after: "elevated",
        details: { reason: "scans from many networks", until },
      },
    ]);
  });

  test("decides what policies ask for, from the next question on", async () => {
    expect(await gates("8.9.0.1")).toEqual(["production-needs-approval"]);
    await set("elevated");
    expect(await gates("8.9.0.2")).toEqual(["elevated-needs-approval", "production-needs-approval"]);
    await set("lockdown");
    expect(await gates("8.9.0.3")).toEqual([
      "elevated-needs-approval",
      "lockdown-needs-two",
      "production-needs-approval",
    ]);
    await world.setMode("normal");
    expect(await gates("8.9.0.4")).toEqual(["production-needs-approval"]);
  });

  test("holds for what was approved before: lockdown asks for a second person at execution", async () => {
    const asked = await request(world, "8.9.1.1");
    must(await approve(world, asked, ben));
    await set("lockdown");
    await world.respond.execute();
    const waiting = must(await world.govern.get(asked.id));
    expect(waiting).toMatchObject({ state: "pending", approvalsMissing: 1 });
    must(await approve(world, waiting, cleo));
    await world.respond.execute();
    expect(must(await world.govern.get(asked.id)).state).toBe("executed");
  });

  test("says what each mode does, as the policies in force have it", async () => {
    const { modes } = await world.govern.viewMode();
    expect(modes.map(({ mode, effects }) => [mode, effects.map(({ policyId }) => policyId).toSorted()])).toEqual([
      ["normal", []],
      ["elevated", ["elevated-needs-approval"]],
      ["lockdown", ["elevated-needs-approval", "lockdown-needs-two"]],
    ]);
    expect(modes[1]?.effects[0]?.text).toBe("In elevated mode every block is seen by a second person.");
  });

  test("ends by the clock at once, and the sweep says so once", async () => {
    const until = inOneHour();
    await set("lockdown", until);
    world.clock.advance(HOUR_MS);
    expect(await world.govern.mode()).toMatchObject({ mode: "normal", change: { reason: expect.any(String) } });
    expect(await gates("8.9.2.1")).toEqual(["production-needs-approval"]);
    expect(await changes()).toHaveLength(1);
    await world.govern.expireOverdue();
    await world.govern.expireOverdue();
    const [, back, ...more] = await changes();
    expect(more).toEqual([]);
    expect(back).toMatchObject({
      actor: { kind: "system" },
      before: "lockdown",
      after: "normal",
      details: { reason: "the time of lockdown mode was over" },
    });
    expect(await world.govern.viewMode()).toMatchObject({
      mode: "normal",
      change: { at: until, by: { kind: "system" } },
      history: [{ mode: "normal" }, { mode: "lockdown" }],
    });
  });

  test("that ended before the sweep passed is written down before the next change", async () => {
    await set("elevated", inOneHour());
    world.clock.advance(2 * HOUR_MS);
    await set("lockdown");
    expect((await changes()).map(({ before, after }) => [before, after])).toEqual([
      ["normal", "elevated"],
      ["elevated", "normal"],
      ["normal", "lockdown"],
    ]);
  });

  test("can be set again with another end, and normal while normal is no change", async () => {
    await set("elevated", inOneHour());
    expect((await set("elevated")).change?.until).toBeNull();
    expect(await changes()).toHaveLength(2);
    await world.setMode("normal");
    await set("normal");
    expect(await changes()).toHaveLength(3);
  });

  test("has no end in the past, and normal mode has none", async () => {
    const asked = async (mode: ModeName, until: string) =>
      codeOf(await world.govern.setMode({ mode, until, reason: "x", by: adam }));
    expect(await asked("elevated", world.clock.now().toISOString())).toBe("VALIDATION_FAILED");
    expect(await asked("normal", inOneHour())).toBe("VALIDATION_FAILED");
    expect(await changes()).toEqual([]);
  });

  test("raised by somebody who may set modes holds at once, with policy's decision beside it", async () => {
    await set("lockdown");
    const [entry] = await changes();
    expect(entry?.details).toMatchObject({ decision: "allow", policies: ["set-mode-possible"] });
    expect(entry?.details["bundle_digest"]).toMatch(/^[0-9a-f]{64}$/);
    const stored = await world.test.db.read.selectFrom("policy_decision").select(["step", "outcome"]).execute();
    expect(stored).toContainEqual({ step: "execute", outcome: "allow" });
  });

  test("lowered in production waits for another person, and says for which action", async () => {
    await set("lockdown");
    const answer = await ask("normal");
    expect(answer).toMatchObject({ mode: "lockdown", waiting: [answer.asked] });
    const action = must(await world.govern.get(answer.asked ?? "act_"));
    expect(action).toMatchObject({
      type: "set_mode",
      state: "pending",
    });
    const gates = action.decision?.requirements.map(({ policyId }) => policyId);
    expect(gates).toContain("lower-mode-needs-approval");
    expect(codeOf(await approve(world, action, adam))).not.toBe("ok");
    must(await approve(world, action, cleo));
    await world.respond.execute();
    expect(await world.govern.viewMode()).toMatchObject({ mode: "normal", waiting: [] });
  });

  test("over sooner is lower as well: a minute of it needs the other person too", async () => {
    await set("elevated");
    const until = new Date(world.clock.now().getTime() + 60_000).toISOString();
    expect((await ask("elevated", until)).asked).toMatch(/^act_/);
    world.clock.advance(60_000);
    expect((await world.govern.mode()).mode).toBe("elevated");
  });

  test("raised for an hour above what somebody chose goes back to that", async () => {
    await set("elevated");
    await set("lockdown", inOneHour());
    world.clock.advance(HOUR_MS);
    expect((await world.govern.mode()).mode).toBe("elevated");
    await world.govern.expireOverdue();
    expect((await changes()).map(({ before, after }) => [before, after])).toEqual([
      ["normal", "elevated"],
      ["elevated", "lockdown"],
      ["lockdown", "elevated"],
    ]);
    expect(await world.govern.viewMode()).toMatchObject({ mode: "elevated", held: { mode: "elevated", until: null } });
  });

  test("comes by itself on a critical incident where that is switched on, and returns a step at a time", async () => {
    const settings = {
      autoElevate: true,
      autoLockdown: true,
      escalateWindowMinutes: 10,
      modeHoldMinutes: 5,
      modeQuietMinutes: 5,
    };
    must(await world.govern.editSettings({ edit: settings, by: adam }));
    const now = world.clock.now();
    const incidentId = `inc_${"0".repeat(8)}-0000-7000-8000-${"0".repeat(12)}` as const;
    world.situation.asking.push({ incidentId, severity: "critical", openedAt: now, changedAt: now, closedAt: null });
    await world.govern.expireOverdue();
    const raised = await world.govern.viewMode();
    expect(raised).toMatchObject({
      mode: "lockdown",
      held: null,
      change: { by: { kind: "system" }, incidents: [incidentId] },
      automatic: { mode: "lockdown", since: now.toISOString() },
    });
    expect(await listModeTimeline(world.test.db.read, incidentId)).toMatchObject([{ title: "Mode became lockdown" }]);
    const modes: ModeName[] = [];
    for (let minute = 1; minute <= 30; minute += 1) {
      world.clock.advance(60_000);
      await world.govern.expireOverdue();
      modes.push((await world.govern.mode()).mode);
    }
    expect(modes.lastIndexOf("lockdown")).toBe(13);
    expect(modes.lastIndexOf("elevated")).toBe(18);
    expect(modes.at(-1)).toBe("normal");
    expect((await changes()).map(({ actor, before, after }) => [actor.kind, before, after])).toEqual([
      ["system", "normal", "lockdown"],
      ["system", "lockdown", "elevated"],
      ["system", "elevated", "normal"],
    ]);
  });

  test("that came by itself is not brought down by loosening the rules it came by: it is held from then on", async () => {
    const settings = { autoElevate: true, autoLockdown: true, escalateWindowMinutes: 10, modeHoldMinutes: 5 };
    must(await world.govern.editSettings({ edit: settings, by: adam }));
    const now = world.clock.now();
    const incidentId = `inc_${"1".repeat(8)}-0000-7000-8000-${"0".repeat(12)}` as const;
    world.situation.asking.push({ incidentId, severity: "critical", openedAt: now, changedAt: now, closedAt: null });
    await world.govern.expireOverdue();
    expect(await world.govern.viewMode()).toMatchObject({ mode: "lockdown", held: null });
    must(await world.govern.editSettings({ edit: { notes: "busy", modeHoldMinutes: 6 }, by: adam }));
    expect(await world.govern.viewMode()).toMatchObject({ held: null });
    must(await world.govern.editSettings({ edit: { autoLockdown: false, modeHoldMinutes: 1 }, by: adam }));
    world.clock.advance(86_400_000);
    await world.govern.expireOverdue();
    expect(await world.govern.viewMode()).toMatchObject({
      mode: "lockdown",
      held: { mode: "lockdown", until: null },
      automatic: null,
      change: { by: { name: "Adam" } },
    });
  });

  test("set by several people at once is a chain in the log: each begins where the other ended", async () => {
    await Promise.all((["elevated", "lockdown", "elevated", "lockdown"] as const).map(async (mode) => await ask(mode)));
    const chain = await changes();
    expect(chain.map(({ before }) => before)).toEqual(["normal", ...chain.slice(0, -1).map(({ after }) => after)]);
    expect((await world.govern.mode()).mode).toBe(chain.at(-1)?.after);
  });
});
