import { permissionsOf, type Decision } from "@tyr/contract";
import type { Standing } from "./delegations/standing.ts";
import type { Electorate } from "./electorate.ts";
import type { ApprovalCounts } from "./policy/decide.ts";
import type { Person } from "./ports.ts";
import type { ActionRow, ApprovalRow } from "./store.ts";

export type Asked = Pick<ActionRow, "requester_id" | "people_behind">;
type Approved = Asked & Pick<ActionRow, "id" | "revision" | "request_digest" | "dry_run">;

/** Whoever asked for it, themselves or by a program they own or hold a secret of. */
export function isRequester(action: Asked, subjectId: string): boolean {
  return action.requester_id === subjectId || action.people_behind.some((id) => id === subjectId);
}

/** Approvals of exactly this request and dry run that nobody took back, whether or not they count now. */
export function exactlyFor(action: Approved, approvals: readonly ApprovalRow[]): readonly ApprovalRow[] {
  return approvals.filter(
    (one) =>
      // What was given before approvals were signed shows nobody who gave it.
      one.statement !== null &&
      one.action_id === action.id &&
      one.revision === action.revision &&
      one.request_digest === action.request_digest &&
      one.dry_run_digest === action.dry_run?.digest &&
      one.withdrawn_at === null,
  );
}

/** Who approved exactly this request and dry run and did not take it back, whether or not it counts now. */
export function givenFor(action: Approved, approvals: readonly ApprovalRow[]): ReadonlySet<string> {
  return new Set(exactlyFor(action, approvals).map((one) => one.subject_id));
}

export const mayApprove = ({ roles }: Pick<Person, "roles">): boolean => permissionsOf(roles).has("action:approve");

/**
 * In somebody's place, by a delegation that holds now: one person counts once, and so does one person's approving, whoever
 * of those it is lent to uses it, and whether or not its owner approved too.
 */
function inPlaceOf(
  action: Asked,
  { given, standings }: Readonly<{ given: readonly ApprovalRow[]; standings: readonly Standing[] }>,
  own: readonly Person[],
): readonly Person[] {
  const used = new Set<string>(own.map(({ id }) => id));
  const signed = new Set(used);
  const counting: Person[] = [];
  for (const { id, from, to, roles } of standings) {
    const isGiven = given.some((one) => one.delegation_id === id && one.subject_id === to);
    const isTheirs = isRequester(action, from) || isRequester(action, to);
    if (!isGiven || isTheirs || used.has(from) || signed.has(to)) continue;
    used.add(from);
    signed.add(to);
    counting.push({ id: to, roles });
  }
  return counting;
}

/**
 * The people whose approval counts now: given for exactly this request and dry run, by somebody who can still sign in
 * and may still approve, or stands in for somebody who may; never the requester nor the people behind the program that
 * asked. One person counts once. `roles` are those they approve with.
 */
export function approversOf(
  action: Approved,
  approvals: readonly ApprovalRow[],
  { people, standings }: Electorate,
): readonly Person[] {
  const given = exactlyFor(action, approvals).filter(({ not_before: own }) => own === null);
  const inPerson = new Set<string>(given.filter((one) => one.delegation_id === null).map((one) => one.subject_id));
  const own = people.filter((one) => inPerson.has(one.id) && !isRequester(action, one.id) && mayApprove(one));
  return [...own, ...inPlaceOf(action, { given, standings }, own)];
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
  return people.filter((one) => given.has(one.id) && mayApprove(one)).slice(0, 1);
}

export function countApprovers(approvers: readonly Person[]): ApprovalCounts {
  const holding = (role: "approver" | "security_manager") =>
    approvers.filter(({ roles }) => roles.includes(role)).length;
  return { total: approvers.length, approver: holding("approver"), security_manager: holding("security_manager") };
}

/** How many more people must approve until every gate holds. */
export function approvalsMissing(
  { requirements }: Pick<Decision, "requirements">,
  approvers: readonly Person[],
): number {
  const missing = requirements.map(
    ({ approvals, roles }) =>
      approvals - approvers.filter((one) => one.roles.some((role) => roles.includes(role))).length,
  );
  return Math.max(0, ...missing);
}
