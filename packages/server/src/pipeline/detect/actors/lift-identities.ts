import type { Actor, IdentityId } from "@tyr/contract";
import {
  derivedEventId,
  derivedFacts,
  eventsByIds,
  storeDerived,
  type DerivedEvent,
  type StoredDerived,
} from "#collect";
import type { Clock } from "#platform/clock";
import type { Database, ReadDatabase } from "#platform/database";
import { findingsOf, type Seen } from "./identity-findings.ts";
import { identitiesToLookAt, oldestOf } from "./look-store.ts";
import type { Observation } from "./observation.ts";
import { observationsById } from "./observation-store.ts";

type LiftDeps = Readonly<{ database: Database; clock: Clock; announce?: (stored: StoredDerived) => void }>;

/** Addresses of one identity that are looked at, the oldest: beyond, what they show together shows in fewer. */
const ADDRESSES_MAX = 500;
/** Identities whose addresses are in memory at a time. */
const IDENTITIES_AT_ONCE = 20;

/**
 * Derives what the addresses of identities show only together, as everything is after the events up to the place of the
 * look. Told once of each identity and finding: the id of the event says so, so that a look that a crash cut off is taken
 * again from the beginning, and tells the rest.
 */
export async function liftIdentities(deps: LiftDeps, by: Actor): Promise<void> {
  const { database, clock, announce } = deps;
  const changed = await identitiesToLookAt(database.read);
  for (let from = 0; from < changed.length; from += IDENTITIES_AT_ONCE) {
    const found = await findings(database.read, changed.slice(from, from + IDENTITIES_AT_ONCE));
    const events = await untold(database.read, found);
    if (events.length === 0) continue;
    const stored = await database.audited(
      (done: StoredDerived) => derivedFacts(by, done),
      async (tx) => await storeDerived(tx, events, clock.now()),
    );
    if (stored.stored > 0) announce?.(stored);
  }
}

async function findings(db: ReadDatabase, winners: readonly string[]): Promise<readonly DerivedEvent[]> {
  const groups = await oldestOf(db, winners, ADDRESSES_MAX);
  const wanted = [...groups.values()].flat();
  const observations = new Map((await observationsById(db, wanted)).map((one) => [one.id as string, one]));
  return [...groups].flatMap(([id, of]) =>
    findingsOf(
      id as IdentityId,
      of.flatMap((one) => seenOf(observations.get(one))),
    ),
  );
}

function seenOf(one: Observation | undefined): readonly Seen[] {
  if (one === undefined || one.firstEventMs === null || one.lastEventMs === null) return [];
  return [{ ...one, firstEventMs: one.firstEventMs, lastEventMs: one.lastEventMs }];
}

async function untold(db: ReadDatabase, events: readonly DerivedEvent[]): Promise<readonly DerivedEvent[]> {
  const told = new Set((await eventsByIds(db, events.map(derivedEventId))).map(({ id }) => id));
  return events.filter((event) => !told.has(derivedEventId(event)));
}
