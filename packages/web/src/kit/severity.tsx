import { RISK_THRESHOLDS, type Severity } from "@tyr/contract";
import type { ReactNode } from "react";

/** One shape each, so that severity is told without colour: ring, dot, diamond, triangle, octagon. */
const SHAPES: Readonly<Record<Severity, ReactNode>> = {
  info: <circle cx="6" cy="6" r="3.75" className="hollow" />,
  low: <circle cx="6" cy="6" r="4" />,
  medium: <path d="M6 .8 11.2 6 6 11.2.8 6z" />,
  high: <path d="M6 .8 11.8 11H.2z" />,
  critical: <path d="M3.7 .5h4.6L11.5 3.7v4.6L8.3 11.5H3.7L.5 8.3V3.7z" />,
};

export function SeverityShape({ severity }: Readonly<{ severity: Severity }>): ReactNode {
  return (
    <svg className={`severity-shape sev-${severity}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {SHAPES[severity]}
    </svg>
  );
}

export function SeverityBadge({ severity }: Readonly<{ severity: Severity }>): ReactNode {
  return (
    <span className={`badge sev-badge sev-${severity}`}>
      <SeverityShape severity={severity} />
      {severity}
    </span>
  );
}

function riskBand(score: number): Severity {
  if (score >= RISK_THRESHOLDS.critical) return "critical";
  if (score >= RISK_THRESHOLDS.high) return "high";
  return score >= RISK_THRESHOLDS.medium ? "medium" : "low";
}

/** Risk as number and bar; the bar repeats the number and is hidden from readers. */
export function RiskMeter({ score }: Readonly<{ score: number }>): ReactNode {
  return (
    <span className={`risk sev-${riskBand(score)}`}>
      <span className="risk-score">{score}</span>
      <svg className="risk-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect className="risk-track" width="100" height="6" rx="3" />
        <rect className="risk-fill" width={score} height="6" rx="3" />
      </svg>
    </span>
  );
}
