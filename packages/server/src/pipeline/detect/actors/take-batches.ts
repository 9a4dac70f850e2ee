import { cursorOf, moveCursor } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, WriteTransaction } from "#platform/database";
import { isDerived, readEventsAfter, type StreamEvent } from "#collect";
import { readDetectionsAfter } from "#detect";
import { handOver, takeDetections, takeEvents, takeOver, type InHand } from "./accumulate.ts";
import { ladderVersion } from "./ladder-store.ts";
import { LOOK_CONSUMER, saveLook, type Look } from "./look-store.ts";
import { observationsByAddress, saveObservations, savePhases } from "./observation-store.ts";
import type { PhaseOf } from "./phase.ts";
import type { KeyedHash } from "./read-trace.ts";

export type TakeDeps = Readonly<{
  database: Database;
  clock: Clock;
  keyed: KeyedHash;
  phaseOf: PhaseOf;
  /** Events after a position, in the order of the stream; a short answer means its end. Left out: read from the table. */
  readAfter?: (position: number, limit: number) => Promise<readonly StreamEvent[]>;
  /** Events or detections per batch; nothing depends on them. */
  batchMax?: number;
  /** Events with a source address from one look to the next: what is told of identities does depend on it. */
  lookEvery?: number;
}>;

export const EVENT_CONSUMER = "actors.event";
export const DETECTION_CONSUMER = "actors.detection";
const BATCH_MAX = 1_000;
/** In hand before they are stored: some hundred milliseconds of work at most. */
const EVENTS_HELD_MAX = 10_000;
const ADDRESSES_HELD_MAX = 300;
/**
 * A look clusters what it finds, which costs about as much as reading a thousand events. More often would be for nothing:
 * where fewer come, a silence comes sooner.
 */
const LOOK_EVERY = 5_000;

/** How far reading came, and how many events with a source address that was. */
type Place = { position: number; counted: number; isDue: boolean };

/**
 * Events are read until there are no more, the ladder is to look, or as many events or addresses are in hand as one
 * transaction should write: what a write costs is the number of addresses, so a flood of few is cheap however many events
 * it has.
 *
 * @returns whether there may be more at once
 */
export async function takeEventBatches(deps: TakeDeps, look: Look): Promise<boolean> {
  const { database, clock, batchMax = BATCH_MAX } = deps;
  const hand = handOver([]);
  const version = await ladderVersion(database.read);
  const began = await cursorOf(database.read, EVENT_CONSUMER);
  const place: Place = { position: began, counted: look.counted, isDue: false };
  let more = true;
  while (more && place.position - began < EVENTS_HELD_MAX && hand.observations.size < ADDRESSES_HELD_MAX)
    more = (await takeEventBatch(deps, hand, place)) === batchMax && !place.isDue;
  const { position, counted, isDue } = place;
  if (position === began) return false;
  const now = clock.now();
  const isSaved = await database.bookkeep("cursor", async (tx) => {
    if (!(await isStill(tx, version))) return false;
    await saveObservations(tx, hand);
    await moveCursor(tx, { consumer: EVENT_CONSUMER, from: began, position, now });
    await saveLook(tx, { counted, isDue });
    // What came since the last look told of no address: there is nothing to look at.
    if (counted === look.looked) await moveCursor(tx, { consumer: LOOK_CONSUMER, position, now });
    return true;
  });
  return more || isDue || !isSaved;
}

/** @returns how many events there were to read */
async function takeEventBatch(deps: TakeDeps, hand: InHand, place: Place): Promise<number> {
  const { database, keyed, readAfter, batchMax = BATCH_MAX, lookEvery = LOOK_EVERY } = deps;
  const events = await (readAfter?.(place.position, batchMax) ??
    readEventsAfter(database.read, place.position, batchMax));
  const taken = upToLook(events, place, lookEvery);
  const addresses = new Set(taken.flatMap(({ src }) => src?.ip ?? []));
  const unknown = [...addresses].filter((address) => !hand.observations.has(address));
  takeOver(hand, await observationsByAddress(database.read, unknown));
  takeEvents(hand, taken, keyed);
  return events.length;
}

/** Events up to the next look, whose place is a matter of how many came before: derived ones come when they come. */
function upToLook(events: readonly StreamEvent[], place: Place, lookEvery: number): readonly StreamEvent[] {
  for (const [index, event] of events.entries()) {
    place.position = event.position;
    if (event.src === null || isDerived(event)) continue;
    place.counted += 1;
    place.isDue = place.counted % lookEvery === 0;
    if (place.isDue) return events.slice(0, index + 1);
  }
  return events;
}

/** Whether nobody erased an address, or ruled, since what is in hand was read: it would be written back. Holds others off. */
export async function isStill(tx: WriteTransaction, version: number): Promise<boolean> {
  const row = await tx.selectFrom("ladder_version").select("version").forUpdate().executeTakeFirstOrThrow();
  return row.version === version;
}

/** @returns whether there may be more at once */
export async function takeDetectionBatch(deps: TakeDeps): Promise<boolean> {
  const { database, clock, phaseOf, batchMax = BATCH_MAX } = deps;
  const version = await ladderVersion(database.read);
  const position = await cursorOf(database.read, DETECTION_CONSUMER);
  const detections = await readDetectionsAfter(database.read, position, batchMax);
  const last = detections.at(-1);
  if (last === undefined) return false;
  const addresses = new Set(detections.flatMap(({ actorIp }) => actorIp ?? []));
  const hand = handOver(await observationsByAddress(database.read, [...addresses]));
  takeDetections(hand, detections, phaseOf);
  const cursor = { consumer: DETECTION_CONSUMER, from: position, position: last.position, now: clock.now() };
  const isSaved = await database.bookkeep("cursor", async (tx) => {
    if (!(await isStill(tx, version))) return false;
    await saveObservations(tx, hand);
    await savePhases(tx, hand);
    await moveCursor(tx, cursor);
    return true;
  });
  return detections.length === batchMax || !isSaved;
}
