import { setImmediate as breathe } from "node:timers/promises";
import type { CorrelationLoss, RefusedGroup, RestoreReport } from "@tyr/sigma";
import type { Bus, TopicBus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import { urgently, type Database } from "#platform/database";
import type { Leading } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { traced } from "#platform/trace";
import { readEventsAfter, type StreamEvent } from "#collect";
import type { NewDetection } from "./detection.ts";
import type { OnDropped } from "./dropped-tags.ts";
import { createEvaluator, type Evaluator } from "./evaluate.ts";
import { createFigureWatch, type FigureWatch } from "./figures/figure-watch.ts";
import { isFromBeforeErasure, windowErasures, type Erasures } from "./erase-windows.ts";
import { CONSUMER, deleteGroups } from "./evaluation-store.ts";
import { finishBatch, holdCursor, type Finished, type Finishing } from "./finish-batch.ts";
import type { HashSecret } from "./lift/credential.ts";
import type { PutInForce } from "./put-in-force.ts";
import type { RulePack } from "./rule-pack.ts";
import { appliedStates, areSameStates, type AppliedStates } from "./rules/rule-state.ts";
import { tellFindings } from "./tell-findings.ts";
import { noteWritten, tracedEvaluation } from "./trace-batch.ts";
import { listStates } from "./rules/state-store.ts";

export type DetectDeps = Readonly<{
  database: Database;
  clock: Clock;
  bus: Bus;
  /** Of what must not be shown of a group; left out: with a key of this process, for tests. */
  hashGroup?: HashSecret;
  /** Left out: nobody in this process listens to topics. */
  topics?: TopicBus;
  log: Logger;
  /** Left out: no other process shares the database. */
  leading?: Leading | undefined;
  /** The pack it starts with. */
  rules: RulePack;
  /** Events after a position, in the order of the stream; a short answer means its end. Left out: read from the table. */
  readAfter?: (position: number, limit: number) => Promise<readonly StreamEvent[]>;
  /** Events per batch; results do not depend on it. */
  batchMax?: number;
  /** Events after which the windows of correlations are saved at the latest; results do not depend on it. */
  saveEvery?: number;
}>;

const BATCH_MAX = 1_000;
/** Events looked at without letting anything else run: about a millisecond. */
const BREATH_EVENTS = 50;
/** Replayed at a restart: about a second of work. Seldom enough to cost little, often enough to be short. */
const SAVE_EVERY = 5_000;
const SAVE_IDLE_MS = 5_000;
/** How often states are asked for that another process may have set: less than a rest, so that each step after one asks. */
const STATES_MS = 500;
/** Rules one line of the log names. */
const RULES_NAMED_MAX = 20;

const NEVER = { saved: Number.NEGATIVE_INFINITY, savedAtMs: Number.NEGATIVE_INFINITY };

/** In memory between steps; thrown away when a step fails, and built again from what is stored. */
type Standing = {
  watch: FigureWatch;
  readonly pack: RulePack;
  readonly evaluator: Evaluator;
  /** What events are looked at with. */
  states: AppliedStates;
  /** What the table says they were, up to the cursor: other ones are recorded with the batch in hand. */
  recorded: AppliedStates;
  /** Last event evaluated. */
  fed: number;
  cursor: number;
  /** Erasures when the windows were read. */
  readonly erased: number;
  readonly erasures: Erasures;
  saved: number;
  savedAtMs: number;
};

/** A pack that is ready to be put in force. */
type Next = Pick<Standing, "pack" | "watch" | "evaluator">;

type Told = Readonly<{
  onLoss: (loss: CorrelationLoss) => void;
  onDropped?: OnDropped;
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
  #statesLookedAtMs = 0;

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

  /**
   * Saves, unless another process leads, and lets go whoever waits for a pack that will not come into force here: also where
   * the database is broken.
   */
  async end(): Promise<void> {
    try {
      if (this.#deps.leading?.isLeading() !== false) await this.save();
    } finally {
      this.#letGo();
    }
  }

  #letGo(): void {
    this.#wanted?.inForce.resolve();
    this.#wanted = undefined;
  }

  /** Another process leads and goes on from what is stored. A pack somebody waits for is what is shown here, and no more. */
  standBy(): void {
    this.#standing = undefined;
    this.#pack = this.#wanted?.pack ?? this.#pack;
    this.#letGo();
  }

  /**
   * What people set of rules counts from the next event on, and for findings that are not written yet. Events that are fed
   * again are looked at with what is recorded: the next step after them asks the table.
   */
  lookAtStates(states: AppliedStates): void {
    const standing = this.#standing;
    if (standing === undefined || standing.fed < standing.cursor) this.#statesLookedAtMs = Number.NEGATIVE_INFINITY;
    else apply(standing, states);
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
        if (this.#isChangeWaiting(standing)) await this.#finish(standing);
        else if (this.#nowMs() - standing.savedAtMs >= SAVE_IDLE_MS) await this.save();
        this.#told.onStep(standing.cursor);
        return false;
      }
      const about = { worker: CONSUMER, events: events.length };
      await traced("ttp.worker.tick", async () => await this.#take(standing, events), about);
      this.#told.onStep(standing.cursor);
      return events.length === limit || standing.fed < (events.at(-1)?.position ?? 0);
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
    const standing = this.#standing ?? (await this.#open());
    if (standing.fed < standing.cursor) return standing;
    if (this.#wanted !== undefined) await this.#finish(standing);
    else if (this.#isTimeToLook()) {
      if (await this.#isErased(standing)) return await this.#open();
      if (await this.#hasOtherStates(standing)) await this.#finish(standing);
    }
    return this.#standing ?? standing;
  }

  /** Somebody waits for another pack, or has set the state of a rule, which is to be recorded. */
  #isChangeWaiting({ states, recorded }: Standing): boolean {
    return this.#wanted !== undefined || states !== recorded;
  }

  /** What another process may have set or erased is asked for seldom. */
  #isTimeToLook(): boolean {
    const now = this.#nowMs();
    if (now - this.#statesLookedAtMs < STATES_MS) return false;
    this.#statesLookedAtMs = now;
    return true;
  }

  async #hasOtherStates(standing: Standing): Promise<boolean> {
    const { database, clock } = this.#deps;
    return !areSameStates(appliedStates(await listStates(database.read), clock.now()), standing.states);
  }

  /** Somebody was erased: windows are read again, and the events since they were saved are fed again. */
  async #isErased({ erased }: Standing): Promise<boolean> {
    return (await windowErasures(this.#deps.database.read)) !== erased;
  }

  /** As at a start, so that a stage that went on finds what a restarted one would. */
  async #open(): Promise<Standing> {
    const next = this.#next(this.#wanted?.pack ?? this.#pack);
    const { database, leading, clock } = this.#deps;
    const finished = await finishBatch(database, { next, hold: leading?.hold, now: clock.now() });
    this.#statesLookedAtMs = Math.min(this.#statesLookedAtMs, 0);
    return await this.#goOn(next, finished);
  }

  #next(pack: RulePack): Next {
    const watch = createFigureWatch(pack, this.#deps.clock.now());
    const evaluator = createEvaluator(pack, this.#told.onLoss, {
      see: watch.see,
      hashGroup: this.#deps.hashGroup,
      onDropped: (reason, tags) => {
        // Not of what is fed again: it was counted.
        if (this.#standing !== undefined && this.#standing.fed >= this.#standing.cursor)
          this.#told.onDropped?.(reason, tags);
      },
    });
    return { pack, watch, evaluator: watch.timed(evaluator) };
  }

  /** From here on another pack counts; its evaluator has the windows that are stored. */
  async #goOn({ pack, watch, evaluator }: Next, { put, opened }: Finished): Promise<Standing> {
    if (opened === undefined) throw new Error("another pack came into force, and nothing was read to go on from");
    this.#tellReloaded(put);
    const { position, saved, states, cursor, erased, erasures } = opened;
    await this.#forget(evaluator.restore(saved), cursor);
    evaluator.apply(states);
    // Who was erased is remembered until windows are saved without them: that is done next.
    const when = erasures.size > 0 ? NEVER : { saved: position, savedAtMs: this.#nowMs() };
    const at = { fed: position, cursor, erased, erasures, ...when };
    this.#standing = { pack, watch, evaluator, states, recorded: states, ...at };
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
  async #forget({ restored, refused }: RestoreReport, cursor: number): Promise<void> {
    if (refused.length === 0) return;
    this.#told.onRefused(refused);
    await this.#deps.database.bookkeep("cursor", async (tx) => {
      await holdCursor(tx, { cursor, now: this.#deps.clock.now() });
      await deleteGroups(tx, refused);
    });
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
   * A batch ends early when somebody waits for another pack or set a state: what is found does not depend on batches.
   */
  async #take(standing: Standing, events: readonly StreamEvent[]): Promise<void> {
    const found = await tracedEvaluation(events.length, async () => await this.#evaluate(standing, events));
    if (standing.fed > standing.cursor) await this.#finish(standing, found);
  }

  async #evaluate(standing: Standing, events: readonly StreamEvent[]): Promise<NewDetection[]> {
    const found: NewDetection[] = [];
    for (const [index, event] of events.entries()) {
      if (index % BREATH_EVENTS === BREATH_EVENTS - 1) {
        await breathe();
        if (this.#isChangeWaiting(standing) && standing.fed > standing.cursor) return found;
      }
      const detections = isFromBeforeErasure(event, standing.erasures) ? [] : standing.evaluator.evaluate(event);
      if (event.position > standing.cursor) found.push(...detections);
      standing.fed = event.position;
    }
    return found;
  }

  /** Stores what was found, with the windows where it is time, and puts in force what somebody waits for. */
  async #finish(standing: Standing, found?: readonly NewDetection[]): Promise<void> {
    const isChanging = found === undefined || this.#isChangeWaiting(standing);
    const isDue = isChanging || standing.fed - standing.saved >= (this.#deps.saveEvery ?? SAVE_EVERY);
    const change = isChanging ? this.#change(standing) : {};
    const batch = found === undefined ? undefined : batchOf(standing, found);
    const windows = isDue ? takeWindows(standing) : undefined;
    const { states } = standing;
    const finished = await this.#write({ ...change, cursor: standing.cursor, batch, windows });
    standing.cursor = standing.fed;
    if (isDue) this.#saved(standing);
    this.#tell(finished.fresh, finished.suppressed);
    if (change.next === undefined) return isChanging ? follow(standing, { states, finished }) : undefined;
    await this.#goOn(change.next, finished);
    // Set while the pack was put in force: the table is asked, as what was told went to the pack before.
    if (standing.states !== states) this.#statesLookedAtMs = Number.NEGATIVE_INFINITY;
  }

  #tell(fresh: readonly NewDetection[], suppressed: Finished["suppressed"]): void {
    tellFindings(this.#deps, fresh, suppressed);
    if (fresh.length > 0) this.#told.onDetected();
  }

  /** Whatever is told from here on is for the next time. */
  #change({ recorded }: Standing): Readonly<{ states?: AppliedStates; next?: Next | undefined }> {
    this.#statesLookedAtMs = this.#nowMs();
    return { states: recorded, next: this.#wanted === undefined ? undefined : this.#next(this.#wanted.pack) };
  }

  /** For another pack or state somebody waits: it does not queue behind batches. */
  async #write(what: Omit<Finishing, "now">): Promise<Finished> {
    const write = async (): Promise<Finished> =>
      await finishBatch(this.#deps.database, { ...what, now: this.#deps.clock.now() });
    return await traced("ttp.tag.write", async () =>
      noteWritten(await (what.states === undefined ? write() : urgently(write))),
    );
  }

  #saved(standing: Standing): void {
    standing.saved = standing.fed;
    standing.savedAtMs = this.#nowMs();
  }

  /** Saves the windows of correlations as of the last event fed. */
  async save(): Promise<void> {
    const standing = this.#standing;
    if (standing === undefined || standing.fed <= standing.saved || standing.fed < standing.cursor) return;
    try {
      const windows = takeWindows(standing);
      await finishBatch(this.#deps.database, { cursor: standing.cursor, windows, now: this.#deps.clock.now() });
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
function takeWindows({ evaluator, watch, fed, erased }: Standing): NonNullable<Finishing["windows"]> {
  return { dirty: evaluator.takeDirtyGroups(), position: fed, seen: watch.take(), erased };
}

function batchOf(standing: Standing, found: readonly NewDetection[]): NonNullable<Finishing["batch"]> {
  const { cursor: from, fed: position, pack } = standing;
  return { from, position, packDigest: pack.digest, found, states: () => standing.states };
}

function apply(standing: Standing, states: AppliedStates): void {
  standing.evaluator.apply(states);
  standing.states = states;
}

/** Goes on with what was recorded, unless somebody set a state while it was. */
function follow(
  standing: Standing,
  { states, finished }: Readonly<{ states: AppliedStates; finished: Finished }>,
): void {
  standing.recorded = finished.states ?? standing.recorded;
  if (standing.states === states) apply(standing, standing.recorded);
}
