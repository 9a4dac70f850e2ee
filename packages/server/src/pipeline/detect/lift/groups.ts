/** A group of a lifter's state, as it is kept. */
export type SavedGroup = Readonly<{
  key: string;
  lane: string;
  /** Rises with every touch: the order in which groups fall out is the same after a restart. */
  tick: number;
  /** JSON text. */
  state: string;
}>;

/** Linked to its neighbours in the lane, so that the oldest is found at once however many there are. */
type Kept<S> = {
  readonly key: string;
  lane: string;
  tick: number;
  state: S;
  older: Kept<S> | undefined;
  newer: Kept<S> | undefined;
};
type Lane<S> = { oldest: Kept<S> | undefined; newest: Kept<S> | undefined };

/**
 * What a lifter remembers, by key: bounded, in lanes (one per sensor, whose clock is its own), oldest touched first. What
 * falls out because there is no room is handed back, so that its lifter can say what it had, and counted.
 */
export class Groups<S> {
  readonly #max: number;
  readonly #kept = new Map<string, Kept<S>>();
  /** Each in the order of the last touch; none is empty. */
  readonly #lanes = new Map<string, Lane<S>>();
  /** By key: what changed since it was last saved. */
  readonly #dirty = new Map<string, Kept<S> | undefined>();
  #tick = 0;
  #letGo = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Groups that fell out for want of room since the start. */
  get letGo(): number {
    return this.#letGo;
  }

  get(key: string): S | undefined {
    return this.#kept.get(key)?.state;
  }

  /** Makes it the newest of its lane. @returns the groups that had to go */
  set(key: string, lane: string, state: S): readonly (readonly [key: string, state: S])[] {
    const known = this.#kept.get(key);
    const kept = known ?? { key, lane, tick: 0, state, older: undefined, newer: undefined };
    if (known !== undefined) this.#unlink(known);
    Object.assign(kept, { lane, tick: (this.#tick += 1), state });
    this.#append(kept);
    return this.#kept.size > this.#max ? this.#makeRoom() : NONE;
  }

  delete(key: string): void {
    const known = this.#kept.get(key);
    if (known === undefined) return;
    this.#kept.delete(key);
    this.#unlink(known);
    this.#dirty.set(key, undefined);
  }

  /** The group of a lane that was touched longest ago. */
  oldest(lane: string): readonly [key: string, state: S] | undefined {
    const first = this.#lanes.get(lane)?.oldest;
    return first === undefined ? undefined : [first.key, first.state];
  }

  /** In an order that does not depend on how they came about. */
  lanes(): readonly string[] {
    return [...this.#lanes.keys()].toSorted();
  }

  takeDirty(): Readonly<{ upserts: readonly SavedGroup[]; removals: readonly string[] }> {
    const changed = [...this.#dirty];
    this.#dirty.clear();
    return {
      upserts: changed.flatMap(([, kept]) =>
        kept === undefined
          ? []
          : [{ key: kept.key, lane: kept.lane, tick: kept.tick, state: JSON.stringify(kept.state) }],
      ),
      removals: changed.flatMap(([key, kept]) => (kept === undefined ? [key] : [])),
    };
  }

  /** For a fresh store. Damaged ones are left out, and go with what is saved next. @returns how many there are now */
  restore(saved: readonly SavedGroup[]): number {
    const damaged: string[] = [];
    for (const one of saved.toSorted((a, b) => a.tick - b.tick)) {
      this.#tick = Math.max(this.#tick, one.tick);
      try {
        // Written by `takeDirty` of this class, in the transaction that moved the cursor.
        this.#append({ ...one, state: JSON.parse(one.state) as S, older: undefined, newer: undefined });
      } catch {
        damaged.push(one.key);
      }
    }
    this.#dirty.clear();
    for (const key of damaged) this.#dirty.set(key, undefined);
    return this.#kept.size;
  }

  #append(kept: Kept<S>): void {
    const lane = this.#lanes.get(kept.lane);
    kept.older = lane?.newest;
    kept.newer = undefined;
    if (lane === undefined) this.#lanes.set(kept.lane, { oldest: kept, newest: kept });
    else {
      if (lane.newest !== undefined) lane.newest.newer = kept;
      lane.newest = kept;
    }
    this.#kept.set(kept.key, kept);
    this.#dirty.set(kept.key, kept);
  }

  #unlink({ lane: name, older, newer }: Kept<S>): void {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return;
    if (older === undefined) lane.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) lane.newest = older;
    else newer.older = older;
    if (lane.oldest === undefined) this.#lanes.delete(name);
  }

  #makeRoom(): readonly (readonly [key: string, state: S])[] {
    const gone: (readonly [string, S])[] = [];
    while (this.#kept.size > this.#max) {
      const oldest = this.#oldestOfAll();
      if (oldest === undefined) break;
      gone.push([oldest.key, oldest.state]);
      this.delete(oldest.key);
      this.#letGo += 1;
    }
    return gone;
  }

  #oldestOfAll(): Kept<S> | undefined {
    let found: Kept<S> | undefined;
    for (const { oldest } of this.#lanes.values())
      if (oldest !== undefined && (found === undefined || oldest.tick < found.tick)) found = oldest;
    return found;
  }
}

const NONE: readonly never[] = [];
