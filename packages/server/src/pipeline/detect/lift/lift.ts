import { EVENT_KINDS, type EventKind } from "@tyr/contract";
import { isDerived } from "#collect";
import type { SavedGroup } from "./groups.ts";
import { Emit, type Lifted, type LiftEvent, type Lifter, type StartedLifter } from "./lifter.ts";

/** Counted since the start of the process. */
export type LifterFigures = Readonly<{
  lifter: string;
  /** Events it looked at. */
  events: number;
  derived: number;
  /** Events it broke on: they derived nothing. */
  failures: number;
  /** What it remembers now, and what fell out for want of room. */
  groups: number;
  letGo: number;
  /** Mean time per event, of one event in 64: microseconds. */
  meanUs: number;
}>;
export type LiftFigures = Readonly<{
  lifters: readonly LifterFigures[];
  /** Kinds no lifter claims, with how many events of them came. */
  unclaimed: readonly Readonly<{ kind: string; events: number; known: boolean }>[];
}>;

/** State changed since it was last taken, by lifter. */
export type DirtyState = readonly Readonly<{
  lifter: string;
  version: number;
  upserts: readonly SavedGroup[];
  removals: readonly string[];
}>[];
export type SavedState = readonly (SavedGroup & Readonly<{ lifter: string; version: number }>)[];

export type LiftHooks = Readonly<{
  /** The first event of a process a lifter broke on, by lifter. */
  onFailure: (lifter: string, error: unknown) => void;
  /** The first event of a process of a kind nobody claims. */
  onUnclaimed: (kind: string, known: boolean) => void;
}>;

type Running = {
  lifter: Lifter;
  started: StartedLifter;
  figures: { events: number; derived: number; failures: number; timed: number; timeMs: number };
};

/** One event in so many is timed. */
const TIMED_EVERY = 64;
/** An attacker cannot choose kinds, but a newer version may have stored some. */
const KINDS_COUNTED_MAX = 64;

/** Runs lifters over events in their order. Derived events are passed over: nothing feeds on its own output. */
export class Lift {
  readonly #running: readonly Running[];
  readonly #byKind = new Map<string, Running[]>();
  readonly #unclaimed = new Map<string, number>();
  readonly #failed = new Set<string>();
  readonly #hooks: LiftHooks;

  /** @param before whose figures are counted on */
  constructor(lifters: readonly Lifter[], hooks: LiftHooks, before?: Lift) {
    this.#hooks = hooks;
    const counted = new Map(
      (before === undefined ? [] : before.#running).map(({ lifter, figures }) => [lifter.name, figures]),
    );
    this.#running = lifters.map((lifter) => ({
      lifter,
      started: lifter.start(),
      figures: counted.get(lifter.name) ?? { events: 0, derived: 0, failures: 0, timed: 0, timeMs: 0 },
    }));
    for (const running of this.#running)
      for (const kind of running.lifter.kinds) this.#byKind.set(kind, [...(this.#byKind.get(kind) ?? []), running]);
  }

  feed(event: LiftEvent): Lifted {
    const emit = new Emit();
    if (isDerived(event)) return emit;
    const claiming = this.#byKind.get(event.kind);
    if (claiming === undefined) this.#countUnclaimed(event.kind);
    for (const running of claiming ?? []) this.#run(running, event, emit);
    return emit;
  }

  /** What this event led to cannot be stored: counted at the lifters that claim it. */
  countFailure(event: LiftEvent): void {
    for (const { figures } of this.#byKind.get(event.kind) ?? []) figures.failures += 1;
  }

  /** Ends whatever is open: for trying rules on a few lines. */
  finish(): Lifted {
    const emit = new Emit();
    for (const { started } of this.#running) started.finish(emit);
    return emit;
  }

  takeDirty(): DirtyState {
    return this.#running.map(({ lifter, started }) => {
      return { lifter: lifter.name, version: lifter.version, ...started.takeDirty() };
    });
  }

  /** @returns how many groups nobody can go on from: of a lifter that is gone, or of another version of it, or damaged */
  restore(saved: SavedState): number {
    let usable = 0;
    for (const { lifter, started } of this.#running) {
      const own = saved.filter((one) => one.lifter === lifter.name && one.version === lifter.version);
      usable += started.restore(own);
    }
    return saved.length - usable;
  }

  figures(): LiftFigures {
    const lifters = this.#running.map(({ lifter, started, figures }) => {
      const { timed, timeMs, ...counts } = figures;
      const meanUs = timed === 0 ? 0 : Math.round((timeMs / timed) * 1_000);
      return { lifter: lifter.name, ...counts, groups: started.size(), letGo: started.letGo(), meanUs };
    });
    const unclaimed = [...this.#unclaimed].map(([kind, events]) => ({ kind, events, known: isKnown(kind) }));
    return { lifters, unclaimed };
  }

  #run({ lifter, started, figures }: Running, event: LiftEvent, into: Emit): void {
    figures.events += 1;
    const isTimed = figures.events % TIMED_EVERY === 1;
    const from = isTimed ? performance.now() : 0;
    const emit = new Emit();
    try {
      started.lift(event, emit);
      into.derived.push(...emit.derived);
      into.messages.push(...emit.messages);
      into.tried.push(...emit.tried);
      into.said.push(...emit.said);
      figures.derived += emit.derived.length;
    } catch (error) {
      // An event one lifter cannot read costs what that one would have derived of it, nothing else.
      figures.failures += 1;
      if (!this.#failed.has(lifter.name)) this.#hooks.onFailure(lifter.name, error);
      this.#failed.add(lifter.name);
    }
    if (!isTimed) return;
    figures.timed += 1;
    figures.timeMs += performance.now() - from;
  }

  #countUnclaimed(kind: string): void {
    const known = this.#unclaimed.get(kind);
    if (known === undefined && this.#unclaimed.size >= KINDS_COUNTED_MAX) return;
    this.#unclaimed.set(kind, (known ?? 0) + 1);
    if (known === undefined) this.#hooks.onUnclaimed(kind, isKnown(kind));
  }
}

function isKnown(kind: string): kind is EventKind {
  return (EVENT_KINDS as readonly string[]).includes(kind);
}
