import { createHash } from "node:crypto";
import type { Actor } from "@tyr/contract";
import { cursorOf, moveCursor, type TopicBus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { startLoop, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { readEventsAfter, type StoredDerived, type StreamEvent } from "#collect";
import { readDetectionsAfter } from "#detect";
import { handOver, ownIdentityOf, takeDetections, takeEvents } from "./accumulate.ts";
import { stepCampaigns } from "./cluster-campaigns.ts";
import { stepIdentities } from "./cluster-identities.ts";
import { identitiesDone, observationsDone } from "./ladder-store.ts";
import { liftIdentities } from "./lift-identities.ts";
import type { Observation } from "./observation.ts";
import { observationsByAddress, saveObservations, savePhases } from "./observation-store.ts";
import type { PhaseOf } from "./phase.ts";
import type { Plan } from "./plan.ts";
import type { KeyedHash } from "./read-trace.ts";
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
const LADDER_ACTOR: Actor = { kind: "system", id: "actors", name: "actors" };
const BATCH_MAX = 1_000;
/** Addresses per step: some tens of milliseconds, as the embedded engine has one connection. */
const STEP_MAX = 200;
const REST_MS = 1_000;

export function createActors(deps: ActorsDeps): Actors {
  return startLoop({ name: "actors", step: async () => await climb(deps), restMs: REST_MS, log: deps.log });
}

/**
 * One turn: a batch of events, a batch of detections, and the clustering once both are read. Reading first, so that a
 * flood is clustered once and not after each of its batches.
 *
 * @returns whether there is more to do at once
 */
export async function climb(deps: ActorsDeps): Promise<boolean> {
  if (await takeEventBatch(deps)) return true;
  if (await takeDetectionBatch(deps)) return true;
  const identities = await clusterIdentities(deps);
  return (await clusterCampaigns(deps)) || identities;
}

async function takeEventBatch(deps: ActorsDeps): Promise<boolean> {
  const { database, clock, keyed, readAfter, batchMax = BATCH_MAX } = deps;
  const position = await cursorOf(database.read, EVENT_CONSUMER);
  const events = await (readAfter?.(position, batchMax) ?? readEventsAfter(database.read, position, batchMax));
  const last = events.at(-1);
  if (last === undefined) return false;
  const addresses = new Set(events.flatMap(({ src }) => src?.ip ?? []));
  const hand = handOver(await observationsByAddress(database.read, [...addresses]));
  takeEvents(hand, events, keyed);
  const cursor = { consumer: EVENT_CONSUMER, position: last.position, now: clock.now() };
  await database.bookkeep("cursor", async (tx) => {
    await saveObservations(tx, hand);
    await moveCursor(tx, cursor);
  });
  return events.length === batchMax;
}

async function takeDetectionBatch({ database, clock, phaseOf, batchMax = BATCH_MAX }: ActorsDeps): Promise<boolean> {
  const position = await cursorOf(database.read, DETECTION_CONSUMER);
  const detections = await readDetectionsAfter(database.read, position, batchMax);
  const last = detections.at(-1);
  if (last === undefined) return false;
  const addresses = new Set(detections.flatMap(({ actorIp }) => actorIp ?? []));
  const hand = handOver(await observationsByAddress(database.read, [...addresses]));
  takeDetections(hand, detections, phaseOf);
  const cursor = { consumer: DETECTION_CONSUMER, position: last.position, now: clock.now() };
  await database.bookkeep("cursor", async (tx) => {
    await saveObservations(tx, hand);
    await savePhases(tx, hand);
    await moveCursor(tx, cursor);
  });
  return detections.length === batchMax;
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

async function clusterCampaigns(deps: ActorsDeps): Promise<boolean> {
  const { database, topics, stepMax = STEP_MAX } = deps;
  const step = await stepCampaigns(database.read, Math.ceil(stepMax / 4));
  if (step === undefined) return false;
  await liftIdentities(deps, step.done, LADDER_ACTOR);
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
