import type { NewDetection } from "../detection.ts";
import type { AppliedStates } from "./rule-state.ts";
import type { Suppressed } from "./state-store.ts";

/** Findings of one batch: those to be stored, and how many of muted rules are only counted. */
export type SetAside = Readonly<{ shown: readonly NewDetection[]; suppressed: readonly Suppressed[] }>;

/** A muted rule was asked and feeds correlations as ever; its own findings go no further than a count. */
export function setAside(found: readonly NewDetection[], states: AppliedStates): SetAside {
  if (states.size === 0) return { shown: found, suppressed: [] };
  const isMuted = ({ ruleId }: NewDetection): boolean => states.get(ruleId)?.state === "muted";
  const muted = new Map(found.filter(isMuted).map((one) => [one.id, one]));
  const byRule = Map.groupBy(muted.values(), ({ ruleId }) => ruleId);
  const suppressed = [...byRule].map(([ruleId, all]): Suppressed => {
    const lastMs = all.reduce((last, { time }) => Math.max(last, time.getTime()), 0);
    return { ruleId, detections: all.length, lastAt: new Date(lastMs) };
  });
  return { shown: found.filter((one) => !isMuted(one)), suppressed };
}
