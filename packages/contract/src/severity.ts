import { Type, type Static } from "typebox";

/** Ordered from least to most severe. Compare with `severityRank`, never as text. */
export const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;
export const Severity = Type.Enum(SEVERITIES);
export type Severity = Static<typeof Severity>;

/** 0 (info) … 4 (critical). */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

export function worstSeverity(severities: readonly Severity[]): Severity {
  let worst: Severity = "info";
  for (const severity of severities) if (severityRank(severity) > severityRank(worst)) worst = severity;
  return worst;
}

/** Risk thresholds, points 0–100 (docs/glossary.md, "risk"). */
export const RISK_THRESHOLDS = { medium: 40, high: 70, critical: 90 } as const;
