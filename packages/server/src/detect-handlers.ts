import { createLadderDesk, ladderAnchors } from "#actors";
import type { Detect, RuleStates } from "#detect";
import type { TopicBus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import { attackerHandlers } from "./api/attackers.ts";
import { detectionHandlers } from "./api/detections.ts";
import { ladderHandlers } from "./api/identities.ts";
import { ruleFigureHandlers } from "./api/rule-figures.ts";
import { ruleHandlers } from "./api/rules.ts";
import { ttpHandlers } from "./api/ttp.ts";

export type DetectParts = Readonly<{
  database: Database;
  clock: Clock;
  topics: TopicBus;
  rulesDir: string;
  detect: Detect;
  ruleStates: RuleStates;
}>;

/** What is answered of detections, rules, techniques, and who is behind them. */
export function detectHandlers({ database, clock, topics, rulesDir, detect, ruleStates: states }: DetectParts) {
  const rules = () => detect.rules();
  return {
    ...detectionHandlers({ database, rules }),
    ...ruleFigureHandlers({ database, clock, rules, costs: () => detect.costs() }),
    ...ruleHandlers({ database, rules, states }),
    ...ttpHandlers({ database, rules, states, rulesDir, ladder: ladderAnchors(database.read) }),
    ...attackerHandlers({ database }),
    ...ladderHandlers({ database, desk: createLadderDesk({ database, clock, topics }) }),
  };
}
