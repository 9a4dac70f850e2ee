import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Actor } from "@tyr/contract";
import { cursorOf, moveCursor, type TopicBus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, Fact, ReadDatabase, WriteTransaction } from "#platform/database";
import { startLoop, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { readEventsAfter, type StoredDerived, type StreamEvent } from "#collect";
import { readDetectionsAfter } from "#detect";
import { handOver, ownIdentityOf, takeDetections, takeEvents, takeOver } from "./accumulate.ts";
import { stepCampaigns } from "./cluster-campaigns.ts";
import { stepIdentities } from "./cluster-identities.ts";
import { identitiesDone, ladderVersion, observationsDone } from "./ladder-store.ts";
import { liftIdentities } from "./lift-identities.ts";
import type { Observation } from "./observation.ts";
import { observationsByAddress, saveObservations, savePhases } from "./observation-store.ts";
import type { PhaseOf } from "./phase.ts";
import type { Plan } from "./plan.ts";
import { remembered, type KeyedHash } from "./read-trace.ts";
import { tellCampaigns, tellIdentities } from "./tell.ts";
import { writePlan } from "./write-plan.ts";

export type ActorsDeps = Readonly<{
  database: Database;
  clock: Clock;
  topics: TopicBus;
  log: Logger;
  keyed: KeyedHash;
  phaseOf: PhaseOf;
  /** Events after a position, in the order of the stream; a short answer means its end. Left out: read from the table. */
  readAfter?: (position: number, limit: number) => Promise<readonly StreamEvent[]>;
  /** Told of derived events after their commit. */
  announce?: (stored: StoredDerived) => void;
  /** Events or detections per batch, and addresses or identities per step; who counts to whom does not depend on them. */
  batchMax?: number;
  stepMax?: number;
}>;

/** The running ladder: it looks every second, so that what pours in is taken in few batches. */
export type Actors = Pick<RunningLoop, "stop">;

export const EVENT_CONSUMER = "actors.event";
export const DETECTION_CONSUMER = "actors.detection";
/** The last event of the history (migration 0117); 0 where there was none. */
const TOLD_FROM = "actors.told";
const LADDER_ACTOR: Actor = { kind: "system", id: "actors", name: "actors" };
const BATCH_MAX = 1_000;
/** Addresses per step: some tens of milliseconds, as the embedded engine has one connection. */
const STEP_MAX = 200;
const REST_MS = 1_000;
/** In hand before they are stored: some hundred milliseconds of work at most. */
const EVENTS_HELD_MAX = 10_000;
const ADDRESSES_HELD_MAX = 300;
/** It works a third of the time: nobody waits for it, and taking events in and detecting come first. */
const RESTS_PER_WORK = 2;
const GIVE_WAY_MAX_MS = 1_000;

export function createActors({ keyed, ...given }: ActorsDeps): Actors {
  const deps = { ...given, keyed: remembered(keyed) };
  const step = async (signal: AbortSignal): Promise<boolean> => {
    const began = performance.now();
    const more = await climb(deps);
    const restMs = Math.min(GIVE_WAY_MAX_MS, (performance.now() - began) * RESTS_PER_WORK);
    if (more) await sleep(restMs, undefined, { signal }).catch(() => undefined);
    return more;
  };
  return startLoop({ name: "actors", step, restMs: REST_MS, log: deps.log });
}

/**
 * One turn: a batch of events, a batch of detections, and the clustering once both are read. Reading first, so that a
 * flood is clustered once and not after each of its batches.
 *
 * @returns whether there is more to do at once
 */
export async function climb(deps: ActorsDeps): Promise<boolean> {
  if (await takeEventBatches(deps)) return true;
  if (await takeDetectionBatch(deps)) return true;
  const identities = await clusterIdentities(deps);
  return (await clusterCampaigns(deps)) || identities;
}

/**
 * Events are read until there are no more, or as many events or addresses are in hand as one transaction should write:
 * what a write costs is the number of addresses, so a flood of few is cheap however many events it has.
 *
 * @returns whether there may be more at once
 */
async function takeEventBatches(deps: ActorsDeps): Promise<boolean> {
  const { database, clock, keyed, readAfter, batchMax = BATCH_MAX } = deps;
  const hand = handOver([]);
  const version = await ladderVersion(database.read);
  const began = await cursorOf(database.read, EVENT_CONSUMER);
  let position = began;
  let more = true;
  while (more && position - began < EVENTS_HELD_MAX && hand.observations.size < ADDRESSES_HELD_MAX) {
    const events = await (readAfter?.(position, batchMax) ?? readEventsAfter(database.read, position, batchMax));
    const addresses = new Set(events.flatMap(({ src }) => src?.ip ?? []));
    const unknown = [...addresses].filter((address) => !hand.observations.has(address));
    takeOver(hand, await observationsByAddress(database.read, unknown));
    takeEvents(hand, events, keyed);
    position = events.at(-1)?.position ?? position;
    more = events.length === batchMax;
  }
  if (position === began) return false;
  const cursor = { consumer: EVENT_CONSUMER, from: began, position, now: clock.now() };
  const isSaved = await database.bookkeep("cursor", async (tx) => {
    if (!(await isStill(tx, version))) return false;
    await saveObservations(tx, hand);
    await moveCursor(tx, cursor);
    return true;
  });
  return more || !isSaved;
}

/** Whether nobody erased an address, or ruled, since what is in hand was read: it would be written back. Holds others off. */
async function isStill(tx: WriteTransaction, version: number): Promise<boolean> {
  const row = await tx.selectFrom("ladder_version").select("version").forUpdate().executeTakeFirstOrThrow();
  return row.version === version;
}

async function takeDetectionBatch({ database, clock, phaseOf, batchMax = BATCH_MAX }: ActorsDeps): Promise<boolean> {
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

type Written = "changed" | "kept" | "outdated";

type Writing = Readonly<{
  plan: Plan;
  forming: readonly Observation[];
  /** What was looked at, in the same transaction. */
  done: (tx: WriteTransaction) => Promise<void>;
}>;

/** With an entry of the log where it changes who counts to whom; without one where only figures moved. */
async function write({ database }: ActorsDeps, { plan, forming, done }: Writing): Promise<Written> {
  const isChange = plan.changes.length + forming.length > 0;
  const work = async (tx: WriteTransaction): Promise<Written> => {
    if (!(await writePlan(tx, plan, forming))) return "outdated";
    await done(tx);
    return isChange ? "changed" : "kept";
  };
  if (!isChange) return await database.bookkeep("cursor", work);
  const formed = forming.map(ownIdentityOf);
  return await database.audited((written: Written) => (written === "changed" ? [factOf(plan, formed)] : []), work);
}

async function clusterIdentities(deps: ActorsDeps): Promise<boolean> {
  const { database, topics, stepMax = STEP_MAX } = deps;
  const step = await stepIdentities(database.read, stepMax);
  if (step === undefined) return false;
  const done = async (tx: WriteTransaction) => await observationsDone(tx, step.done);
  if ((await write(deps, { ...step, done })) === "changed") tellIdentities(topics, step);
  return true;
}

/** What was stored before this room existed is read, to know who was there; nothing is told of it as if it were new. */
async function isPastHistory(db: ReadDatabase): Promise<boolean> {
  return (await cursorOf(db, EVENT_CONSUMER)) > (await cursorOf(db, TOLD_FROM));
}

async function clusterCampaigns(deps: ActorsDeps): Promise<boolean> {
  const { database, topics, stepMax = STEP_MAX } = deps;
  const step = await stepCampaigns(database.read, Math.ceil(stepMax / 4));
  if (step === undefined) return false;
  if (await isPastHistory(database.read)) await liftIdentities(deps, step.done, LADDER_ACTOR);
  const done = async (tx: WriteTransaction) => await identitiesDone(tx, step.done);
  if ((await write(deps, { plan: step.plan, forming: [], done })) === "changed") tellCampaigns(topics, step);
  return true;
}

function factOf(plan: Plan, formed: readonly string[]): Fact {
  const hash = createHash("sha256");
  for (const id of formed) hash.update(`formed ${id}\n`);
  for (const { kind, winner, loser } of plan.changes) hash.update(`${kind} ${loser} ${winner}\n`);
  const count = (kind: string): number => plan.changes.filter((one) => one.kind === kind).length;
  return {
    type: "actor.clustered",
    actor: LADDER_ACTOR,
    object: { kind: "actor-ladder", id: plan.rung },
    details: {
      rung: plan.rung,
      formed: formed.length,
      merged: count("merged"),
      unmerged: count("unmerged"),
      changesDigest: hash.digest("hex"),
    },
  };
}
