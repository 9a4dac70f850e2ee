import { ACTION_TYPE_FACTS, type IncidentId, type TimelineItem } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { listMovesOfIncident, type MoveRow } from "./store.ts";

/** What happened, as a line of an incident's timeline reads it. Moves that say nothing new to people are left out. */
const TITLES: Readonly<Record<string, string>> = {
  create: "Action requested",
  dry_run_failed: "Dry run failed",
  submit: "Waits for approval",
  submit_allowed: "Allowed by policy",
  approve: "Approved, more approvals needed",
  approve_last: "Approved",
  reject: "Rejected",
  withdraw: "Approval taken back",
  withdraw_needed: "Approval taken back",
  pass_deadline: "Expired without a decision",
  cancel: "Cancelled",
  reopen: "Back to the approvers",
  deny: "Denied at execution",
  succeed: "Executed",
  fail: "Failed",
  revert_done: "Reverted",
  revert_failed: "Revert failed",
};

function toItem(move: MoveRow, title: string): TimelineItem {
  return {
    at: move.at.toISOString(),
    kind: "action",
    title: `${title}: ${ACTION_TYPE_FACTS[move.type].verb} ${move.target}`,
    text: move.note ?? "",
    severity: null,
    actor: move.actor,
    ref: move.action_id,
    facts: { event: move.event, from: move.from_state, to: move.to_state, target: move.target },
  };
}

/** The actions of an incident as lines of its timeline, oldest first. */
export async function listActionTimeline(db: ReadDatabase, incidentId: IncidentId): Promise<readonly TimelineItem[]> {
  const moves = await listMovesOfIncident(db, incidentId);
  return moves.flatMap((move) => {
    const title = TITLES[move.event];
    return title === undefined ? [] : [toItem(move, title)];
  });
}
