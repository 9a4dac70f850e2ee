import type { Actor } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import {
  appliedStates,
  areSameStates,
  describeState,
  endedState,
  refusedChange,
  stateOf,
  type SetState,
} from "./rule-state.ts";

const NOW = new Date("2026-11-02T08:00:00.000Z");
const BY: Actor = { kind: "person", id: "usr_1", name: "ada" };
const inMinutes = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);
const set = (more: Partial<SetState>): SetState => ({
  ruleId: "r",
  state: "disabled",
  confidenceMax: null,
  expiresAt: null,
  reason: "too loud",
  setBy: BY,
  setAt: NOW,
  ...more,
});

describe("the state of a rule", () => {
  test("goes back to enabled at its end, by itself and for that reason", () => {
    const muted = set({ state: "muted", expiresAt: inMinutes(5) });
    expect(endedState(muted, inMinutes(4))).toBeUndefined();
    expect(endedState(muted, inMinutes(5))).toMatchObject({
      state: "enabled",
      expiresAt: null,
      reason: "the time of muted was over",
      setBy: { kind: "system" },
      setAt: inMinutes(5),
    });
  });

  test("without an end never ends", () => {
    expect(endedState(set({}), inMinutes(1e6))).toBeUndefined();
  });

  test("makes a difference only while it lasts, and enabled makes none", () => {
    const sets = [
      set({ ruleId: "off" }),
      set({ ruleId: "over", expiresAt: NOW }),
      set({ ruleId: "on", state: "enabled" }),
      set({ ruleId: "low", state: "clipped", confidenceMax: 0.4 }),
    ];
    const applied = appliedStates(sets, NOW);
    expect([...applied]).toEqual([
      ["off", { state: "disabled", confidenceMax: null }],
      ["low", { state: "clipped", confidenceMax: 0.4 }],
    ]);
    expect(areSameStates(applied, appliedStates(sets, NOW))).toBe(true);
    expect(areSameStates(applied, appliedStates(sets.slice(1), NOW))).toBe(false);
    const raised = sets.map((one) => (one.ruleId === "low" ? { ...one, confidenceMax: 0.5 } : one));
    expect(areSameStates(applied, appliedStates(raised, NOW))).toBe(false);
  });

  test("is written to the log as text, without fractions as numbers", () => {
    expect(describeState({ state: "clipped", confidenceMax: 0.45 })).toBe("clipped to 0.45");
    expect(describeState({ state: "muted", confidenceMax: null })).toBe("muted");
  });

  test.each([
    ["2026-11-02T08:00:00.000Z", "is not in the future"],
    ["2026-11-02T07:00:00.000Z", "is not in the future"],
    ["2028-11-02T08:00:00.000Z", "at most 366 days ahead"],
  ])("cannot end at %s", (expiresAt, why) => {
    const refused = refusedChange({ state: "muted", reason: "r", expiresAt }, NOW);
    expect(refused?.refusal).toMatchObject({ code: "VALIDATION_FAILED", detail: expect.stringContaining(why) });
  });

  test("is what was asked for: a ceiling of a clipped rule only, an end where there is one", () => {
    const change = { state: "clipped", confidenceMax: 0.3, reason: "r" } as const;
    expect(stateOf({ ruleId: "r", change, by: BY, now: NOW })).toEqual(
      set({ state: "clipped", confidenceMax: 0.3, reason: "r" }),
    );
    expect(refusedChange(change, NOW)).toBeUndefined();
  });

  test.each([
    [{ state: "clipped" }, "a clipped rule has a ceiling"],
    [{ state: "disabled", confidenceMax: 0.5 }, "only a clipped rule has a ceiling"],
    [{ state: "muted" }, "a rule is muted for a while"],
    [{ state: "enabled", expiresAt: "2027-01-01T00:00:00Z" }, "enabled has no end"],
  ] as const)("%j is refused in words", (change, why) => {
    const refused = refusedChange({ ...change, reason: "r" }, NOW);
    expect(refused?.refusal).toMatchObject({ code: "VALIDATION_FAILED", detail: expect.stringContaining(why) });
  });
});
