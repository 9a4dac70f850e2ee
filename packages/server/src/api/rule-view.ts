import type { RuleView } from "@tyr/contract";
import type { PackRule, RuleHits } from "#detect";

/** What everybody is shown of a rule in force. */
export function toRule(rule: PackRule, hits: RuleHits | undefined): RuleView {
  const { sigma, techniques, logsources } = rule;
  const [logsource] = logsources;
  const { product = null, category = null, service = null } = logsource ?? {};
  return {
    id: rule.id,
    title: sigma.title,
    path: sigma.path,
    description: sigma.description ?? null,
    level: rule.severity,
    kind: sigma.kind,
    logsource: { product, category, service },
    techniques: techniques.map(({ technique, subTechnique }) => subTechnique ?? technique),
    tactics: [...new Set(techniques.map(({ tactic }) => tactic))],
    riskPoints: rule.riskPoints,
    detections: hits?.detections ?? 0,
    lastDetectionAt: hits?.lastAt.toISOString() ?? null,
  };
}
