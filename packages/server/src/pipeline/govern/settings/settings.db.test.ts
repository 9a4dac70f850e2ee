import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SETTINGS_AS_SHIPPED } from "@tyr/contract";
import { TEST_ENGINES } from "#platform/testing";
import { limitsNow } from "../limits-now.ts";
import {
  adam,
  codeOf,
  must,
  openResponseWorld,
  request,
  type ResponseWorld,
} from "../../respond/testing/response-world.ts";

describe.each(TEST_ENGINES)("settings on %s", (engine) => {
  let world: ResponseWorld;
  beforeAll(async () => void (world = await openResponseWorld(engine)));
  afterAll(async () => await world[Symbol.asyncDispose]());
  const edit = async (change: object) => await world.govern.editSettings({ edit: change, by: adam });
  const entries = async () => (await world.test.records()).filter(({ type }) => type === "settings.changed");
  const limits = async () => await limitsNow(world.test.db.read, world.clock.now());

  test("are as shipped until somebody changes them", async () => {
    expect(await world.govern.settings()).toEqual({ ...SETTINGS_AS_SHIPPED, updatedAt: null, updatedBy: null });
  });

  test("change where they are named, with who, when, before and after", async () => {
    const changed = must(await edit({ maxFailedLoginsPerMinute: 40, notes: "quarterly" }));
    expect(changed).toEqual({
      ...SETTINGS_AS_SHIPPED,
      maxFailedLoginsPerMinute: 40,
      notes: "quarterly",
      updatedAt: "2026-02-01T12:00:00.000Z",
      updatedBy: adam.actor,
    });
    const [entry] = await entries();
    expect(entry).toMatchObject({
      before: '{"maxFailedLoginsPerMinute":10,"notes":null}',
      after: '{"maxFailedLoginsPerMinute":40,"notes":"quarterly"}',
    });
  });

  test("that are named with the value they have are no change", async () => {
    must(await edit({ maxFailedLoginsPerMinute: 40 }));
    expect(await entries()).toHaveLength(1);
  });

  test("lose their notes by null, and nothing else", async () => {
    expect(must(await edit({ notes: null }))).toMatchObject({ notes: null, maxFailedLoginsPerMinute: 40 });
  });

  test("know time zones by their names", async () => {
    expect(codeOf(await edit({ timeZone: "Mars/Olympus" }))).toBe("VALIDATION_FAILED");
    expect(must(await edit({ timeZone: "Asia/Tokyo" })).timeZone).toBe("Asia/Tokyo");
    const asked = await request(world, "8.8.4.1");
    const [stored] = await world.test.db.read
      .selectFrom("policy_decision")
      .select("input")
      .where("action_id", "=", asked.id)
      .limit(1)
      .execute();
    // Sunday noon in London is Sunday evening in Tokyo.
    expect(stored?.input).toMatchObject({ v: 2, context: { hour: 21, weekday: 7, automaticPerHourMax: 240 } });
  });

  test("have lower limits in a higher mode", async () => {
    expect(await limits()).toEqual({ maxFailedLoginsPerMinute: 40, maxScanEventsPerMinute: 20 });
    await world.setMode("elevated");
    expect(await limits()).toEqual({ maxFailedLoginsPerMinute: 20, maxScanEventsPerMinute: 10 });
    await world.setMode("lockdown");
    expect(await limits()).toEqual({ maxFailedLoginsPerMinute: 10, maxScanEventsPerMinute: 5 });
    await world.setMode("normal");
  });

  test("have automation propose from the risk that is set for the mode", async () => {
    const proposed = async (n: number) => {
      world.incident({ n, ip: `8.6.0.${n}`, risk: 55 });
      await world.govern.propose();
      return (await world.govern.list({ target: `8.6.0.${n}`, limit: 5, before: undefined })).rows.length;
    };
    expect(await proposed(1)).toBe(0);
    await world.setMode("lockdown");
    expect(await proposed(2)).toBe(1);
    must(await edit({ proposeRiskLockdown: 80 }));
    expect(await proposed(3)).toBe(0);
    await world.setMode("normal");
  });

  test("with no automatic actions at all let what would be proposed wait", async () => {
    must(await edit({ automaticActionsPerHour: 0, proposeRiskNormal: 70 }));
    world.incident({ n: 9, ip: "8.6.0.9", risk: 90 });
    await world.govern.propose();
    const count = async () => (await world.govern.list({ target: "8.6.0.9", limit: 5, before: undefined })).rows.length;
    expect(await count()).toBe(0);
    must(await edit({ automaticActionsPerHour: 5 }));
    await world.govern.propose();
    expect(await count()).toBe(1);
  });

  test("name the mode that a mode goes back to, and never lower one that is in force", async () => {
    must(await edit({ defaultMode: "elevated" }));
    expect(await world.govern.viewMode()).toMatchObject({ mode: "elevated", defaultMode: "elevated" });
    must(await edit({ defaultMode: "normal" }));
    expect(await world.govern.viewMode()).toMatchObject({
      mode: "elevated",
      defaultMode: "normal",
      held: { mode: "elevated", until: null },
    });
  });
});
