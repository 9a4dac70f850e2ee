import type { RuleFigures, RuleStateName } from "@tyr/contract";

export const RULE_STATES = ["enabled", "disabled", "clipped", "muted"] as const satisfies readonly RuleStateName[];

/** What a state does, in one sentence each. */
export const STATE_WORDS: Readonly<Record<RuleStateName, string>> = {
  enabled: "It is asked about every event, and what it finds counts in full.",
  disabled: "It is not asked at all, and feeds no correlation.",
  clipped: "It is asked; its tags are at most as sure as the ceiling.",
  muted: "It is asked and feeds correlations; its own findings are counted and not stored.",
};

type Reach = RuleFigures["reach"]["reach"];

export const REACH_WORDS: Readonly<Record<Reach, Readonly<{ short: string; long: string }>>> = {
  fires: { short: "it fires", long: "It found something in this time." },
  "no-match": {
    short: "yes, no match yet",
    long: "Its log source and its fields come in; no event had the values it looks for.",
  },
  "no-field": {
    short: "no, a field is missing",
    long: "Its log source comes in, but each way to its condition asks for a field no event had.",
  },
  unseen: { short: "no, no such events", long: "No event of a log source it names came in." },
  unknown: { short: "unknown", long: "Nothing was seen yet, and it is watched for less than the time looked at." },
};

/** `97 %`, `4.2 %`, `under 0.1 %`: as many digits as say something. */
export function percent(part: number): string {
  const whole = part * 100;
  if (whole === 0 || whole >= 9.95) return `${Math.round(whole)} %`;
  return whole < 0.1 ? "under 0.1 %" : `${whole.toFixed(1)} %`;
}
