import { permissionsOf, type Decision } from "@tyr/contract";
import type { ApprovalCounts } from "./policy/decide.ts";
import type { Person } from "./ports.ts";
import type { ActionRow, ApprovalRow } from "./store.ts";

type Asked = Pick<ActionRow, "requester_id" | "people_behind">;
type Approved = Asked & Pick<ActionRow, "id" | "revision" | "request_digest" | "dry_run">;

/** Whoever asked for it, themselves or by a program they own or hold a secret of. */
export function isRequester(action: Asked, subjectId: string): boolean {
  return action.requester_id === subjectId || action.people_behind.some((id) => id === subjectId);
}

/** Who approved exactly this request and dry run and did not take it back, whether or not it counts now. */
export function givenFor(action: Approved, approvals: readonly ApprovalRow[]): ReadonlySet<string> {
  const given = approvals.filter(
    (one) =>
      // What was given before approvals were signed shows nobody who gave it.
      one.statement !== null &&
      one.action_id === action.id &&
      one.revision === action.revision &&
      one.request_digest === action.request_digest &&
      one.dry_run_digest === action.dry_run?.digest &&
      one.withdrawn_at === null,
  );
  return new Set(given.map((one) => one.subject_id));
}

/**
 * The people whose approval counts now: given for exactly this request and dry run, by somebody who can still sign in
 * and may still approve, never the requester nor the people behind the program that asked. One person counts once.
 */
export function approversOf(
  action: Approved,
  approvals: readonly ApprovalRow[],
  people: readonly Person[],
): readonly Person[] {
  const given = givenFor(
    action,
    approvals.filter(({ not_before: own }) => own === null),
  );
  return people.filter(
    ({ id, roles }) => given.has(id) && !isRequester(action, id) && permissionsOf(roles).has("action:approve"),
  );
}

/**
 * Whose own approval counts in single-person mode by now, where nobody else's does: one person at most, so that it never
 * passes a gate that asks for two.
 */
export function ownApproversOf(
  action: Approved,
  approvals: readonly ApprovalRow[],
  { people, now }: Readonly<{ people: readonly Person[]; now: Date }>,
): readonly Person[] {
  const given = givenFor(
    action,
    approvals.filter(({ not_before: from }) => from !== null && from <= now),
  );
  return people.filter(({ id, roles }) => given.has(id) && permissionsOf(roles).has("action:approve")).slice(0, 1);
}

export function countApprovers(approvers: readonly Person[]): ApprovalCounts {
  const holding = (role: "approver" | "security_manager") =>
    approvers.filter(({ roles }) => roles.includes(role)).length;
  return { total: approvers.length, approver: holding("approver"), security_manager: holding("security_manager") };
}

type Requirements = Pick<Decision, "requirements">;
const fits = (roles: readonly string[], person: Person): boolean => person.roles.some((role) => roles.includes(role));

/** How many more people must approve until every gate holds. */
export function approvalsMissing({ requirements }: Requirements, approvers: readonly Person[]): number {
  const missing = requirements.map(
    ({ approvals, roles }) => approvals - approvers.filter((person) => fits(roles, person)).length,
  );
  return Math.max(0, ...missing);
}

/**
 * Says what is missing when too few other people could ever approve: a gate nobody can pass must be known at once,
 * not after the deadline.
 */
export function unsatisfiable(
  { requirements }: Requirements,
  people: readonly Person[],
  asked: Asked,
): readonly string[] {
  return requirements.flatMap(({ policyId, approvals, roles }) => {
    const able = people.filter((person) => !isRequester(asked, person.id) && fits(roles, person)).length;
    if (able >= approvals) return [];
    return [
      `${policyId} asks for ${approvals} other ${approvals === 1 ? "person" : "people"} with the role ${roles.join(" or ")}; there ${able === 1 ? "is" : "are"} ${able}`,
    ];
  });
}
