import type { SigmaEvent } from "@tyr/sigma";
import type { RulePack } from "../rule-pack.ts";
import { createRuleCosts, type CostReport } from "./rule-costs.ts";
import { createSeenFields, type SeenFields } from "./seen-fields.ts";

/** What the stage notes of the events that pass, beside looking for findings; it changes no finding. */
export type FigureWatch = Pick<SeenFields, "inputs" | "take"> &
  Readonly<{ see(event: SigmaEvent, observedMs: number): void; costs(): CostReport & Readonly<{ since: Date }> }>;

export function createFigureWatch(pack: RulePack, since: Date): FigureWatch {
  const seen = createSeenFields(pack);
  const costs = createRuleCosts(pack);
  return {
    inputs: seen.inputs,
    take: seen.take,
    see(event, observedMs) {
      seen.look(event, observedMs);
      costs.offer(event);
    },
    costs: () => ({ ...costs.report(), since }),
  };
}
