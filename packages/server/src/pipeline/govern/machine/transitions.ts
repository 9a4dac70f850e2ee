import type { ActionState } from "@tyr/contract";

/** What can happen to an action. Names are verbs as people and the log use them. */
export const ACTION_EVENTS = [
  "edit",
  "dry_run_ok",
  "dry_run_failed",
  "dry_run_allowed",
  "submit",
  "submit_allowed",
  "approve",
  "approve_last",
  "approve_due",
  "break_glass",
  "reject",
  "withdraw",
  "withdraw_needed",
  "pass_deadline",
  "cancel",
  "execute",
  "reopen",
  "reopen_allowed",
  "deny",
  "succeed",
  "fail",
  "lose",
  "settle_executed",
  "settle_failed",
  "revert",
  "revert_done",
  "revert_failed",
] as const;
export type ActionEvent = (typeof ACTION_EVENTS)[number];

export type TransitionRow = Readonly<{ from: readonly ActionState[]; event: ActionEvent; to: ActionState }>;

const DRAFTED = ["draft", "dry_run_ok", "dry_run_failed"] as const;

/**
 * Every move there is. A pair that is not here is refused, and the refusal is logged. Guards (who, what is due) are
 * checked where the event is made; no guard can add a move.
 */
export const TRANSITIONS: readonly TransitionRow[] = [
  // Any edit is a new revision: its dry run and approvals are void.
  { from: [...DRAFTED, "pending"], event: "edit", to: "draft" },
  { from: DRAFTED, event: "dry_run_ok", to: "dry_run_ok" },
  { from: DRAFTED, event: "dry_run_failed", to: "dry_run_failed" },
  // A waiting action whose target changed is looked at again; approvals of the old dry run stop counting.
  { from: ["pending"], event: "dry_run_ok", to: "pending" },
  { from: ["pending"], event: "dry_run_failed", to: "dry_run_failed" },
  // Policy asks for nobody any more: there is nobody it could wait for.
  { from: ["pending"], event: "dry_run_allowed", to: "approved" },
  { from: ["dry_run_ok"], event: "submit", to: "pending" },
  { from: ["dry_run_ok"], event: "submit_allowed", to: "approved" },
  { from: ["pending"], event: "approve", to: "pending" },
  { from: ["pending"], event: "approve_last", to: "approved" },
  // One's own approval counts by now: single-person mode.
  { from: ["pending"], event: "approve_due", to: "approved" },
  // Without the approvals it asks for, in an emergency: what it may do is asked of policy under a name of its own.
  { from: ["dry_run_ok", "pending"], event: "break_glass", to: "approved" },
  { from: ["pending"], event: "reject", to: "rejected" },
  { from: ["pending"], event: "withdraw", to: "pending" },
  { from: ["approved"], event: "withdraw", to: "approved" },
  { from: ["approved"], event: "withdraw_needed", to: "pending" },
  { from: ["pending", "approved"], event: "pass_deadline", to: "expired" },
  { from: [...DRAFTED, "pending", "approved"], event: "cancel", to: "cancelled" },
  { from: ["approved"], event: "execute", to: "executing" },
  // Policy asks for more than it did, or the target is not as the dry run saw it: back to the people.
  { from: ["approved"], event: "reopen", to: "pending" },
  // The target changed, and as it is now policy asks for nobody.
  { from: ["approved"], event: "reopen_allowed", to: "approved" },
  // Policy would not even take the request any more: it never runs.
  { from: ["approved"], event: "deny", to: "failed" },
  { from: ["executing"], event: "succeed", to: "executed" },
  { from: ["executing"], event: "fail", to: "failed" },
  { from: ["executing"], event: "lose", to: "unknown" },
  { from: ["unknown"], event: "settle_executed", to: "executed" },
  { from: ["unknown"], event: "settle_failed", to: "failed" },
  { from: ["executed", "revert_failed"], event: "revert", to: "reverting" },
  { from: ["reverting"], event: "revert_done", to: "reverted" },
  { from: ["reverting"], event: "revert_failed", to: "revert_failed" },
];

/** Not begun: what is decided about it, and by whom, may still change. */
export const UNSTARTED_STATES = [...DRAFTED, "pending", "approved"] as const satisfies readonly ActionState[];

type Next = (state: ActionState, event: ActionEvent) => ActionState | undefined;

export function nextIn(rows: readonly TransitionRow[]): Next {
  const table = new Map<string, ActionState>(
    rows.flatMap(({ from, event, to }) => from.map((state) => [`${state} ${event}`, to] as const)),
  );
  return (state, event) => table.get(`${state} ${event}`);
}

/** Where the event leads from this state, or undefined when there is no such move. */
export const next: Next = nextIn(TRANSITIONS);

/** Submitted and on its way: a second action for the same target would be one too many. What is only tried is not. */
export const SUBMITTED_STATES = [
  "pending",
  "approved",
  "executing",
  "unknown",
] as const satisfies readonly ActionState[];

/** Over and without effect: it may be asked for again, as another action. */
export const CLONED_STATES: ReadonlySet<ActionState> = new Set([
  "dry_run_failed",
  "rejected",
  "expired",
  "cancelled",
  "failed",
  "reverted",
]);
