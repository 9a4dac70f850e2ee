import { createLadderDesk, ladderAnchors } from "#actors";
import type { Attack, AttackCatalogue, Detect, Replays, RuleKeeper, RulePack, RuleStates } from "#detect";
import type { TopicBus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import { attackHandlers } from "./api/attack.ts";
import { attackerHandlers } from "./api/attackers.ts";
import { credentialHandlers } from "./api/credentials.ts";
import { replayHandlers } from "./api/backtests.ts";
import { detectionHandlers } from "./api/detections.ts";
import { ladderHandlers } from "./api/identities.ts";
import { metricsHandlers, type MetricsDeps } from "./api/metrics.ts";
import { messageHandlers } from "./api/messages.ts";
import { ruleFigureHandlers } from "./api/rule-figures.ts";
import { ruleHandlers } from "./api/rules.ts";
import { ttpExportHandlers } from "./api/ttp-export.ts";
import { ttpHandlers } from "./api/ttp.ts";

export type DetectParts = Readonly<{
  database: Database;
  clock: Clock;
  topics: TopicBus;
  rulesDir: string;
  attack: Attack;
  keeper: RuleKeeper;
  tryAttack: (catalogue: AttackCatalogue) => RulePack;
  detect: Detect;
  ruleStates: RuleStates;
  replays: Replays;
  consumers: MetricsDeps["consumers"];
  notify: Readonly<{ health: MetricsDeps["notifications"] }>;
}>;

/** What is answered of detections, rules, techniques, and who is behind them. */
export function detectHandlers(parts: DetectParts) {
  const { database, clock, topics, rulesDir, attack, keeper, detect, ruleStates: states } = parts;
  const rules = () => detect.rules();
  const ladder = ladderAnchors(database.read);
  return {
    ...detectionHandlers({ database, rules }),
    ...ruleFigureHandlers({ database, clock, rules, costs: () => detect.costs() }),
    ...replayHandlers(parts.replays),
    ...metricsHandlers({
      database,
      rules,
      consumers: parts.consumers,
      losses: detect.losses,
      latency: () => detect.costs()?.latency,
      dropped: detect.dropped,
      stateChanges: states.changed,
      published: topics.published,
      notifications: parts.notify.health,
    }),
    ...ruleHandlers({ database, rules, states }),
    ...ttpHandlers({ database, rules, states, rulesDir, ladder }),
    ...ttpExportHandlers({ database, clock, rules, ladder }),
    ...attackHandlers({ attack, rules, tryAttack: parts.tryAttack, rebuildRules: async () => await keeper.rebuild() }),
    ...attackerHandlers({ database }),
    ...credentialHandlers({ database }),
    ...messageHandlers({ database }),
    ...ladderHandlers({ database, desk: createLadderDesk({ database, clock, topics }) }),
  };
}
