import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  adam,
  ana,
  approve,
  ben,
  cleo,
  codeOf,
  must,
  openResponseWorld,
  type ResponseWorld,
} from "../respond/testing/response-world.ts";

describe("asking for another mode", () => {
  let world: ResponseWorld;
  beforeAll(async () => void (world = await openResponseWorld("pglite")));
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => await world.setMode("normal"));

  const ask = async (target: string, more: object = {}) =>
    await world.govern.create({ type: "set_mode", target, justification: "a wave of log-ins", ...more }, ana);

  test("waits for a security manager, comes into force once, and ends by itself", async () => {
    const asked = must(await ask("elevated", { ttlSeconds: 3_600 }));
    expect(asked).toMatchObject({
      state: "pending",
      connector: "tyr",
      decision: { outcome: "require_approval", requirements: [{ policyId: "mode-needs-approval", approvals: 1 }] },
      dryRun: { before: ["the mode is normal"], after: ["the mode is elevated for 3600 seconds"] },
    });
    expect(codeOf(await approve(world, asked, ben))).toBe("NOT_PERMITTED");
    expect(must(await approve(world, asked, cleo)).state).toBe("approved");
    await world.respond.execute();
    await world.respond.execute();
    const done = must(await world.govern.get(asked.id, cleo));
    expect(done).toMatchObject({ state: "executed", blockId: null, effectEndsAt: "2026-02-01T13:00:00.000Z" });
    expect(done.legalMoves).not.toContain("revert");
    const { mode, change, history } = await world.govern.viewMode();
    expect([mode, change?.by.name, change?.reason]).toEqual(["elevated", "Ana", "a wave of log-ins"]);
    expect(history.filter((one) => one.mode === "elevated")).toHaveLength(1);
    world.clock.advance(3_600_000);
    expect((await world.govern.mode()).mode).toBe("normal");
  });

  test("waits for somebody else also where whoever asks may set one: no proof was asked of them here", async () => {
    const request = { type: "set_mode" as const, target: "elevated", justification: "in passing" };
    const asked = must(await world.govern.create(request, adam));
    expect(asked).toMatchObject({
      state: "pending",
      decision: { requirements: [{ policyId: "mode-needs-approval" }] },
    });
    expect(codeOf(await approve(world, asked, adam))).not.toBe("ok");
    await world.respond.execute();
    expect((await world.govern.mode()).mode).toBe("normal");
    must(await approve(world, asked, cleo));
    await world.respond.execute();
    expect((await world.govern.mode()).mode).toBe("elevated");
  });

  test("without a duration lasts until somebody changes it", async () => {
    const asked = must(await ask("lockdown"));
    must(await approve(world, asked, cleo));
    await world.respond.execute();
    expect(must(await world.govern.get(asked.id))).toMatchObject({ state: "executed", effectEndsAt: null });
    world.clock.advance(400 * 86_400_000);
    expect((await world.govern.mode()).mode).toBe("lockdown");
  });

  test("goes back to the people when the mode changed since they looked", async () => {
    const asked = must(await ask("lockdown"));
    must(await approve(world, asked, cleo));
    must(await world.govern.setMode({ mode: "elevated", reason: "by hand", by: adam }));
    await world.respond.execute();
    expect(must(await world.govern.get(asked.id))).toMatchObject({
      state: "pending",
      dryRun: { before: ["the mode is elevated"] },
    });
    expect((await world.govern.mode()).mode).toBe("elevated");
  });

  test("cannot be taken back by a revert, and says so", async () => {
    const asked = must(await ask("elevated"));
    must(await approve(world, asked, cleo));
    await world.respond.execute();
    expect(codeOf(await world.respond.revert({ id: asked.id, by: cleo, reason: "over" }))).toBe(
      "ACTION_TRANSITION_REFUSED",
    );
  });

  test("what is no mode is no target", async () => {
    for (const target of ["panic", "", "NORMAL", "8.8.8.8", "__proto__"])
      expect(codeOf(await ask(target))).toBe("TARGET_INVALID");
  });
});
