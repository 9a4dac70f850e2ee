import { cursorOf, moveCursor } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, WriteTransaction } from "#platform/database";
import { readEventsAfter, type StreamEvent } from "#collect";
import { readDetectionsAfter } from "#detect";
import { handOver, takeDetections, takeEvents, takeOver, type InHand } from "./accumulate.ts";
import { ladderVersion } from "./ladder-store.ts";
import { LOOK_CONSUMER, saveLook, type Look } from "./look-store.ts";
import { observationsByAddress, saveObservations, savePhases } from "./observation-store.ts";
import type { PhaseOf } from "./phase.ts";
import { ReadAhead } from "./read-ahead.ts";
import type { KeyedHash, Told } from "./read-trace.ts";
import { scoreChanges, type ScoreChange } from "./score-changes.ts";

export type TakeDeps = Readonly<{
  database: Database;
  clock: Clock;
  keyed: KeyedHash;
  phaseOf: PhaseOf;
  /** Events after a position, in the order of the stream; a short answer means its end. Left out: read from the table. */
  readAfter?: (position: number, limit: number) => Promise<readonly StreamEvent[]>;
  /** What was read already. Left out: nothing was. */
  ahead?: ReadAhead;
  /** Events or detections per batch; nothing depends on them. */
  batchMax?: number;
  /** Events with a source address from one look to the next: what is told of identities does depend on it. */
  lookEvery?: number;
  /** Told after the commit whose risk changed. */
  onScored?: (changes: readonly ScoreChange[]) => Promise<void>;
}>;

export const EVENT_CONSUMER = "actors.event";
export const DETECTION_CONSUMER = "actors.detection";
const BATCH_MAX = 1_000;
/** In hand before they are stored: some hundred milliseconds of work at most. */
const EVENTS_HELD_MAX = 10_000;
const ADDRESSES_HELD_MAX = 600;
/**
 * A look clusters what it finds, which costs about as much as reading a thousand events. More often would be for nothing:
 * where fewer come, a silence comes sooner.
 */
const LOOK_EVERY = 5_000;

export function readAheadOf({ database, keyed, readAfter, batchMax = BATCH_MAX }: TakeDeps): ReadAhead {
  const read = readAfter ?? (async (position, limit) => await readEventsAfter(database.read, position, limit));
  return new ReadAhead({ keyed, read, batchMax });
}

/** How far reading came, and how many events with a source address that was. */
type Place = { began: number; position: number; counted: number; isDue: boolean; isEnd: boolean };

/**
 * Takes what events and detections tell of addresses, and stores it at once: most detections are about addresses that are
 * in hand. Events are read until there are no more, the ladder is to look, or as many of them or addresses are in hand as
 * one transaction should write: what a write costs is the number of addresses, so a flood of few is cheap.
 *
 * @returns whether there may be more at once
 */
export async function takeBatches(deps: TakeDeps, look: Look): Promise<boolean> {
  const { database, clock, batchMax = BATCH_MAX, ahead = readAheadOf(deps) } = deps;
  const hand = handOver([]);
  const version = await ladderVersion(database.read);
  const events = await takeEventBatches({ ...deps, ahead }, hand, look);
  const detections = await takeDetectionBatch(deps, hand);
  const { began, position, counted, isDue, isEnd } = events;
  if (position === began && detections.taken === 0) return false;
  const now = clock.now();
  const isSaved = await database.bookkeep("cursor", async (tx) => {
    if (!(await isStill(tx, version))) return false;
    await saveObservations(tx, hand);
    if (detections.taken > 0) {
      await savePhases(tx, hand);
      await moveCursor(tx, { ...detections.cursor, consumer: DETECTION_CONSUMER, now });
    }
    if (position === began) return true;
    await moveCursor(tx, { consumer: EVENT_CONSUMER, from: began, position, now });
    await saveLook(tx, { counted, isDue });
    // What came since the last look told of no address: there is nothing to look at.
    if (counted === look.looked) await moveCursor(tx, { consumer: LOOK_CONSUMER, position, now });
    return true;
  });
  if (isSaved) ahead.forget(position);
  if (isSaved && detections.scored.length > 0) await deps.onScored?.(detections.scored);
  return !isEnd || isDue || detections.taken === batchMax || !isSaved;
}

type Reading = TakeDeps & Readonly<{ ahead: ReadAhead }>;

async function takeEventBatches(deps: Reading, hand: InHand, { counted }: Look): Promise<Place> {
  const began = await cursorOf(deps.database.read, EVENT_CONSUMER);
  const place: Place = { began, position: began, counted, isDue: false, isEnd: false };
  while (!place.isEnd && !place.isDue && place.position - began < EVENTS_HELD_MAX) {
    if (hand.observations.size >= ADDRESSES_HELD_MAX) break;
    await takeEventBatch(deps, hand, place);
  }
  return place;
}

async function takeEventBatch(deps: Reading, hand: InHand, place: Place): Promise<void> {
  const { database, ahead, batchMax = BATCH_MAX, lookEvery = LOOK_EVERY } = deps;
  const { told, upTo, isEnd } = await ahead.after(place.position, batchMax);
  const taken = upToLook(told, place, lookEvery);
  place.position = place.isDue ? (taken.at(-1)?.position ?? upTo) : upTo;
  place.isEnd = isEnd;
  const unknown = new Set(taken.map(({ address }) => address).filter((address) => !hand.observations.has(address)));
  takeOver(hand, await observationsByAddress(database.read, [...unknown]));
  takeEvents(hand, taken);
}

/** What was told up to the next look, whose place is a matter of how many came before: derived ones come when they come. */
function upToLook(told: readonly Told[], place: Place, lookEvery: number): readonly Told[] {
  for (const [index, one] of told.entries()) {
    if (!("exact" in one)) continue;
    place.counted += 1;
    place.isDue = place.counted % lookEvery === 0;
    if (place.isDue) return told.slice(0, index + 1);
  }
  return told;
}

/** Whether nobody erased an address, or ruled, since what is in hand was read: it would be written back. Holds others off. */
export async function isStill(tx: WriteTransaction, version: number): Promise<boolean> {
  const row = await tx.selectFrom("ladder_version").select("version").forUpdate().executeTakeFirstOrThrow();
  return row.version === version;
}

type TakenDetections = Readonly<{
  taken: number;
  cursor: Readonly<{ from: number; position: number }>;
  scored: readonly ScoreChange[];
}>;

async function takeDetectionBatch(deps: TakeDeps, hand: InHand): Promise<TakenDetections> {
  const { database, phaseOf, batchMax = BATCH_MAX } = deps;
  const from = await cursorOf(database.read, DETECTION_CONSUMER);
  const detections = await readDetectionsAfter(database.read, from, batchMax);
  const addresses = new Set(detections.flatMap(({ actorIp }) => actorIp ?? []));
  const unknown = [...addresses].filter((address) => !hand.observations.has(address));
  takeOver(hand, await observationsByAddress(database.read, unknown));
  const scored = scoreChanges(hand, detections, () => takeDetections(hand, detections, phaseOf));
  return { taken: detections.length, cursor: { from, position: detections.at(-1)?.position ?? from }, scored };
}
