import { setImmediate as breathe } from "node:timers/promises";
import { severityRank } from "@tyr/contract";
import type { CorrelationLoss, RefusedGroup, RestoreReport } from "@tyr/sigma";
import { cursorOf, headOf, moveCursor, type Bus, type TopicBus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, WriteTransaction } from "#platform/database";
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
import { putInForce, type PutInForce } from "./put-in-force.ts";
import { DETECT_ACTOR, recordedFact } from "./recorded-fact.ts";
import type { RulePack } from "./rule-pack.ts";
import { appliedStates, areSameStates, type AppliedStates } from "./rules/rule-state.ts";
import { tellTags } from "./tell-tags.ts";
import { setAside, type SetAside } from "./rules/set-aside.ts";
import { countSuppressed, listStates, replaceStatesInForce, statesInForce } from "./rules/state-store.ts";

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
  fed: number;
  cursor: number;
  saved: number;
  savedAtMs: number;
};

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
      this.#told.onStep(standing.cursor);
      if (standing.fed - standing.saved >= (this.#deps.saveEvery ?? SAVE_EVERY)) await this.save();
      return events.length === limit;
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
    let standing = this.#standing;
    if (standing === undefined || (this.#wanted !== undefined && standing.fed >= standing.cursor)) {
      await this.save();
      standing = this.#standing = await this.#reopen();
    }
    if (standing.fed >= standing.cursor) await this.#followStates(standing);
    return standing;
  }

  /** As at a start, so that a stage that went on finds what a restarted one would. */
  async #reopen(): Promise<Standing> {
    const wanted = this.#wanted;
    const pack = wanted?.pack ?? this.#pack;
    const standing = await this.#open(pack);
    this.#pack = pack;
    if (this.#wanted === wanted) this.#wanted = undefined;
    if (this.#wanted === undefined) wanted?.inForce.resolve();
    return standing;
  }

  async #open(pack: RulePack): Promise<Standing> {
    const { database, clock } = this.#deps;
    this.#tellReloaded(await putInForce(database, { pack, by: DETECT_ACTOR, now: clock.now() }));
    const { position, saved } = await loadState(database.read);
    const watch = createFigureWatch(pack, this.#deps.clock.now());
    await database.bookkeep("counters", async (tx) => await watchInputs(tx, watch.inputs, this.#deps.clock.now()));
    const evaluator = watch.timed(createEvaluator(pack, this.#told.onLoss, watch.see));
    await this.#forget(evaluator.restore(saved));
    const states = await statesInForce(database.read);
    evaluator.apply(states);
    this.lookAtStates();
    const cursor = await cursorOf(database.read, CONSUMER);
    return { pack, watch, evaluator, states, fed: position, cursor, saved: position, savedAtMs: this.#nowMs() };
  }

  #tellReloaded({ changes, messages }: PutInForce): void {
    this.#deps.topics?.deliver(messages);
    for (const { ruleId } of changes) this.#deps.bus.publish("rule.changed", { id: ruleId, what: "definition" });
  }

  /** Other states come into force together with the windows gathered until here, so that a crash cannot mix them up. */
  async #followStates(standing: Standing): Promise<void> {
    const { database, clock } = this.#deps;
    const now = clock.now();
    if (now.getTime() - this.#statesLookedAtMs < STATES_MS) return;
    this.#statesLookedAtMs = now.getTime();
    const states = appliedStates(await listStates(database.read), now);
    if (areSameStates(states, standing.states)) return;
    await this.#save(standing, states);
    standing.evaluator.apply(states);
    standing.states = states;
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
    await this.#store(standing, setAside(found, standing.states));
    standing.cursor = standing.fed;
  }

  async #store({ cursor: from, fed: position, pack }: Standing, { shown, suppressed }: SetAside): Promise<void> {
    const { database, clock } = this.#deps;
    const now = clock.now();
    const moveOn = async (tx: WriteTransaction): Promise<void> => {
      await countSuppressed(tx, suppressed);
      await moveCursor(tx, { consumer: CONSUMER, from, position, now });
    };
    if (shown.length === 0) await database.bookkeep("cursor", moveOn);
    else {
      const fresh = await database.audited(
        (stored: readonly NewDetection[]) => [recordedFact(stored, { from, position, packDigest: pack.digest })],
        async (tx) => {
          const stored = await insertDetections(tx, shown, now);
          await moveOn(tx);
          return stored;
        },
      );
      if (this.#deps.topics !== undefined) tellTags(this.#deps.topics, fresh);
      this.#tellDetected(fresh);
    }
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
    const { id, ruleTitle, severity } = worst;
    this.#deps.bus.publish("detection.recorded", { id, ruleTitle, severity, count: fresh.length });
    this.#told.onDetected();
  }

  /** Saves the windows of correlations as of the last event fed. */
  async save(): Promise<void> {
    const standing = this.#standing;
    if (standing === undefined || standing.fed <= standing.saved || standing.fed < standing.cursor) return;
    await this.#save(standing);
  }

  /** @param states come into force with it, for the events after it */
  async #save(standing: Standing, states?: AppliedStates): Promise<void> {
    const dirty = standing.evaluator.takeDirtyGroups();
    const seen = standing.watch.take();
    try {
      await this.#deps.database.bookkeep("cursor", async (tx) => {
        await saveState(tx, dirty, standing.fed);
        await noteInputs(tx, seen);
        if (states !== undefined) await replaceStatesInForce(tx, states);
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
