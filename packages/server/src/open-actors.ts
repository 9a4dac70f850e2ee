import { createActors, EVENT_CONSUMER, type Actors } from "#actors";
import type { Collect } from "#collect";
import { openSecretHash, phaseOf, type RulePack } from "#detect";
import type { TopicBus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Leading } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import type { Secrets } from "#platform/secrets";

export type ActorParts = Readonly<{
  database: Database;
  secrets: Secrets;
  clock: Clock;
  topics: TopicBus;
  log: Logger;
  leading: Leading;
  collect: Pick<Collect, "readAfter" | "announce">;
  /** The pack in force: its ATT&CK releases say which phase a tactic is. */
  rules: () => RulePack;
}>;

/** What groups source addresses into identities and those into campaigns. Nobody waits for it. */
export async function openActors({ collect, rules, ...parts }: ActorParts): Promise<Actors> {
  return createActors({
    ...parts,
    keyed: await openSecretHash(parts),
    phaseOf: (domain, tactic) => phaseOf(rules().attack, domain, tactic),
    readAfter: async (position, limit) => await collect.readAfter(position, limit, EVENT_CONSUMER),
    announce: collect.announce,
  });
}
