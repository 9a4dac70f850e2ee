import type { RetentionLine } from "@tyr/contract";

/** What stays although it is old enough, and why: as the run says it. */
export function heldText(held: RetentionLine["held"]): string {
  return held.map(({ why, records }) => `${why}: ${records.toLocaleString("en")}`).join(", ");
}

/** Records that a run would remove now. */
export function goesNow({ due, held }: Pick<RetentionLine, "due" | "held">): number {
  return due - held.reduce((sum, one) => sum + one.records, 0);
}
