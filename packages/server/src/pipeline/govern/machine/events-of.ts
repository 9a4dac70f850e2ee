import type { ActionState, Decision, DryRun } from "@tyr/contract";
import type { ActionRow } from "../store.ts";
import type { ActionEvent } from "./transitions.ts";

// Which event a move comes to, once its guards hold. Pure: what runs in the product is what the model walks.

type Answer = Pick<Decision, "outcome">;

/** Nobody decides any more, and nothing begins, from this instant on. */
export function isOverdue({ deadline_at: deadline }: Pick<ActionRow, "deadline_at">, now: Date): boolean {
  return deadline !== null && deadline <= now;
}

export const dryRunEvent = ({ ok }: Pick<DryRun, "ok">): ActionEvent => (ok ? "dry_run_ok" : "dry_run_failed");

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
