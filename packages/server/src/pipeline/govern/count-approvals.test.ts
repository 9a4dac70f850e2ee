import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Decision, Role, SubjectId } from "@tyr/contract";
import { approvalsMissing, approversOf, countApprovers, unsatisfiable } from "./count-approvals.ts";
import type { Person } from "./ports.ts";
import type { ApprovalRow } from "./store.ts";

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
  signed: fc.boolean(),
});
const toRow = ({
  n,
  request,
  dryRun,
  revision,
  withdrawn,
  signed,
}: typeof approval extends fc.Arbitrary<infer A> ? A : never) =>
  ({
    action_id: "act_1",
    subject_id: subject(n),
    request_digest: request,
    dry_run_digest: dryRun,
    revision,
    withdrawn_at: withdrawn ? new Date(0) : null,
    statement: signed ? "{}" : null,
    not_before: null,
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
              one.signed &&
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
    const one = toRow({ n: 1, request: "request", dryRun: "dry run", revision: 2, withdrawn: false, signed: true });
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
