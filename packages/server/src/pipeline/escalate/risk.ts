import { RISK_THRESHOLDS, worstSeverity, type RiskContribution, type Severity } from "@tyr/contract";
import type { Contribution } from "./incident.ts";

/** One rule adds at most this many times the points of one detection, so that repeating one thing is not many things. */
const REPEATS_COUNTED = 2;
const RISK_MAX = 100;
const THRESHOLDS = [
  ["critical", RISK_THRESHOLDS.critical],
  ["high", RISK_THRESHOLDS.high],
  ["medium", RISK_THRESHOLDS.medium],
  ["low", 1],
] as const satisfies readonly (readonly [Severity, number])[];

/** A contribution as listed, with the arithmetic in words. */
export function listed({ ruleId, ruleTitle, pointsEach, detections }: Contribution): RiskContribution {
  const whole = pointsEach * detections;
  const cap = pointsEach * REPEATS_COUNTED;
  const points = Math.min(whole, cap);
  const times = `${detections} detection${detections === 1 ? "" : "s"} × ${pointsEach} points`;
  const reason = whole > cap ? `${times}, capped at ${cap} for one rule` : times;
  return { ruleId, ruleTitle, points, detections, reason };
}

const sumOf = (contributions: readonly Contribution[]): number =>
  contributions.reduce((total, one) => total + listed(one).points, 0);

/** The sum of the listed points, at most 100. */
export function riskOf(contributions: readonly Contribution[]): number {
  return Math.min(sumOf(contributions), RISK_MAX);
}

/** Names the line of the cap where others name their rule. */
const CAP_LINE = "cap";

/** What a score is made of. The points add up to it always: what is over 100 is taken off by a line of its own. */
export function listedRisk(contributions: readonly Contribution[]): readonly RiskContribution[] {
  const over = sumOf(contributions) - RISK_MAX;
  const lines = contributions.map(listed);
  if (over <= 0) return lines;
  const reason = `the points add up to ${RISK_MAX + over}, a risk is at most ${RISK_MAX}`;
  return [...lines, { ruleId: CAP_LINE, ruleTitle: `Capped at ${RISK_MAX}`, points: -over, detections: 0, reason }];
}

/** The worse of what the risk says (40 medium, 70 high, 90 critical) and the worst single detection. */
export function severityOf(risk: number, contributions: readonly Contribution[]): Severity {
  const byRisk = THRESHOLDS.find(([, points]) => risk >= points)?.[0] ?? "info";
  return worstSeverity([byRisk, ...contributions.map(({ severity }) => severity)]);
}

const PRIORITIES: Readonly<Record<Severity, number>> = { critical: 1, high: 2, medium: 3, low: 4, info: 5 };

export function priorityOf(severity: Severity): number {
  return PRIORITIES[severity];
}
