import type { Actor } from "@tyr/contract";
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
import { findingsOf } from "./identity-findings.ts";
import { identitiesById, membersOf } from "./ladder-store.ts";
import { observationsById } from "./observation-store.ts";

type LiftDeps = Readonly<{ database: Database; clock: Clock; announce?: (stored: StoredDerived) => void }>;

/** Addresses of one identity that are looked at: beyond, what they show together shows in fewer. */
const ADDRESSES_MAX = 500;

/**
 * Derives what the addresses of identities show only together. Told once of each identity and finding: the id of the event
 * says so, so that looking again, or a crash in between, tells nothing twice.
 */
export async function liftIdentities(deps: LiftDeps, changed: readonly string[], by: Actor): Promise<void> {
  const { database, clock, announce } = deps;
  const events = await untold(database.read, await findings(database.read, changed));
  if (events.length === 0) return;
  const stored = await database.audited(
    (done: StoredDerived) => derivedFacts(by, done),
    async (tx) => await storeDerived(tx, events, clock.now()),
  );
  if (stored.stored > 0) announce?.(stored);
}

async function findings(db: ReadDatabase, changed: readonly string[]): Promise<readonly DerivedEvent[]> {
  const winners = (await identitiesById(db, changed)).filter(({ mergedInto }) => mergedInto === null);
  const members = await membersOf(
    db,
    "identity",
    winners.map(({ id }) => id),
  );
  const groups = Map.groupBy(members, ({ id, mergedInto }) => mergedInto ?? id);
  const several = [...groups]
    .filter(([, of]) => of.length > 1)
    .map(([id, of]) => ({ id, of: of.slice(0, ADDRESSES_MAX) }));
  const wanted = several.flatMap(({ of }) => of.map(({ observationId }) => observationId));
  const observations = new Map((await observationsById(db, wanted)).map((one) => [one.id, one]));
  return several.flatMap(({ id, of }) =>
    findingsOf(
      id,
      of.flatMap(({ observationId }) => observations.get(observationId) ?? []),
    ),
  );
}

async function untold(db: ReadDatabase, events: readonly DerivedEvent[]): Promise<readonly DerivedEvent[]> {
  const told = new Set((await eventsByIds(db, events.map(derivedEventId))).map(({ id }) => id));
  return events.filter((event) => !told.has(derivedEventId(event)));
}
