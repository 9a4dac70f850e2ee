import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ModeName, ModeView } from "@tyr/contract";
import type { AuditRecord } from "#platform/database";
import { TEST_ENGINES } from "#platform/testing";
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
  const set = async (mode: ModeName, until?: string): Promise<ModeView> =>
    must(await world.govern.setMode({ mode, reason: "scans from many networks", by: adam, ...(until && { until }) }));
  /** Policies that ask for approvals before one public address is blocked. */
  const gates = async (target: string): Promise<string[]> =>
    ((await request(world, target)).decision?.requirements ?? []).map(({ policyId }) => policyId).toSorted();

  test("is normal, by nobody, until somebody changes it", async () => {
    expect(await world.govern.viewMode()).toMatchObject({ mode: "normal", change: null, history: [] });
    expect(await world.govern.mode()).toEqual({ mode: "normal", change: undefined });
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
    await set("normal");
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
    await set("normal");
    await set("normal");
    expect(await changes()).toHaveLength(3);
  });

  test("has no end in the past, and normal mode has none", async () => {
    const ask = async (mode: ModeName, until: string) =>
      codeOf(await world.govern.setMode({ mode, until, reason: "x", by: adam }));
    expect(await ask("elevated", world.clock.now().toISOString())).toBe("VALIDATION_FAILED");
    expect(await ask("normal", inOneHour())).toBe("VALIDATION_FAILED");
    expect(await changes()).toEqual([]);
  });

  test("set by several people at once is a chain in the log: each begins where the other ended", async () => {
    await Promise.all((["elevated", "lockdown", "normal", "elevated"] as const).map(async (mode) => await set(mode)));
    const chain = await changes();
    expect(chain.map(({ before }) => before)).toEqual(["normal", ...chain.slice(0, -1).map(({ after }) => after)]);
    expect((await world.govern.mode()).mode).toBe(chain.at(-1)?.after);
  });
});
