import { isTracing, noteSpan, onSpan, traced } from "#platform/trace";
import type { NewDetection } from "./detection.ts";

/** Rules of one batch that get a span of their own: an attacker who fires all of them must not flood a collector. */
const RULES_MAX = 100;

/** Looking at one batch, as spans: the rules, and for each that found something a moment at the end. */
export async function tracedEvaluation(
  events: number,
  evaluate: () => Promise<NewDetection[]>,
): Promise<NewDetection[]> {
  const dispatch = async (): Promise<NewDetection[]> => {
    const found = await evaluate();
    if (isTracing()) noteFired(found);
    return found;
  };
  return await traced("ttp.eval", async () => await traced("ttp.eval.dispatch", dispatch), { events });
}

function noteFired(found: readonly NewDetection[]): void {
  onSpan({ detections: found.length });
  const now = new Date();
  const byRule = Map.groupBy(found, ({ ruleId }) => ruleId);
  for (const [ruleId, fired] of [...byRule].slice(0, RULES_MAX)) {
    const tags = fired.flatMap((one) => one.tags);
    const technique = tags[0] === undefined ? {} : { technique_id: tags[0].subTechnique ?? tags[0].technique };
    noteSpan("ttp.rule.fire", { rule_id: ruleId, ...technique, detections: fired.length, tags: tags.length }, now);
  }
}

/** Says on the span in hand how many findings and tags were written. @returns what was given */
export function noteWritten<T extends Readonly<{ fresh: readonly NewDetection[] }>>(written: T): T {
  const { fresh } = written;
  if (isTracing()) onSpan({ detections: fresh.length, tags: fresh.reduce((sum, { tags }) => sum + tags.length, 0) });
  return written;
}
