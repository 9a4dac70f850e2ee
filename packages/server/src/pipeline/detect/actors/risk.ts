import type { Risk, RiskContribution } from "@tyr/contract";
import type { RulePoints } from "./observation.ts";

/** As an incident counts: one rule adds at most twice its points, and a risk is at most 100. */
const REPEATS_COUNTED = 2;
const RISK_MAX = 100;

function lineOf([ruleId, { title, points, detections }]: readonly [string, RulePoints]): RiskContribution {
  const counted = Math.min(detections, REPEATS_COUNTED);
  const times = `${detections} detection${detections === 1 ? "" : "s"} × ${points} points`;
  const reason = detections > counted ? `${times}, capped at ${points * counted} for one rule` : times;
  return { ruleId, ruleTitle: title, points: points * counted, detections, reason };
}

/** The risk of one address with what it is made of, most points first; the lines add up to the score. */
export function riskOf(points: Readonly<Record<string, RulePoints>>): Risk {
  const lines = Object.entries(points)
    .map(lineOf)
    .filter((line) => line.points > 0)
    .toSorted((a, b) => b.points - a.points || (a.ruleId < b.ruleId ? -1 : 1));
  const sum = lines.reduce((total, line) => total + line.points, 0);
  const over = sum - RISK_MAX;
  if (over <= 0) return { score: sum, contributions: lines };
  const reason = `the points add up to ${sum}, a risk is at most ${RISK_MAX}`;
  const cap = { ruleId: "cap", ruleTitle: `Capped at ${RISK_MAX}`, points: -over, detections: 0, reason };
  return { score: RISK_MAX, contributions: [...lines, cap] };
}
