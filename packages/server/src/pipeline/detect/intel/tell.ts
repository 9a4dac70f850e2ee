import type { Actor } from "@tyr/contract";
import {
  type DerivedEvent,
  derivedEventId,
  derivedFacts,
  observationIdOf,
  storeDerived,
  type StoredDerived,
} from "#collect";
import type { TopicBus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, WriteTransaction } from "#platform/database";

export type TellDeps = Readonly<{
  database: Database;
  clock: Clock;
  topics: TopicBus;
  /** Told of derived events after their commit. */
  announce: (stored: StoredDerived) => void;
}>;

export const INTEL_ACTOR: Actor = { kind: "system", id: "intel", name: "intel" };

/**
 * Stores verdicts as derived events, with whatever belongs to the same transaction, and tells of them after its commit.
 * Where nothing new came of it, only the rest is kept.
 */
export async function tellVerdicts(
  { database, clock, topics, announce }: TellDeps,
  events: readonly DerivedEvent[],
  also: (tx: WriteTransaction, now: Date) => Promise<void>,
): Promise<number> {
  const now = clock.now();
  const work = async (tx: WriteTransaction): Promise<StoredDerived> => {
    const stored = await storeDerived(tx, events, now);
    await also(tx, now);
    return stored;
  };
  const done =
    events.length === 0
      ? undefined
      : await database.audited((one: StoredDerived) => derivedFacts(INTEL_ACTOR, one), work);
  if (done === undefined || done.stored === 0) {
    // Nothing new to tell: the audited transaction was rolled back, so what belongs to it is kept here.
    await database.bookkeep("intel", async (tx) => await also(tx, now));
    return 0;
  }
  announce(done);
  for (const event of events) topics.say({ family: "attacker.intel.enriched", payload: () => payloadOf(event) });
  return done.stored;
}

function payloadOf(event: DerivedEvent) {
  const address = event.src ?? "";
  return {
    event_id: derivedEventId(event),
    observation_id: observationIdOf(address),
    attacker_ip: address,
    provider: String(event.fields["intel.provider"]),
    verdict: String(event.fields["intel.verdict"]),
  };
}
