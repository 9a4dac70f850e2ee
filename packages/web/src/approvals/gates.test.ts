import type { Action, Approval } from "@tyr/contract";
import { expect, test } from "vitest";
import { gatesOf } from "./gates.ts";

const approval = (name: string, role: string, counts = true): Approval => ({
  id: "apr_019c2a5d-ac96-774b-bcce-000000000001",
  by: { kind: "person", id: `sub_${name}`, name },
  roles: [role],
  at: "2026-11-22T10:00:00.000Z",
  comment: null,
  counts,
});

const decided = (
  requirements: NonNullable<Action["decision"]>["requirements"],
  approvals: readonly Approval[],
): Pick<Action, "decision" | "approvals"> => ({
  decision: {
    outcome: "require_approval",
    reasons: [],
    requirements,
    bundleDigest: "",
    at: "2026-11-22T10:00:00.000Z",
  },
  approvals: [...approvals],
});

const ANY = ["approver", "security_manager"];

test("two policies that ask for the same are one gate with two names", () => {
  const gates = gatesOf(
    decided(
      [
        { policyId: "a", approvals: 1, roles: ANY },
        { policyId: "b", approvals: 1, roles: ANY.toReversed() },
      ],
      [],
    ),
  );
  expect(gates.map(({ policyIds, isOpen }) => [policyIds, isOpen])).toEqual([[["a", "b"], false]]);
});

test("one person counts towards every gate whose role they hold, and opens only what has enough", () => {
  const gates = gatesOf(
    decided(
      [
        { policyId: "two-people", approvals: 2, roles: ANY },
        { policyId: "a-manager", approvals: 1, roles: ["security_manager"] },
      ],
      [approval("mara", "security_manager")],
    ),
  );
  expect(gates.map(({ given, isOpen }) => [given.length, isOpen])).toEqual([
    [1, false],
    [1, true],
  ]);
});

test("an approval that does not count, or of another role, opens nothing", () => {
  const gates = gatesOf(
    decided(
      [{ policyId: "a-manager", approvals: 1, roles: ["security_manager"] }],
      [approval("mara", "security_manager", false), approval("jonas", "approver")],
    ),
  );
  expect(gates.map(({ given, isOpen }) => [given.length, isOpen])).toEqual([[0, false]]);
});

test("without a decision there are no gates", () => {
  expect(gatesOf({ decision: null, approvals: [] })).toEqual([]);
});
