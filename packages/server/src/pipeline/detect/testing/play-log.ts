import type { NewDetection } from "../detection.ts";
import { createEvaluator, type EvaluatedEvent } from "../evaluate.ts";
import { withDerived } from "../lift/lift-lines.ts";
import { readRuleLine } from "../rule-line.ts";
import type { RulePack } from "../rule-pack.ts";

type Played = Readonly<{ events: readonly EvaluatedEvent[]; found: readonly NewDetection[]; unread: number }>;

/** What a running server would find in a log: its lines, what is derived of them, the whole pack and its correlations. */
export function playLog(pack: RulePack, lines: readonly string[]): Played {
  const reads = lines.map((line, index) => readRuleLine(line, { index }));
  const events = withDerived(reads.flatMap((read) => (read.ok ? [read.event] : [])));
  const evaluator = createEvaluator(pack);
  return {
    events,
    found: events.flatMap((event) => evaluator.evaluate(event)),
    unread: reads.filter(({ ok }) => !ok).length,
  };
}
