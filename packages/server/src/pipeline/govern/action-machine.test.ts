import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ACTION_STATES, type ActionState, type Decision, type Role, type SubjectId } from "@tyr/contract";
import { ACTION_EVENTS, legalMoves, next, OPEN_STATES, TRANSITIONS, type ActionEvent } from "./action-machine.ts";
import { approvalsMissing, approversOf, countApprovers, unsatisfiable } from "./count-approvals.ts";
import type { Person } from "./ports.ts";
import type { ApprovalRow } from "./store.ts";

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

  test("runs only what was approved, and approves only by the last approval or by policy alone", () => {
    fc.assert(
      fc.property(walk, (steps) => {
        const entering = (state: ActionState) => steps.filter(({ from, to }) => to === state && from !== state);
        const unexpected = (state: ActionState, events: readonly ActionEvent[]) =>
          entering(state).filter(({ event }) => !events.includes(event));
        expect(entering("executing").filter(({ from }) => from !== "approved")).toEqual([]);
        expect(unexpected("executing", ["execute"])).toEqual([]);
        expect(unexpected("approved", ["approve_last", "submit_allowed"])).toEqual([]);
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

  test("any edit before submission asks for a new dry run, and nothing is edited after it", () => {
    expect(["draft", "dry_run_ok", "dry_run_failed"].map((state) => next(state as ActionState, "edit"))).toEqual([
      "draft",
      "draft",
      "draft",
    ]);
    for (const state of ["pending", "approved", "executing", "executed"] as const)
      expect(next(state, "edit")).toBeUndefined();
    expect(next("draft", "submit")).toBeUndefined();
  });

  test("open states are those from which it can still run", () => {
    const canRun = (state: ActionState): boolean => {
      const seen = new Set<ActionState>([state]);
      for (let size = 0; size !== seen.size;) {
        size = seen.size;
        for (const { from, to } of TRANSITIONS) if (from.some((one) => seen.has(one))) seen.add(to);
      }
      return seen.has("executed");
    };
    const open: readonly ActionState[] = OPEN_STATES;
    expect(open.filter((state) => !canRun(state))).toEqual([]);
    expect(ACTION_STATES.filter((state) => canRun(state) && !open.includes(state)).toSorted()).toEqual([
      "dry_run_failed",
      "executed",
    ]);
  });
});

const subject = (n: number): SubjectId => `usr_${n}` as SubjectId;
const roles = fc.uniqueArray(
  fc.constantFrom<Role>("viewer", "analyst", "approver", "security_manager", "admin", "executor"),
  { maxLength: 3 },
);
const people = fc
  .uniqueArray(fc.record({ n: fc.nat(6), roles }), { selector: ({ n }) => n })
  .map((list) => list.map(({ n, roles: held }): Person => ({ id: subject(n), roles: held })));
const approval = fc.record({
  n: fc.nat(6),
  request: fc.constantFrom("request", "older request"),
  dryRun: fc.constantFrom("dry run", "older dry run"),
  revision: fc.constantFrom(1, 2),
  withdrawn: fc.boolean(),
});
const toRow = ({
  n,
  request,
  dryRun,
  revision,
  withdrawn,
}: typeof approval extends fc.Arbitrary<infer A> ? A : never) =>
  ({
    action_id: "act_1",
    subject_id: subject(n),
    request_digest: request,
    dry_run_digest: dryRun,
    revision,
    withdrawn_at: withdrawn ? new Date(0) : null,
    // The rest of the row does not matter to the count.
  }) as Partial<ApprovalRow> as ApprovalRow;
const action = {
  id: "act_1",
  revision: 2,
  request_digest: "request",
  requester_id: subject(0),
  people_behind: [subject(6)],
  dry_run: { digest: "dry run" },
} as unknown as Parameters<typeof approversOf>[0];
const gates = (...approvals: number[]): Pick<Decision, "requirements"> => ({
  requirements: approvals.map((count, n) => ({
    policyId: `gate-${n}`,
    approvals: count,
    roles: ["approver", "security_manager"],
  })),
});

describe("what counts as an approval", () => {
  test("distinct people, active now, who may approve now, never the requester, for exactly this request and dry run", () => {
    fc.assert(
      fc.property(people, fc.array(approval, { maxLength: 12 }), (active, given) => {
        const counted = approversOf(action, given.map(toRow), active);
        expect(new Set(counted.map(({ id }) => id)).size).toBe(counted.length);
        for (const { id, roles: held } of counted) {
          expect(id).not.toBe(action.requester_id);
          expect(action.people_behind).not.toContain(id);
          expect(held.some((role) => role === "approver" || role === "security_manager")).toBe(true);
          const exact = given.some(
            (one) =>
              subject(one.n) === id &&
              one.request === "request" &&
              one.dryRun === "dry run" &&
              one.revision === 2 &&
              !one.withdrawn,
          );
          expect(exact).toBe(true);
        }
        const total = countApprovers(counted);
        expect(total.total).toBe(counted.length);
        expect(Math.max(total.approver, total.security_manager)).toBeLessThanOrEqual(total.total);
      }),
      { numRuns: 2_000 },
    );
  });

  test("the same person's approval sent twenty times is one approval", () => {
    const one = toRow({ n: 1, request: "request", dryRun: "dry run", revision: 2, withdrawn: false });
    const active = [{ id: subject(1), roles: ["approver" as const] }];
    expect(
      approversOf(
        action,
        Array.from({ length: 20 }, () => one),
        active,
      ),
    ).toHaveLength(1);
  });

  test("several gates must all hold: the largest gap counts, never the sum and never the smallest", () => {
    const ben = { id: subject(1), roles: ["approver" as const] };
    expect(approvalsMissing(gates(1, 2), [])).toBe(2);
    expect(approvalsMissing(gates(1, 2), [ben])).toBe(1);
    expect(approvalsMissing(gates(), [])).toBe(0);
  });

  test("a gate that nobody but the requester could pass is named", () => {
    const cleo = { id: subject(0), roles: ["security_manager" as const] };
    const askedBy = (n: number) => ({ requester_id: subject(n), people_behind: [] });
    const behind = { requester_id: "svc_soar", people_behind: [subject(0)] };
    expect(unsatisfiable(gates(1), [cleo], behind)).toHaveLength(1);
    expect(unsatisfiable(gates(1), [cleo], askedBy(0))).toEqual([
      "gate-0 asks for 1 other person with the role approver or security_manager; there are 0",
    ]);
    expect(unsatisfiable(gates(1), [cleo], askedBy(1))).toEqual([]);
  });
});
