import type { SigmaEvent } from "@tyr/sigma";
import type { RulePack } from "../rule-pack.ts";
import type { Evaluator } from "../evaluate.ts";
import { createLatency, type LatencyReport } from "./latency.ts";
import { createRuleCosts, type CostReport } from "./rule-costs.ts";
import { createSeenFields, type SeenFields } from "./seen-fields.ts";

/** What the stage notes of the events that pass, beside looking for findings; it changes no finding. */
export type FigureWatch = Pick<SeenFields, "inputs" | "take"> &
  Readonly<{
    see(event: SigmaEvent, observedMs: number): void;
    timed(evaluator: Evaluator): Evaluator;
    costs(): CostReport & Readonly<{ since: Date; latency: LatencyReport }>;
  }>;

export function createFigureWatch(pack: RulePack, since: Date): FigureWatch {
  const seen = createSeenFields(pack);
  const costs = createRuleCosts(pack);
  const latency = createLatency();
  return {
    inputs: seen.inputs,
    take: seen.take,
    see(event, observedMs) {
      seen.look(event, observedMs);
      costs.offer(event);
    },
    timed: latency.timed,
    costs: () => ({ ...costs.report(), since, latency: latency.report() }),
  };
}
