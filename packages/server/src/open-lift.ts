import type { Collect } from "#collect";
import { allLifters, LIFT_CONSUMER, openSecretHash, type RunningLift, startLift } from "#detect";
import { type Bus, startKeepingMessages, type TopicBus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Leading } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import type { Secrets } from "#platform/secrets";

export type LiftParts = Readonly<{
  database: Database;
  secrets: Secrets;
  clock: Clock;
  bus: Bus;
  topics: TopicBus;
  log: Logger;
  leading: Leading;
  collect: Pick<Collect, "readAfter" | "announce">;
}>;

/** What derives events from events, and keeps the messages it sends within bounds. Senders of events wait for it. */
export async function openLift(parts: LiftParts): Promise<RunningLift> {
  const { collect } = parts;
  const keeping = startKeepingMessages(parts);
  const lift = startLift({
    ...parts,
    lifters: allLifters(await openSecretHash(parts)),
    readAfter: async (position, limit) => await collect.readAfter(position, limit, LIFT_CONSUMER),
    announce: collect.announce,
  });
  const stop = async (): Promise<void> => {
    await keeping.stop();
    await lift.stop();
  };
  return { ...lift, stop };
}
