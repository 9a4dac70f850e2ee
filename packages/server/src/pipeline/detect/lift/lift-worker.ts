import { setImmediate as breathe } from "node:timers/promises";
import type { Actor } from "@tyr/contract";
import {
  type DerivedEvent,
  derivedFacts,
  isDerived,
  readEventsAfter,
  storeDerived,
  type StoredDerived,
  type StreamEvent,
} from "#collect";
import {
  type Bus,
  cursorOf,
  enqueue,
  headOf,
  moveCursor,
  type NewMessage,
  type Said,
  type StoredMessage,
  type TopicBus,
} from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, WriteTransaction } from "#platform/database";
import { type Leading, startLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { traced } from "#platform/trace";
import { createPace } from "../pace.ts";
import { countTried, type TriedOnce } from "./credential-store.ts";
import { type DirtyState, Lift, type LiftFigures, type LiftHooks } from "./lift.ts";
import { erasures, forgetOthers, keepUnerased, loadGroups, saveGroups } from "./lift-store.ts";
import type { Lifted, Lifter } from "./lifter.ts";
import { isAboutData, Narrowing } from "./narrowing.ts";
import { tracedLift } from "./trace-lift.ts";

export type LiftDeps = Readonly<{
  database: Database;
  clock: Clock;
  bus: Bus;
  topics: TopicBus;
  log: Logger;
  /** Left out: no other process shares the database. */
  leading?: Leading | undefined;
  lifters: readonly Lifter[];
  /** Events after a position, in the order of the stream; a short answer means its end. Left out: read from the table. */
  readAfter?: (position: number, limit: number) => Promise<readonly StreamEvent[]>;
  /** Told of derived events after their commit. */
  announce?: (stored: StoredDerived) => void;
  /** Events per batch; results do not depend on it. */
  batchMax?: number;
}>;

/** The running loop that derives events from events. */
export type RunningLift = Readonly<{
  wake(): void;
  /** Ends after the batch in hand; what it holds is stored first. */
  stop(): Promise<void>;
  figures(): LiftFigures;
  progress(): Promise<Readonly<{ position: number; head: number; lag: number }>>;
  /** Resolves when it is close behind what is stored, or does not move. */
  keptUp(): Promise<void>;
}>;

export const LIFT_CONSUMER = "lift";
const LIFT_ACTOR: Actor = { kind: "system", id: "lift", name: "lift" };
const BATCH_MAX = 1_000;
/** Events looked at without letting anything else run. */
const BREATH_EVENTS = 100;
/** Kept in memory at most before they are stored: what is read again after a crash. */
const EVENTS_HELD_MAX = 5_000;
/** While events pour in, one transaction a second: what is touched often is then saved once. In quiet times, at once. */
const HOLD_MS = 1_000;
const HOLD_OWN_MS = 2_000;
const REST_MS = 250;

const nothingHeld = () => ({
  derived: [] as DerivedEvent[],
  messages: [] as NewMessage[],
  tried: [] as TriedOnce[],
  said: [] as Said[],
  /** Events set aside. */
  leftOut: [] as StreamEvent[],
  events: 0,
  /** Some of these events were no derived ones: there is something to save. */
  changed: false,
});

/** In memory between steps; thrown away when a step fails, and built again from what is stored. */
type Standing = {
  lift: Lift;
  /** Erasures when it was read. */
  erased: number;
  stored: number;
  position: number;
  held: ReturnType<typeof nothingHeld>;
  flushedAtMs: number;
};

/**
 * Follows the event stream with a cursor of its own. Derived events, messages, state and cursor are one transaction, so a
 * crash at any place derives the same: events after the cursor are read again, with the state that belongs to it.
 */
export function startLift(deps: LiftDeps): RunningLift {
  const worker = new LiftWorker(deps);
  const pace = createPace();
  const step = async (): Promise<boolean> => {
    const more = await worker.step();
    pace.finished(worker.position);
    return more;
  };
  // Whoever sends events to a process that stands by waits for the one that leads.
  const standBy = async (): Promise<void> => {
    worker.forget();
    pace.finished(await cursorOf(deps.database.read, LIFT_CONSUMER));
  };
  const { log, leading } = deps;
  const loop = startLoop({ name: LIFT_CONSUMER, step, restMs: REST_MS, log, leading, standBy });
  const unsubscribe = deps.bus.subscribe(({ topic, data }, isRelayed) => {
    if (topic !== "event.stored") return;
    // How far others are is read from the rows: a head somebody made up would stop the intake for ever.
    if (!isRelayed) pace.stored(Number(data["head"]));
    loop.wake();
  });
  return {
    wake: () => loop.wake(),
    async stop() {
      unsubscribe();
      await loop.stop();
      await worker.flush();
    },
    figures: () => worker.figures(),
    async progress() {
      const position = await cursorOf(deps.database.read, LIFT_CONSUMER);
      const head = await headOf(deps.database.read, "event");
      return { position, head, lag: head - position };
    },
    keptUp: async () => await pace.wait(),
  };
}

export class LiftWorker {
  readonly #deps: LiftDeps;
  readonly #told = new Set<string>();
  readonly #narrowing = new Narrowing();
  #standing: Standing | undefined;
  /** Whose figures are shown and counted on. */
  #lift: Lift | undefined;

  constructor(deps: LiftDeps) {
    this.#deps = deps;
  }

  /** The last event looked at; what it led to may not be stored yet. */
  get position(): number {
    return this.#standing?.position ?? 0;
  }

  figures(): LiftFigures {
    return this.#lift?.figures() ?? { lifters: [], unclaimed: [] };
  }

  /** @returns whether there may be more to do at once */
  async step(): Promise<boolean> {
    const limit = this.#narrowing.limit(this.#deps.batchMax ?? BATCH_MAX);
    try {
      this.#standing ??= await this.#open();
      const standing = this.#standing;
      const events = await this.#read(standing.position, limit);
      if (events.length === 0 && (await this.#isErased(standing))) return true;
      const work = async (): Promise<void> => {
        await tracedLift(standing.lift, events.length, async () => await this.#take(standing, events));
        if (this.#isDue(standing, events.length < limit)) await this.flush();
      };
      const about = { worker: LIFT_CONSUMER, events: events.length };
      await (events.length === 0 ? work() : traced("ttp.worker.tick", work, about));
      return events.length === limit || this.#standing === undefined;
    } catch (error) {
      this.#standing = undefined;
      throw error;
    }
  }

  /** Another process goes on from what is stored. */
  forget(): void {
    this.#standing = undefined;
  }

  /**
   * Stores what is held: derived events, messages, state and cursor. What can never be stored is narrowed down to the event
   * that led to it, which is set aside: nothing of what a stranger wrote stops what is derived of all others.
   */
  async flush(): Promise<void> {
    const standing = this.#standing;
    if (standing === undefined || standing.held.events === 0 || (await this.#isErased(standing))) return;
    const { held, position, erased } = standing;
    const dirty = standing.lift.takeDirty();
    standing.held = nothingHeld();
    let told: Told;
    try {
      told = await this.#store({ ...held, dirty, erased, from: standing.stored, position });
    } catch (error) {
      this.#standing = undefined;
      if (!isAboutData(error) || !this.#isNarrowed(error, { events: held.events, position })) throw error;
      return;
    }
    standing.stored = position;
    standing.flushedAtMs = this.#nowMs();
    this.#narrowing.stored(position);
    for (const event of held.leftOut) standing.lift.countFailure(event);
    this.#tell(told, held.said);
  }

  /** Of the error only its code: its words may be an attacker's. */
  #isNarrowed(error: unknown, batch: Readonly<{ events: number; position: number }>): boolean {
    const next = this.#narrowing.refused(batch);
    if (next === undefined) return false;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (next !== "half" && this.#isFirst(`aside ${next}`))
      this.#deps.log.error(
        { position: batch.position, code, leftOut: next },
        "what an event led to cannot be stored: it is set aside, further ones are counted",
      );
    return true;
  }

  /** Somebody was erased: what is remembered is read again, and the events since are fed again. */
  async #isErased({ erased }: Standing): Promise<boolean> {
    if ((await erasures(this.#deps.database.read)) === erased) return false;
    this.#standing = undefined;
    return true;
  }

  async #open(): Promise<Standing> {
    const { database, lifters, leading, log } = this.#deps;
    const erased = await erasures(database.read);
    const position = await cursorOf(database.read, LIFT_CONSUMER);
    const hooks: LiftHooks = {
      onFailure: (lifter, error) => {
        if (this.#isFirst(`failure ${lifter}`))
          log.error(
            { err: error, lifter },
            "a lifter broke on an event, which derives nothing: further ones are counted",
          );
      },
      onUnclaimed: (kind, known) => {
        // Of kinds Tyr knows it is meant so: rules read them, and the status counts them.
        if (known || !this.#isFirst(`kind ${kind}`)) return;
        log.info({ kind: kind.slice(0, 64) }, "events of an unknown kind came: nothing is derived from them");
      },
    };
    const lift = new Lift(lifters, hooks, this.#lift);
    this.#lift = lift;
    const unusable = lift.restore(await loadGroups(database.read));
    if (unusable > 0) {
      await database.bookkeep("cursor", async (tx) => {
        await leading?.hold?.(tx);
        await forgetOthers(tx, lifters);
      });
      log.warn({ unusable }, "stored state of lifters that are gone or changed is forgotten");
    }
    return { lift, erased, stored: position, position, held: nothingHeld(), flushedAtMs: this.#nowMs() };
  }

  async #read(position: number, limit: number): Promise<readonly StreamEvent[]> {
    const { readAfter, database } = this.#deps;
    return await (readAfter?.(position, limit) ?? readEventsAfter(database.read, position, limit));
  }

  async #take(standing: Standing, events: readonly StreamEvent[]): Promise<void> {
    const { lift, held } = standing;
    for (const [index, event] of events.entries()) {
      if (index % BREATH_EVENTS === BREATH_EVENTS - 1) await breathe();
      const leftOut = this.#narrowing.leftOut(event.position);
      const led = leftOut === "event" ? undefined : lift.feed(event);
      if (leftOut === undefined && led !== undefined) hold(held, led);
      else held.leftOut.push(event);
      held.events += 1;
      held.changed ||= !isDerived(event);
      standing.position = event.position;
    }
  }

  /** Its own derived events alone are no reason to write at once: they wait for company, or for a quiet moment. */
  #isDue({ held, flushedAtMs }: Standing, isAtEnd: boolean): boolean {
    if (held.events >= EVENTS_HELD_MAX || this.#narrowing.isNarrow) return true;
    return isAtEnd && this.#nowMs() - flushedAtMs >= (held.changed ? HOLD_MS : HOLD_OWN_MS);
  }

  async #store(to: Held): Promise<Told> {
    const { database, clock } = this.#deps;
    const now = clock.now();
    const work = async (tx: WriteTransaction): Promise<Told> => {
      const stored = await storeDerived(tx, to.derived, now);
      await countTried(tx, to.tried, now);
      await keepUnerased(tx, to.erased, now);
      await saveGroups(tx, to.dirty);
      await moveCursor(tx, { consumer: LIFT_CONSUMER, from: to.from, position: to.position, now });
      return { stored, messages: await enqueue(tx, to.messages, now) };
    };
    // Derived before, by a process that was killed: nothing new happened, so nothing is said of it but the place.
    if (to.derived.length === 0) return await database.bookkeep("cursor", work);
    const done = await database.audited(({ stored }: Told) => derivedFacts(LIFT_ACTOR, stored), work);
    if (done.stored.stored > 0) return done;
    return await database.bookkeep("cursor", work);
  }

  #tell({ stored, messages }: Told, said: readonly Said[]): void {
    const { announce, topics } = this.#deps;
    announce?.(stored);
    if (messages.length + said.length === 0) return;
    const publish = (): void => {
      topics.deliver(messages);
      for (const one of said) topics.say(one);
    };
    traced("ttp.bus.publish", publish, { messages: messages.length + said.length });
  }

  #isFirst(what: string): boolean {
    if (this.#told.has(what)) return false;
    this.#told.add(what);
    return true;
  }

  #nowMs(): number {
    return this.#deps.clock.now().getTime();
  }
}

function hold(held: Standing["held"], { derived, messages, tried, said }: Lifted): void {
  held.derived.push(...derived);
  held.messages.push(...messages);
  held.tried.push(...tried);
  held.said.push(...said);
}

type Held = Readonly<{
  /** The last event whose outcome is stored. */
  from: number;
  erased: number;
  derived: readonly DerivedEvent[];
  messages: readonly NewMessage[];
  tried: readonly TriedOnce[];
  dirty: DirtyState;
  position: number;
}>;
type Told = Readonly<{ stored: StoredDerived; messages: readonly StoredMessage[] }>;
