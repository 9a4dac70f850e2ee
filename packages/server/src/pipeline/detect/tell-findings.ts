import { severityRank } from "@tyr/contract";
import type { Bus, TopicBus } from "#platform/bus";
import { traced } from "#platform/trace";
import type { NewDetection } from "./detection.ts";
import type { SetAside } from "./rules/set-aside.ts";
import { tellTags } from "./tell-tags.ts";

type Ears = Readonly<{ bus: Bus; topics?: TopicBus }>;

/** Says what one batch found, after it was stored: of detections the worst and how many, of muted rules how many. */
export function tellFindings(ears: Ears, fresh: readonly NewDetection[], suppressed: SetAside["suppressed"]): void {
  if (fresh.length > 0) traced("ttp.bus.publish", () => tellDetected(ears, fresh));
  for (const { ruleId, detections } of suppressed) {
    ears.topics?.publish("ttp.rule.suppressed", { payload: { rule_id: ruleId, reason: "muted", count: detections } });
    ears.bus.publish("rule.changed", { id: ruleId, what: "suppressed" });
  }
}

function tellDetected({ bus, topics }: Ears, fresh: readonly NewDetection[]): void {
  if (topics !== undefined) tellTags(topics, fresh);
  const worst = fresh.toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity))[0];
  if (worst === undefined) return;
  const { id, ruleTitle, severity } = worst;
  bus.publish("detection.recorded", { id, ruleTitle, severity, count: fresh.length });
}
