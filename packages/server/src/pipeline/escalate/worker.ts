import { createHash } from "node:crypto";
import type { Actor } from "@tyr/contract";
import { cursorOf, headOf, moveCursor, type Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { type Leading, startLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { readDetectionsAfter, type StoredDetection } from "#detect";
import { gather, keyOf, type Gathered } from "./gather.ts";
import type { Incident } from "./incident.ts";
import { insertJoined, lockOpen, putIncidents } from "./incident-store.ts";
import { tellChanged } from "./tell.ts";

export type EscalateDeps = Readonly<{
  database: Database;
  clock: Clock;
  bus: Bus;
  log: Logger;
  /** Left out: no other process shares the database. */
  leading?: Leading | undefined;
  /** Detections per batch; results do not depend on it. */
  batchMax?: number;
}>;

/** The running stage. */
export type Escalate = Readonly<{
  wake(): void;
  /** Ends after the batch in hand. */
  stop(): Promise<void>;
  progress(): Promise<Readonly<{ position: number; head: number; lag: number }>>;
}>;

const CONSUMER = "escalate";
const ESCALATE_ACTOR: Actor = { kind: "system", id: "escalate", name: "escalate" };
const BATCH_MAX = 500;
const REST_MS = 1_000;

export function createEscalate(deps: EscalateDeps): Escalate {
  const { database, bus, log, leading } = deps;
  const step = async () => await escalateBatch(deps);
  const loop = startLoop({ name: CONSUMER, step, restMs: REST_MS, log, leading });
  const unsubscribe = bus.subscribe(({ topic }) => {
    if (topic === "detection.recorded") loop.wake();
  });
  return {
    wake: () => loop.wake(),
    async stop() {
      unsubscribe();
      await loop.stop();
    },
    async progress() {
      const [position, head] = [await cursorOf(database.read, CONSUMER), await headOf(database.read, "detection")];
      return { position, head, lag: head - position };
    },
  };
}

/** One step: take detections in order, decide purely, store incidents and the cursor in one transaction. */
export async function escalateBatch(deps: EscalateDeps): Promise<boolean> {
  const { database, clock, bus, batchMax = BATCH_MAX } = deps;
  const position = await cursorOf(database.read, CONSUMER);
  const detections = await readDetectionsAfter(database.read, position, batchMax);
  const last = detections.at(-1);
  if (last === undefined) return false;
  const now = clock.now();
  const cursor = { consumer: CONSUMER, from: position, position: last.position, now };
  // What a backfill found is old: it is read past, and opens and extends nothing.
  const live = detections.filter(({ backfill }) => backfill === null);
  const gathered = await database.audited(factsOf, async (tx) => {
    const done = await store(tx, live, now);
    await moveCursor(tx, cursor);
    return done;
  });
  // Nothing changed, so nothing was recorded and the transaction was rolled back with the cursor.
  if (gathered.incidents.length === 0) {
    await database.bookkeep("cursor", async (tx) => await moveCursor(tx, cursor));
  }
  tellChanged(bus, gathered.incidents);
  return detections.length === batchMax;
}

async function store(tx: WriteTransaction, detections: readonly StoredDetection[], now: Date): Promise<Gathered> {
  if (detections.length === 0) return { incidents: [], opened: new Set(), joined: [] };
  const open = await lockOpen(tx, [...new Set(detections.map(keyOf))]);
  const gathered = gather(open, detections, now);
  if (gathered.incidents.length === 0) return gathered;
  await putIncidents(tx, gathered.incidents);
  await insertJoined(tx, gathered.joined);
  return gathered;
}

function factsOf({ incidents, opened, joined }: Gathered): readonly Fact[] {
  const byIncident = Map.groupBy(joined, ({ incidentId }) => incidentId);
  return incidents.map((incident) => {
    const hash = createHash("sha256");
    const detections = byIncident.get(incident.id) ?? [];
    for (const { detectionId } of detections) hash.update(detectionId).update("\n");
    return factOf(incident, {
      isNew: opened.has(incident.id),
      detections: detections.length,
      detectionIdsDigest: hash.digest("hex"),
    });
  });
}

function factOf(
  { id, key, risk, severity, actorIp }: Incident,
  batch: Readonly<{ isNew: boolean; detections: number; detectionIdsDigest: string }>,
): Fact {
  const { isNew, detections, detectionIdsDigest } = batch;
  return {
    type: isNew ? "incident.opened" : "incident.extended",
    actor: ESCALATE_ACTOR,
    object: { kind: "incident", id },
    details: { key, actorIp, risk, severity, detections, detectionIdsDigest },
  };
}
