import type { PolicyProblem } from "@tyr/contract";
import type { PolicyCase } from "./cases.ts";
import { decide, type ApprovalCounts } from "./decide.ts";
import type { Engine } from "./engine.ts";
import type { Policy } from "./read-policy.ts";

type Gate = NonNullable<Policy["gate"]>;

/** Approvals of so many people holding each of these roles, and of nobody else. */
function approvalsOf({ roles }: Gate, people: number): ApprovalCounts {
  const holding = (role: "approver" | "security_manager") => (roles.includes(role) ? people : 0);
  return { total: people, approver: holding("approver"), security_manager: holding("security_manager") };
}

/** As many people as one likes, none of whom holds a role the gate names. */
function approvalsOfOthers({ roles }: Gate): ApprovalCounts {
  const holding = (role: "approver" | "security_manager") => (roles.includes(role) ? 0 : 99);
  const [approver, security_manager] = [holding("approver"), holding("security_manager")];
  return { total: Math.max(approver, security_manager), approver, security_manager };
}

function misfit(engine: Engine, { id, gate }: Readonly<{ id: string; gate: Gate }>, one: PolicyCase) {
  const stillDecides = (approvals: ApprovalCounts): boolean => {
    const input = { ...one.input, context: { ...one.input.context, approvals } };
    return decide(engine, input, new Date(0)).reasons.some(({ policyId }) => policyId === id);
  };
  const people = `${gate.approvals} ${gate.approvals === 1 ? "approval" : "approvals"}`;
  if (stillDecides(approvalsOf(gate, gate.approvals)))
    return `its condition still holds with the ${people} it names, in the example "${one.name}"`;
  if (!stillDecides(approvalsOf(gate, gate.approvals - 1)))
    return `its condition is content with fewer than the ${people} it names, in the example "${one.name}"`;
  const alone = gate.roles.find((role) => stillDecides(approvalsOf({ ...gate, roles: [role] }, gate.approvals)));
  if (alone !== undefined) return `its condition does not count approvals of ${alone}, in the example "${one.name}"`;
  if (!stillDecides(approvalsOfOthers(gate)))
    return `its condition counts approvals of others than ${gate.roles.join(", ")}, in the example "${one.name}"`;
  return undefined;
}

/**
 * Gates whose condition asks for something else than `@approvals` and `@approver_roles` say: with exactly those approvals
 * a gate must not decide, with one fewer or with those of others it must. Tried on each example that it decides.
 */
export function unfitGates(engine: Engine, cases: readonly PolicyCase[]): PolicyProblem[] {
  return [...engine.bundle.policies.values()].flatMap(({ id, gate }): PolicyProblem[] => {
    if (gate === undefined) return [];
    const deciding = cases.filter(({ expect, by }) => expect === "require_approval" && by.includes(id));
    const message =
      deciding.length === 0
        ? "no example needs its approvals"
        : deciding.map((one) => misfit(engine, { id, gate }, one)).find((why) => why !== undefined);
    return message === undefined ? [] : [{ kind: "gate", where: id, message }];
  });
}
