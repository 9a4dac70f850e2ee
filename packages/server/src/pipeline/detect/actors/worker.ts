import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Actor } from "@tyr/contract";
import { cursorOf, type TopicBus } from "#platform/bus";
import type { Fact, ReadDatabase, WriteTransaction } from "#platform/database";
import { startLoop, type Leading, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import type { StoredDerived } from "#collect";
import { ownIdentityOf } from "./accumulate.ts";
import { stepCampaigns } from "./cluster-campaigns.ts";
import { stepIdentities } from "./cluster-identities.ts";
import { identitiesDone, ladderVersion, observationsDone } from "./ladder-store.ts";
import { liftIdentities } from "./lift-identities.ts";
import { decideLook, LOOK_CONSUMER, lookDone, lookOf, type Look } from "./look-store.ts";
import { lookAtProfiles } from "./look-at-profiles.ts";
import type { Observation } from "./observation.ts";
import type { Plan } from "./plan.ts";
import type { ReadAhead } from "./read-ahead.ts";
import { remembered } from "./read-trace.ts";
import { Rests } from "./rests.ts";
import { EVENT_CONSUMER, isStill, readAheadOf, takeBatches, type TakeDeps } from "./take-batches.ts";
import type { ScoreChange } from "./score-changes.ts";
import { tellCampaigns, tellIdentities, tellScores } from "./tell.ts";
import { writePlan } from "./write-plan.ts";

export type ActorsDeps = TakeDeps &
  Readonly<{
    topics: TopicBus;
    log: Logger;
    /** Left out: no other process shares the database. */
    leading?: Leading | undefined;
    /** Told of derived events after their commit. */
    announce?: (stored: StoredDerived) => void;
    /** Addresses or identities per step; who counts to whom does not depend on it. */
    stepMax?: number;
  }>;

/** The running ladder: it looks every second, so that what pours in is taken in few batches. */
export type Actors = Pick<RunningLoop, "stop">;

/** The last event of the history (migration 0117); 0 where there was none. */
const TOLD_FROM = "actors.told";
const LADDER_ACTOR: Actor = { kind: "system", id: "actors", name: "actors" };
/** Addresses per step: some tens of milliseconds, as the embedded engine has one connection. */
const STEP_MAX = 200;
const REST_MS = 1_000;
/** It works a third of the time while events come in: nobody waits for it, and taking events in and detecting come first. */
const RESTS_PER_WORK = 2;
const GIVE_WAY_MAX_MS = 1_000;
/** How often it reads on while it rests. */
const PULL_MS = 200;

export function createActors({ keyed, ...given }: ActorsDeps): Actors {
  const remembering = { ...given, keyed: remembered(keyed) };
  const ahead = readAheadOf(remembering);
  const deps = { ...remembering, ahead };
  const rests = new Rests();
  const step = async (signal: AbortSignal): Promise<boolean> => {
    const began = performance.now();
    const more = await climb(deps);
    if (!more) return rests.isTimeToLook(await lookOf(deps.database.read)) && (await lookHere(deps));
    const restMs = Math.min(GIVE_WAY_MAX_MS, (performance.now() - began) * RESTS_PER_WORK);
    await restReading(ahead, { restMs, signal });
    return true;
  };
  return startLoop({ name: "actors", step, restMs: REST_MS, log: deps.log, leading: deps.leading });
}

/** What is stored while it rests is read then: a moment later it would have to come from the table. */
async function restReading(
  ahead: ReadAhead,
  { restMs, signal }: Readonly<{ restMs: number; signal: AbortSignal }>,
): Promise<void> {
  const until = performance.now() + restMs;
  for (let left = restMs; left > 0 && !signal.aborted; left = until - performance.now()) {
    await sleep(Math.min(left, PULL_MS), undefined, { signal }).catch(() => undefined);
    // Nobody sends: there is nothing to give way to.
    if (!(await ahead.pull())) return;
  }
}

/**
 * Decides that the ladder looks at what it has read: stored first, so that whoever is killed from then on looks there too.
 *
 * @returns whether there is anything to look at
 */
export async function lookHere({ database }: ActorsDeps): Promise<boolean> {
  return await database.bookkeep("cursor", decideLook);
}

/**
 * One turn: a look where one is due, else what events and detections tell, and the clustering once all of it is read. Reading first, so that a flood is clustered once and not after each of its batches.
 *
 * @returns whether there is more to do at once
 */
export async function climb(deps: ActorsDeps): Promise<boolean> {
  const look = await lookOf(deps.database.read);
  if (look.isDue) return await takeLook(deps, look);
  const onScored = async (changes: readonly ScoreChange[]): Promise<void> => {
    if (await isPastHistory(deps.database.read)) tellScores(deps.topics, changes);
  };
  if (await takeBatches({ ...deps, onScored }, look)) return true;
  const identities = await clusterIdentities(deps);
  return (await clusterCampaigns(deps)) || identities;
}

/**
 * A step of a look: first who counts to whom, then what identities show. Nothing is read meanwhile, so both are as of the
 * events up to the place of the look, whoever looked before and however often it was cut off.
 */
async function takeLook(deps: ActorsDeps, { counted }: Look): Promise<true> {
  if (await clusterIdentities(deps)) return true;
  const { database, clock } = deps;
  const version = await ladderVersion(database.read);
  const position = await cursorOf(database.read, EVENT_CONSUMER);
  const from = await cursorOf(database.read, LOOK_CONSUMER);
  if (await isPastHistory(database.read)) await liftIdentities(deps, LADDER_ACTOR);
  await lookAtProfiles(deps);
  await database.bookkeep("cursor", async (tx) => {
    if (await isStill(tx, version)) await lookDone(tx, { counted, from, position, now: clock.now() });
  });
  return true;
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
