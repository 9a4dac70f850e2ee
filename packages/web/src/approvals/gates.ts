import type { Action, Approval } from "@tyr/contract";

/** What a policy asks for before it lets an action run, and how far that is. */
export type Gate = Readonly<{
  policyIds: readonly string[];
  approvals: number;
  roles: readonly string[];
  /** Who counts towards it, each person once. */
  given: readonly Approval[];
  isOpen: boolean;
}>;

const key = (approvals: number, roles: readonly string[]): string => `${approvals} ${roles.toSorted().join()}`;

/** All gates of a decision: every one has to open. Two policies that ask for the same are one gate with two names. */
export function gatesOf({ decision, approvals: all }: Pick<Action, "decision" | "approvals">): readonly Gate[] {
  const gates = new Map<string, Gate>();
  for (const { policyId, approvals, roles } of decision?.requirements ?? []) {
    const known = gates.get(key(approvals, roles));
    const given = known?.given ?? all.filter((one) => one.counts && one.roles.some((role) => roles.includes(role)));
    gates.set(key(approvals, roles), {
      policyIds: [...(known?.policyIds ?? []), policyId],
      approvals,
      roles,
      given,
      isOpen: given.length >= approvals,
    });
  }
  return [...gates.values()];
}
