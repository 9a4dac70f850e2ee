import { setImmediate as breathe } from "node:timers/promises";
import { severityRank } from "@tyr/contract";
import type { CorrelationLoss, RefusedGroup, RestoreReport } from "@tyr/sigma";
import { cursorOf, headOf, type Bus, type TopicBus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import { urgently, type Database } from "#platform/database";
import { startLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { traced } from "#platform/trace";
import { readEventsAfter, type StreamEvent } from "#collect";
import { createPace } from "./pace.ts";
import type { NewDetection } from "./detection.ts";
import { createEvaluator, type Evaluator } from "./evaluate.ts";
import { createFigureWatch, type FigureWatch } from "./figures/figure-watch.ts";
import { CONSUMER, deleteGroups } from "./evaluation-store.ts";
import { finishBatch, type Finished, type Finishing } from "./finish-batch.ts";
import { createLossCounts, type LossReport } from "./loss-counts.ts";
import { createLossNotices } from "./loss-notices.ts";
import type { PutInForce } from "./put-in-force.ts";
import type { RulePack } from "./rule-pack.ts";
import { appliedStates, areSameStates, type AppliedStates } from "./rules/rule-state.ts";
import { tellTags } from "./tell-tags.ts";
import { noteWritten, tracedEvaluation } from "./trace-batch.ts";
import { setAside, type SetAside } from "./rules/set-aside.ts";
import { listStates } from "./rules/state-store.ts";

export type DetectDeps = Readonly<{
  database: Database;
  clock: Clock;
  bus: Bus;
  /** Left out: nobody in this process listens to topics. */
  topics?: TopicBus;
  log: Logger;
  /** The pack it starts with. */
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
  /** The pack in force. */
  rules(): RulePack;
  /**
   * Puts another pack in force whole, between two batches. What is found from then on is what a stage would find that was
   * stopped there and started with it. Resolves when it is in force, a newer one is, or the
   * stage has stopped; breakage is tried again.
   */
  replaceRules(pack: RulePack): Promise<void>;
  /** Somebody set the state of a rule: it counts from the next batch on. Without this it is seen within a second. */
  statesChanged(): void;
  progress(): Promise<Progress>;
  /** What correlations could not use since the start, by reason and by rule: late events, groups let go … */
  losses(): LossReport;
  /** How long events take, and what single-event rules take of it, sampled since the pack came into force; undefined before it did. */
  costs(): ReturnType<FigureWatch["costs"]> | undefined;
  /** Resolves when detection is close behind what is stored, or does not move: see `pace.ts`. */
  keptUp(): Promise<void>;
  /** Called after detections were stored. */
  onDetected(listener: () => void): () => void;
}>;

const BATCH_MAX = 1_000;
/** Events looked at without letting anything else run: about a millisecond. */
const BREATH_EVENTS = 50;
/** Replayed at a restart: about a second of work. Seldom enough to cost little, often enough to be short. */
const SAVE_EVERY = 5_000;
const SAVE_IDLE_MS = 5_000;
const REST_MS = 1_000;
/** How often states are asked for that another process may have set: less than a rest, so that each step after one asks. */
const STATES_MS = 500;
/** Rules one line of the log names. */
const RULES_NAMED_MAX = 20;

/** In memory between steps; thrown away when a step fails, and built again from what is stored. */
type Standing = {
  watch: FigureWatch;
  readonly pack: RulePack;
  readonly evaluator: Evaluator;
  states: AppliedStates;
  /** Last event evaluated. */
  fed: number;
  cursor: number;
  saved: number;
  savedAtMs: number;
};

/** A pack that is ready to be put in force. */
type Next = Pick<Standing, "pack" | "watch" | "evaluator">;

export function createDetect(deps: DetectDeps): Detect {
  const { database, bus, log } = deps;
  const listeners = new Set<() => void>();
  const losses = createLossCounts(() => worker.pack.rules);
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
      worker.end();
    },
    rules: () => worker.pack,
    async replaceRules(pack) {
      const replaced = worker.replace(pack);
      loop.wake();
      await replaced;
    },
    statesChanged() {
      worker.lookAtStates();
      loop.wake();
    },
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
  #pack: RulePack;
  #wanted: Readonly<{ pack: RulePack; inForce: PromiseWithResolvers<void> }> | undefined;
  #statesLookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: DetectDeps, told: Told) {
    this.#deps = deps;
    this.#told = told;
    this.#pack = deps.rules;
  }

  /** In force, or about to be when the stage has not begun. */
  get pack(): RulePack {
    return this.#pack;
  }

  /** Resolves when a step has put this pack in force, or one asked for later. */
  async replace(pack: RulePack): Promise<void> {
    const inForce = this.#wanted?.inForce ?? Promise.withResolvers<void>();
    this.#wanted = { pack, inForce };
    await inForce.promise;
  }

  /** Nobody waits any longer for a pack that will not come into force here. */
  end(): void {
    this.#wanted?.inForce.resolve();
    this.#wanted = undefined;
  }

  /** The next step looks at what people set of rules, however long ago it last did. */
  lookAtStates(): void {
    this.#statesLookedAtMs = Number.NEGATIVE_INFINITY;
  }

  costs(): ReturnType<FigureWatch["costs"]> | undefined {
    return this.#standing?.watch.costs();
  }

  /** @returns whether there may be more to do at once */
  async step(): Promise<boolean> {
    const { batchMax = BATCH_MAX } = this.#deps;
    try {
      const standing = await this.#ready();
      // What is fed again ends where the rest begins: another pack and other states count from the first new event on.
      const again = standing.cursor - standing.fed;
      const limit = again > 0 ? Math.min(batchMax, again) : batchMax;
      const events = await this.#read(standing.fed, limit);
      if (events.length === 0) {
        if (this.#nowMs() - standing.savedAtMs >= SAVE_IDLE_MS) await this.save();
        this.#told.onStep(standing.cursor);
        return false;
      }
      await this.#take(standing, events);
      this.#told.onStep(Math.max(standing.cursor, standing.fed));
      return events.length === limit || this.#isChangeWaiting();
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

  /** Between two batches is the place for another pack and for other states, once everything stored was fed again. */
  async #ready(): Promise<Standing> {
    const standing = this.#standing;
    if (standing === undefined) return await this.#open();
    if (standing.fed < standing.cursor) return standing;
    if (this.#isChangeWaiting() || (await this.#hasOtherStates(standing))) await this.#finish(standing);
    return this.#standing ?? standing;
  }

  /** Somebody waits for another pack, or has set the state of a rule. */
  #isChangeWaiting(): boolean {
    return this.#wanted !== undefined || this.#statesLookedAtMs === Number.NEGATIVE_INFINITY;
  }

  /** States another process may have set are asked for seldom. */
  async #hasOtherStates(standing: Standing): Promise<boolean> {
    const now = this.#deps.clock.now();
    if (now.getTime() - this.#statesLookedAtMs < STATES_MS) return false;
    this.#statesLookedAtMs = now.getTime();
    return !areSameStates(appliedStates(await listStates(this.#deps.database.read), now), standing.states);
  }

  /** As at a start, so that a stage that went on finds what a restarted one would. */
  async #open(): Promise<Standing> {
    const next = this.#next(this.#wanted?.pack ?? this.#pack);
    const finished = await finishBatch(this.#deps.database, { next, now: this.#deps.clock.now() });
    this.lookAtStates();
    return await this.#goOn(next, finished);
  }

  #next(pack: RulePack): Next {
    const watch = createFigureWatch(pack, this.#deps.clock.now());
    return { pack, watch, evaluator: watch.timed(createEvaluator(pack, this.#told.onLoss, watch.see)) };
  }

  /** From here on another pack counts; its evaluator has the windows that are stored. */
  async #goOn({ pack, watch, evaluator }: Next, { put, opened }: Finished): Promise<Standing> {
    if (opened === undefined) throw new Error("another pack came into force, and nothing was read to go on from");
    this.#tellReloaded(put);
    const { position, saved, states, cursor } = opened;
    await this.#forget(evaluator.restore(saved));
    evaluator.apply(states);
    const at = { fed: position, cursor, saved: position, savedAtMs: this.#nowMs() };
    this.#standing = { pack, watch, evaluator, states, ...at };
    this.#pack = pack;
    if (this.#wanted?.pack === pack) {
      this.#wanted.inForce.resolve();
      this.#wanted = undefined;
    }
    return this.#standing;
  }

  #tellReloaded({ changes, messages }: PutInForce): void {
    this.#deps.topics?.deliver(messages);
    for (const { ruleId } of changes) this.#deps.bus.publish("rule.changed", { id: ruleId, what: "definition" });
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

  /**
   * Events up to the cursor are fed again only to bring the windows to where they were: their findings are stored.
   * A batch ends early when somebody waits for another pack or state: what is found does not depend on batches.
   */
  async #take(standing: Standing, events: readonly StreamEvent[]): Promise<void> {
    const found: NewDetection[] = [];
    for (const [index, event] of events.entries()) {
      if (index % BREATH_EVENTS === BREATH_EVENTS - 1) {
        await breathe();
        if (this.#isChangeWaiting() && standing.fed > standing.cursor) break;
      }
      const detections = standing.evaluator.evaluate(event);
      if (event.position > standing.cursor) found.push(...detections);
      standing.fed = event.position;
    }
    if (standing.fed > standing.cursor) await this.#finish(standing, setAside(found, standing.states));
  }

  /** Stores what was found, with the windows where it is time, and puts in force what somebody waits for. */
  async #finish(standing: Standing, found?: SetAside): Promise<void> {
    const { cursor: from, fed: position, pack, states } = standing;
    const wanted = this.#wanted;
    const isChanging = found === undefined || this.#isChangeWaiting();
    const isDue = isChanging || position - standing.saved >= (this.#deps.saveEvery ?? SAVE_EVERY);
    const next = wanted === undefined ? undefined : this.#next(wanted.pack);
    if (isChanging) this.#statesLookedAtMs = this.#nowMs();
    const what = {
      batch: found === undefined ? undefined : { from, position, packDigest: pack.digest, found },
      windows: isDue ? takeWindows(standing) : undefined,
      states: isChanging ? states : undefined,
      next,
      now: this.#deps.clock.now(),
    };
    const finish = async (): Promise<Finished> => await finishBatch(this.#deps.database, what);
    const finished = await (isChanging ? urgently(finish) : finish());
    standing.cursor = position;
    if (isDue) this.#saved(standing);
    this.#tell(finished.fresh, found?.suppressed ?? []);
    if (next !== undefined) await this.#goOn(next, finished);
    else if (finished.states !== undefined) {
      standing.evaluator.apply(finished.states);
      standing.states = finished.states;
    }
  }

  #saved(standing: Standing): void {
    standing.saved = standing.fed;
    standing.savedAtMs = this.#nowMs();
  }

  #tell(fresh: readonly NewDetection[], suppressed: SetAside["suppressed"]): void {
    if (this.#deps.topics !== undefined) tellTags(this.#deps.topics, fresh);
    this.#tellDetected(fresh);
    this.#tellSuppressed(suppressed);
  }

  #tellSuppressed(suppressed: SetAside["suppressed"]): void {
    const { bus, topics } = this.#deps;
    for (const { ruleId, detections } of suppressed) {
      const payload = { rule_id: ruleId, reason: "muted", count: detections };
      topics?.publish("ttp.rule.suppressed", { payload });
      bus.publish("rule.changed", { id: ruleId, what: "suppressed" });
    }
  }

  #tellDetected(fresh: readonly NewDetection[]): void {
    const worst = fresh.toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity))[0];
    if (worst === undefined) return;
    const { bus, topics } = this.#deps;
    const { id, ruleTitle, severity } = worst;
    traced("ttp.bus.publish", () => {
      if (topics !== undefined) tellTags(topics, fresh);
      bus.publish("detection.recorded", { id, ruleTitle, severity, count: fresh.length });
    });
    this.#told.onDetected();
  }

  /** Saves the windows of correlations as of the last event fed. */
  async save(): Promise<void> {
    const standing = this.#standing;
    if (standing === undefined || standing.fed <= standing.saved || standing.fed < standing.cursor) return;
    try {
      const windows = takeWindows(standing);
      await finishBatch(this.#deps.database, { windows, now: this.#deps.clock.now() });
    } catch (error) {
      this.#standing = undefined;
      throw error;
    }
    this.#saved(standing);
  }

  #nowMs(): number {
    return this.#deps.clock.now().getTime();
  }
}

/** Hands over what changed since it was last taken: it must be stored, or the stage starts again from what is. */
function takeWindows({ evaluator, watch, fed }: Standing): NonNullable<Finishing["windows"]> {
  return { dirty: evaluator.takeDirtyGroups(), position: fed, seen: watch.take() };
}
