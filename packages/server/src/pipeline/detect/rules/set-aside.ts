import type { NewDetection } from "../detection.ts";
import { CONFIDENCE_MIN } from "../tag.ts";
import type { AppliedStates } from "./rule-state.ts";
import type { Suppressed } from "./state-store.ts";

/** Findings of one batch: those to be stored, and how many of muted rules are only counted. */
export type SetAside = Readonly<{ shown: readonly NewDetection[]; suppressed: readonly Suppressed[] }>;

/**
 * What goes on of findings, by the states that count when they are written: a rule may have been set otherwise since its
 * events were looked at. A muted rule was asked and feeds correlations as ever; its own findings go no further than a count.
 * Of one switched off meanwhile nothing is left, of one clipped no more than its ceiling.
 */
export function setAside(found: readonly NewDetection[], states: AppliedStates): SetAside {
  if (states.size === 0) return { shown: found, suppressed: [] };
  const stateOf = ({ ruleId }: NewDetection) => states.get(ruleId)?.state;
  const muted = new Map(found.filter((one) => stateOf(one) === "muted").map((one) => [one.id, one]));
  const byRule = Map.groupBy(muted.values(), ({ ruleId }) => ruleId);
  const suppressed = [...byRule].map(([ruleId, all]): Suppressed => {
    const lastMs = all.reduce((last, { time }) => Math.max(last, time.getTime()), 0);
    return { ruleId, detections: all.length, lastAt: new Date(lastMs) };
  });
  const shown = found.filter((one) => stateOf(one) === undefined || stateOf(one) === "clipped");
  return { shown: shown.map((one) => underCeiling(one, states)), suppressed };
}

function underCeiling(one: NewDetection, states: AppliedStates): NewDetection {
  const max = states.get(one.ruleId)?.confidenceMax ?? 1;
  if (one.tags.every(({ confidence }) => confidence <= max)) return one;
  const clipped = one.tags.map((tag) => ({ ...tag, confidence: Math.min(tag.confidence, max) }));
  return { ...one, tags: clipped.filter(({ confidence }) => confidence >= CONFIDENCE_MIN) };
}
