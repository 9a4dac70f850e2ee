import type { ActionState, Decision, DryRun } from "@tyr/contract";
import type { ActionRow } from "../store.ts";
import type { MoveName } from "./moves.ts";
import { next, type ActionEvent } from "./transitions.ts";

// Which event a move comes to, once its guards hold. Pure: what runs in the product is what the model walks.

type Answer = Pick<Decision, "outcome">;

/** Nobody decides any more, and nothing begins, from this instant on. */
export function isOverdue({ deadline_at: deadline }: Pick<ActionRow, "deadline_at">, now: Date): boolean {
  return deadline !== null && deadline <= now;
}

/** Whoever asks for anything but its end finds it closed: past its deadline nothing is decided, changed or said any more. */
export function closesFirst({ state, deadline_at }: Pick<ActionRow, "state" | "deadline_at">, asked: Asked): boolean {
  const { move, now } = asked;
  return move !== "cancel" && isOverdue({ deadline_at }, now) && next(state, "pass_deadline") !== undefined;
}
type Asked = Readonly<{ move: MoveName; now: Date }>;

/** What waits for people and policy asks nobody about any more, is approved by that. */
export function dryRunEvent({ ok }: Pick<DryRun, "ok">, state: ActionState, { outcome }: Answer): ActionEvent {
  if (!ok) return "dry_run_failed";
  return state === "pending" && outcome === "allow" ? "dry_run_allowed" : "dry_run_ok";
}

/** Submitted again it would have another deadline than they signed, and keys may end until then: they are asked again. */
export const voidsApprovals = ({ ok }: Pick<DryRun, "ok">, state: ActionState): boolean => !ok && state === "pending";

/** Back to the people, where policy asks for any about the target as it is now. */
export const reopenEvent = ({ ok }: Pick<DryRun, "ok">, { outcome }: Answer): ActionEvent =>
  ok && outcome === "allow" ? "reopen_allowed" : "reopen";

export const submitEvent = ({ outcome }: Answer): ActionEvent => (outcome === "allow" ? "submit_allowed" : "submit");

/** The last approval is the one with which policy allows it. */
export const approveEvent = ({ outcome }: Answer): ActionEvent => (outcome === "allow" ? "approve_last" : "approve");

/** Approved without the approval that is taken back, or waiting again. */
export function withdrawEvent(state: ActionState, { outcome }: Answer): ActionEvent {
  return state === "approved" && outcome !== "allow" ? "withdraw_needed" : "withdraw";
}

type Turn = Readonly<{ action: Pick<ActionRow, "deadline_at">; now: Date; decision: Answer }>;

/** What stands in the way of an approved action when its turn comes, before its target is looked at. */
export function turnedAway({ action, now, decision: { outcome } }: Turn): ActionEvent | undefined {
  if (isOverdue(action, now)) return "pass_deadline";
  if (outcome === "allow") return undefined;
  // More approvals, if those would do; otherwise it never runs.
  return outcome === "require_approval" ? "reopen" : "deny";
}

const sameLines = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, at) => line === b[at]);

type Looked = Readonly<{ action: Pick<ActionRow, "dry_run">; seen: readonly string[]; approvers: number }>;

/** People decided about a target as the dry run saw it; as it is now they did not. Nobody decided: policy alone did. */
export function beginEvent({ action, seen, approvers }: Looked): ActionEvent {
  return approvers > 0 && !sameLines(seen, action.dry_run?.before ?? []) ? "reopen" : "execute";
}

/** Once the delay of one's own approval passed: approved where policy allows it by now; undefined: it waits on. */
export function dueEvent({ outcome }: Answer): ActionEvent | undefined {
  return outcome === "allow" ? "approve_due" : undefined;
}
