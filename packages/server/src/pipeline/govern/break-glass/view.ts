import type { BreakGlass } from "@tyr/contract";
import type { BreakGlassRow } from "./store.ts";

export function viewBreakGlass(row: BreakGlassRow): BreakGlass {
  const { reviewer: by, reviewed_at: at, verdict, review: text } = row;
  const isReviewed = by !== null && at !== null && verdict !== null && text !== null;
  return {
    id: row.id,
    actionId: row.action_id,
    by: row.actor,
    at: row.at.toISOString(),
    reason: row.reason,
    review: isReviewed ? { by, at: at.toISOString(), verdict, text } : null,
  };
}
