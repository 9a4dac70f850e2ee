import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Decision, Role, SubjectId } from "@tyr/contract";
import { approvalsMissing, approversOf, countApprovers } from "./count-approvals.ts";
import type { Standing } from "./delegations/standing.ts";
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
    delegation_id: null,
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
        const counted = approversOf(action, given.map(toRow), { people: active, standings: [] });
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
        { people: active, standings: [] },
      ),
    ).toHaveLength(1);
  });

  test("several gates must all hold: the largest gap counts, never the sum and never the smallest", () => {
    const ben = { id: subject(1), roles: ["approver" as const] };
    expect(approvalsMissing(gates(1, 2), [])).toBe(2);
    expect(approvalsMissing(gates(1, 2), [ben])).toBe(1);
    expect(approvalsMissing(gates(), [])).toBe(0);
  });
});

describe("what counts in somebody's place", () => {
  const given = (n: number, delegation: string | null): ApprovalRow => ({
    ...toRow({ n, request: "request", dryRun: "dry run", revision: 2, withdrawn: false, signed: true }),
    delegation_id: delegation as ApprovalRow["delegation_id"],
  });
  const lent = (id: string, [from, to]: readonly [number, number], role: Role = "approver"): Standing => ({
    id: id as Standing["id"],
    from: subject(from),
    to: subject(to),
    roles: [role],
  });
  const approvers = (...who: number[]): Person[] => who.map((n) => ({ id: subject(n), roles: ["approver"] }));
  const counted = (rows: ApprovalRow[], people: Person[], standings: Standing[]) =>
    approversOf(action, rows, { people, standings }).map(({ id, roles: held }) => [id, ...held]);

  test("a stand-in counts with the roles of whoever they stand in for, and as themselves", () => {
    expect(counted([given(3, "dlg_a")], approvers(1), [lent("dlg_a", [1, 3], "security_manager")])).toEqual([
      [subject(3), "security_manager"],
    ]);
  });

  test("one person who stands in for two, or approves in their own name too, is one person", () => {
    const standings = [lent("dlg_a", [1, 3]), lent("dlg_b", [2, 3])];
    const both = [given(3, "dlg_a"), given(3, "dlg_b")];
    expect(counted(both, approvers(1, 2), standings)).toHaveLength(1);
    expect(counted([...both, given(3, null)], approvers(1, 2, 3), standings)).toEqual([[subject(3), "approver"]]);
  });

  test("one person's approving counts once, whoever of two uses it, and whether or not they approved themselves", () => {
    const standings = [lent("dlg_a", [1, 3]), lent("dlg_b", [1, 4])];
    const both = [given(3, "dlg_a"), given(4, "dlg_b")];
    expect(counted(both, approvers(1), standings)).toHaveLength(1);
    expect(counted([...both, given(1, null)], approvers(1), standings)).toEqual([[subject(1), "approver"]]);
  });

  test("nothing counts by a delegation that does not hold, or was not given to them", () => {
    expect(counted([given(3, "dlg_a")], approvers(1), [])).toEqual([]);
    expect(counted([given(4, "dlg_a")], approvers(1), [lent("dlg_a", [1, 3])])).toEqual([]);
  });

  test("what the requester or the people behind a program handed over never counts, nor do they for another", () => {
    for (const n of [0, 6]) {
      expect(counted([given(3, "dlg_a")], approvers(n), [lent("dlg_a", [n, 3])])).toEqual([]);
      expect(counted([given(n, "dlg_a")], approvers(1), [lent("dlg_a", [1, n])])).toEqual([]);
    }
  });
});
