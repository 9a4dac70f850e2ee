import type { Collect } from "#collect";
import { createIntelSources } from "#connectors/intel";
import { type Intel, startIntel } from "#detect";
import type { Bus, TopicBus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Config } from "#platform/config";
import type { Database } from "#platform/database";
import type { Leading } from "#platform/lifecycle";
import type { Logger } from "#platform/log";

export type IntelParts = Readonly<{
  config: Pick<Config, "intel">;
  database: Database;
  clock: Clock;
  bus: Bus;
  topics: TopicBus;
  log: Logger;
  leading: Leading;
  collect: Pick<Collect, "readAfter" | "announce">;
}>;

/** What others know of attackers. Senders of events do not wait for it: it may be a network away. */
export function openIntel(parts: IntelParts): Intel {
  const { collect, config } = parts;
  const { announce } = collect;
  return startIntel({ ...parts, ...createIntelSources(config.intel), readAfter: collect.readAfter, announce });
}
