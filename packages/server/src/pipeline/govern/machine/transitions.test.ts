import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ACTION_STATES, type ActionState } from "@tyr/contract";
import { ACTION_EVENTS, CLONED_STATES, next, SUBMITTED_STATES, TRANSITIONS, type ActionEvent } from "./transitions.ts";
import { legalMoves } from "./moves.ts";

const TERMINAL: readonly ActionState[] = ["rejected", "expired", "cancelled", "failed", "reverted"];

/** Every walk the table allows, from a draft: what was done and where it led. */
const walk = fc.array(fc.constantFrom(...ACTION_EVENTS), { maxLength: 60 }).map((events) => {
  const steps: { from: ActionState; event: ActionEvent; to: ActionState }[] = [];
  let state: ActionState = "draft";
  for (const event of events) {
    const to = next(state, event);
    if (to === undefined) continue;
    steps.push({ from: state, event, to });
    state = to;
  }
  return steps;
});

describe("the table of moves", () => {
  test("names every pair of state and event at most once: one answer, or a refusal", () => {
    const pairs = TRANSITIONS.flatMap(({ from, event }) => from.map((state) => `${state} ${event}`));
    expect(new Set(pairs).size).toBe(pairs.length);
    for (const state of ACTION_STATES)
      for (const event of ACTION_EVENTS)
        expect(next(state, event) !== undefined).toBe(pairs.includes(`${state} ${event}`));
  });

  test("reaches every state from a draft", () => {
    const reached = new Set<ActionState>(["draft"]);
    for (let size = 0; size !== reached.size;) {
      size = reached.size;
      for (const { from, to } of TRANSITIONS) if (from.some((state) => reached.has(state))) reached.add(to);
    }
    expect([...reached].toSorted()).toEqual([...ACTION_STATES].toSorted());
  });

  test("ends where it says it ends", () => {
    const leaving = new Set<ActionState>(TRANSITIONS.flatMap(({ from }) => from));
    expect(ACTION_STATES.filter((state) => !leaving.has(state)).toSorted()).toEqual([...TERMINAL].toSorted());
    for (const state of TERMINAL) expect([state, legalMoves(state)]).toEqual([state, []]);
  });

  test("runs only what was approved, and approves only by the last approval, by policy alone or by break-glass", () => {
    fc.assert(
      fc.property(walk, (steps) => {
        const entering = (state: ActionState) => steps.filter(({ from, to }) => to === state && from !== state);
        const unexpected = (state: ActionState, events: readonly ActionEvent[]) =>
          entering(state).filter(({ event }) => !events.includes(event));
        expect(entering("executing").filter(({ from }) => from !== "approved")).toEqual([]);
        expect(unexpected("executing", ["execute"])).toEqual([]);
        expect(
          unexpected("approved", ["approve_last", "approve_due", "submit_allowed", "dry_run_allowed", "break_glass"]),
        ).toEqual([]);
        expect(unexpected("pending", ["submit", "reopen", "withdraw_needed"])).toEqual([]);
      }),
      { numRuns: 20_000 },
    );
  });

  test("executes once: what has run is reverted or stays, and is never run again", () => {
    fc.assert(
      fc.property(walk, (steps) => {
        expect(steps.filter(({ to }) => to === "executing").length).toBeLessThanOrEqual(1);
        const ran = steps.findIndex(({ to }) => to === "executing");
        const after = ran < 0 ? [] : steps.slice(ran + 1).map(({ to }) => to);
        for (const state of after)
          expect(["executed", "failed", "unknown", "reverting", "reverted", "revert_failed"]).toContain(state);
      }),
      { numRuns: 20_000 },
    );
  });

  test("any edit before approval asks for a new dry run, and nothing is edited after it", () => {
    for (const state of ["draft", "dry_run_ok", "dry_run_failed", "pending"] as const)
      expect([state, next(state, "edit")]).toEqual([state, "draft"]);
    for (const state of ["approved", "executing", "executed", "rejected"] as const)
      expect(next(state, "edit")).toBeUndefined();
    expect(next("draft", "submit")).toBeUndefined();
  });

  test("what is asked for again is over and has no effect", () => {
    const over = [...CLONED_STATES].filter((state) => state !== "dry_run_failed");
    for (const state of over) expect([state, legalMoves(state)]).toEqual([state, []]);
    expect(SUBMITTED_STATES.filter((state) => CLONED_STATES.has(state))).toEqual([]);
    expect(CLONED_STATES.has("executed")).toBe(false);
  });

  test("what is submitted, a draft, and what is in force can still run, nothing else", () => {
    const canRun = (state: ActionState): boolean => {
      const seen = new Set<ActionState>([state]);
      for (let size = 0; size !== seen.size;) {
        size = seen.size;
        for (const { from, to } of TRANSITIONS) if (from.some((one) => seen.has(one))) seen.add(to);
      }
      return seen.has("executed");
    };
    const open: readonly ActionState[] = SUBMITTED_STATES;
    expect(open.filter((state) => !canRun(state))).toEqual([]);
    expect(ACTION_STATES.filter((state) => canRun(state) && !open.includes(state)).toSorted()).toEqual([
      "draft",
      "dry_run_failed",
      "dry_run_ok",
      "executed",
    ]);
  });
});
