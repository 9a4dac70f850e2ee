import { AUDIT_ANOMALIES, type AuditAnomaly } from "@tyr/contract";
import type { ReactNode } from "react";

/** What stands out about an entry; the sentence says by which rule. */
export function AnomalyBadges({ anomalies }: Readonly<{ anomalies: readonly AuditAnomaly[] }>): ReactNode {
  return anomalies.map((name) => (
    <span key={name} className="badge state-wait" title={AUDIT_ANOMALIES[name]}>
      {name.replaceAll("_", " ")}
    </span>
  ));
}
