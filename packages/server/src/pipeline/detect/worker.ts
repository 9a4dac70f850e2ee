import { createHash } from "node:crypto";
import { setImmediate as breathe } from "node:timers/promises";
import type { Actor } from "@tyr/contract";
import { severityRank } from "@tyr/contract";
import type { CorrelationLoss, RefusedGroup, RestoreReport } from "@tyr/sigma";
import { cursorOf, headOf, moveCursor, type Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, Fact } from "#platform/database";
import { startLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { readEventsAfter, type StreamEvent } from "#collect";
import { createPace } from "./pace.ts";
import type { NewDetection } from "./detection.ts";
import { createEvaluator, type Evaluator } from "./evaluate.ts";
import { noteInputs, watchInputs } from "./figures/figure-store.ts";
import { createFigureWatch, type FigureWatch } from "./figures/figure-watch.ts";
import { CONSUMER, deleteGroups, insertDetections, loadState, saveState } from "./evaluation-store.ts";
import { createLossCounts, type LossReport } from "./loss-counts.ts";
import { createLossNotices } from "./loss-notices.ts";
import { putInForce } from "./put-in-force.ts";
import type { RulePack } from "./rule-pack.ts";

export type DetectDeps = Readonly<{
  database: Database;
  clock: Clock;
  bus: Bus;
  log: Logger;
  rules: RulePack;
  /** Events after a position, in the order of the stream; a short answer means its end. Left out: read from the table. */
  readAfter?: (position: number, limit: number) => Promise<readonly StreamEvent[]>;
  /** Events per batch; results do not depend on it. */
  batchMax?: number;
  /** Events after which the windows of correlations are saved at the latest; results do not depend on it. */
  saveEvery?: number;
}>;

export type Progress = Readonly<{ position: number; head: number; lag: number }>;

/** The running stage. */
export type Detect = Readonly<{
  wake(): void;
  /** Ends after the batch in hand. */
  stop(): Promise<void>;
  rules: RulePack;
  progress(): Promise<Progress>;
  /** What correlations could not use since the start, by reason and by rule: late events, groups let go … */
  losses(): LossReport;
  /** What single-event rules take of the time, sampled since the pack came into force; undefined before it did. */
  costs(): ReturnType<FigureWatch["costs"]> | undefined;
  /** Resolves when detection is close behind what is stored, or does not move: see `pace.ts`. */
  keptUp(): Promise<void>;
  /** Called after detections were stored. */
  onDetected(listener: () => void): () => void;
}>;

const DETECT_ACTOR: Actor = { kind: "system", id: "detect", name: "detect" };
const BATCH_MAX = 1_000;
/** Events looked at without letting anything else run: about a millisecond. */
const BREATH_EVENTS = 50;
/** Replayed at a restart: about a second of work. Seldom enough to cost little, often enough to be short. */
const SAVE_EVERY = 5_000;
const SAVE_IDLE_MS = 5_000;
const REST_MS = 1_000;
/** Rules one line of the log names. */
const RULES_NAMED_MAX = 20;

/** In memory between steps; thrown away when a step fails, and built again from what is stored. */
type Standing = {
  evaluator: Evaluator;
  watch: FigureWatch;
  fed: number;
  cursor: number;
  saved: number;
  savedAtMs: number;
};

export function createDetect(deps: DetectDeps): Detect {
  const { database, bus, log, rules } = deps;
  const listeners = new Set<() => void>();
  const losses = createLossCounts(rules.rules);
  const notice = createLossNotices(log, deps.clock);
  const pace = createPace();
  const worker = new DetectWorker(deps, {
    onStep: (cursor) => pace.finished(cursor),
    onLoss: (loss) => {
      losses.add(loss);
      notice(loss);
    },
    onRefused: losses.refuse,
    onDetected: () => {
      for (const listener of listeners) listener();
    },
  });
  const loop = startLoop({ name: CONSUMER, step: async () => await worker.step(), restMs: REST_MS, log });
  const unsubscribe = bus.subscribe(({ topic, data }) => {
    if (topic !== "event.stored") return;
    pace.stored(Number(data["head"]));
    loop.wake();
  });
  return {
    wake: () => loop.wake(),
    async stop() {
      unsubscribe();
      await loop.stop();
      await worker.save();
    },
    rules,
    async progress() {
      const [position, head] = [await cursorOf(database.read, CONSUMER), await headOf(database.read, "event")];
      return { position, head, lag: head - position };
    },
    losses: losses.report,
    costs: () => worker.costs(),
    keptUp: async () => await pace.wait(),
    onDetected(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

type Told = Readonly<{
  onLoss: (loss: CorrelationLoss) => void;
  onDetected: () => void;
  /** Stored windows nobody can go on from, before they are deleted. */
  onRefused: (groups: readonly RefusedGroup[]) => void;
  /** After each step that did not fail, with the last position finished. */
  onStep: (cursor: number) => void;
}>;

/** Takes events in order, decides purely, stores findings and the cursor in one transaction. */
export class DetectWorker {
  readonly #deps: DetectDeps;
  readonly #told: Told;
  #standing: Standing | undefined;

  constructor(deps: DetectDeps, told: Told) {
    this.#deps = deps;
    this.#told = told;
  }

  costs(): ReturnType<FigureWatch["costs"]> | undefined {
    return this.#standing?.watch.costs();
  }

  /** @returns whether there may be more to do at once */
  async step(): Promise<boolean> {
    const { batchMax = BATCH_MAX } = this.#deps;
    try {
      this.#standing ??= await this.#open();
      const standing = this.#standing;
      const events = await this.#read(standing.fed, batchMax);
      if (events.length === 0) {
        if (this.#nowMs() - standing.savedAtMs >= SAVE_IDLE_MS) await this.save();
        this.#told.onStep(standing.cursor);
        return false;
      }
      await this.#take(standing, events);
      this.#told.onStep(standing.cursor);
      if (standing.fed - standing.saved >= (this.#deps.saveEvery ?? SAVE_EVERY)) await this.save();
      return events.length === batchMax;
    } catch (error) {
      // The windows may be ahead of what is stored: start again from there.
      this.#standing = undefined;
      throw error;
    }
  }

  async #read(position: number, limit: number): Promise<readonly StreamEvent[]> {
    const { readAfter, database } = this.#deps;
    return await (readAfter?.(position, limit) ?? readEventsAfter(database.read, position, limit));
  }

  async #open(): Promise<Standing> {
    const { database, rules } = this.#deps;
    await putInForce(database, rules, DETECT_ACTOR);
    const { position, saved } = await loadState(database.read);
    const watch = createFigureWatch(rules, this.#deps.clock.now());
    await database.bookkeep("counters", async (tx) => await watchInputs(tx, watch.inputs, this.#deps.clock.now()));
    const evaluator = createEvaluator(rules, this.#told.onLoss, watch.see);
    await this.#forget(evaluator.restore(saved));
    const cursor = await cursorOf(database.read, CONSUMER);
    return { evaluator, watch, fed: position, cursor, saved: position, savedAtMs: this.#nowMs() };
  }

  /**
   * Windows nobody can go on from (their rule is gone or is another one, their text is damaged) would be refused at every
   * start and kept for ever. They may have been half full, so whoever runs Tyr is told.
   */
  async #forget({ restored, refused }: RestoreReport): Promise<void> {
    if (refused.length === 0) return;
    this.#told.onRefused(refused);
    await this.#deps.database.bookkeep("cursor", async (tx) => await deleteGroups(tx, refused));
    const reasons = Map.groupBy(refused, ({ reason }) => reason);
    const rules = [...new Set(refused.map(({ correlationId }) => correlationId))];
    this.#deps.log.warn(
      {
        restored,
        deleted: refused.length,
        reasons: Object.fromEntries([...reasons].map(([reason, groups]) => [reason, groups.length])),
        rules: rules.slice(0, RULES_NAMED_MAX),
      },
      "stored windows of correlations cannot be used: they are deleted and begin anew",
    );
  }

  /** Events up to the cursor are fed again only to bring the windows to where they were: their findings are stored. */
  async #take(standing: Standing, events: readonly StreamEvent[]): Promise<void> {
    const found: NewDetection[] = [];
    for (const [index, event] of events.entries()) {
      if (index % BREATH_EVENTS === BREATH_EVENTS - 1) await breathe();
      const detections = standing.evaluator.evaluate(event);
      if (event.position > standing.cursor) found.push(...detections);
      standing.fed = event.position;
    }
    if (standing.fed <= standing.cursor) return;
    await this.#store(found, { from: standing.cursor, position: standing.fed });
    standing.cursor = standing.fed;
  }

  async #store(found: readonly NewDetection[], to: Readonly<{ from: number; position: number }>): Promise<void> {
    const { database, clock, rules, bus } = this.#deps;
    const now = clock.now();
    const cursor = { consumer: CONSUMER, position: to.position, now };
    if (found.length === 0) {
      await database.bookkeep("cursor", async (tx) => await moveCursor(tx, cursor));
      return;
    }
    const fresh = await database.audited(
      (stored: readonly NewDetection[]) => [factOf(stored, { ...to, packDigest: rules.digest })],
      async (tx) => {
        const stored = await insertDetections(tx, found, now);
        await moveCursor(tx, cursor);
        return stored;
      },
    );
    const worst = fresh.toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity))[0];
    if (worst === undefined) return;
    const { id, ruleTitle, severity } = worst;
    bus.publish("detection.recorded", { id, ruleTitle, severity, count: fresh.length });
    this.#told.onDetected();
  }

  /** Saves the windows of correlations as of the last event fed. */
  async save(): Promise<void> {
    const standing = this.#standing;
    if (standing === undefined || standing.fed <= standing.saved || standing.fed < standing.cursor) return;
    const dirty = standing.evaluator.takeDirtyGroups();
    const seen = standing.watch.take();
    try {
      await this.#deps.database.bookkeep("cursor", async (tx) => {
        await saveState(tx, dirty, standing.fed);
        await noteInputs(tx, seen);
      });
    } catch (error) {
      this.#standing = undefined;
      throw error;
    }
    standing.saved = standing.fed;
    standing.savedAtMs = this.#nowMs();
  }

  #nowMs(): number {
    return this.#deps.clock.now().getTime();
  }
}

type BatchPlace = Readonly<{ from: number; position: number; packDigest: string }>;

function factOf(stored: readonly NewDetection[], { from, position, packDigest }: BatchPlace): Fact {
  const hash = createHash("sha256");
  for (const { id } of stored) hash.update(id).update("\n");
  return {
    type: "detection.recorded",
    actor: DETECT_ACTOR,
    object: { kind: "event-stream", id: `${from + 1}-${position}` },
    details: {
      events: position - from,
      detections: stored.length,
      tags: stored.reduce((sum, { tags }) => sum + tags.length, 0),
      detectionIdsDigest: hash.digest("hex"),
      rulePackDigest: packDigest,
    },
  };
}
