/** A group of a lifter's state, as it is kept. */
export type SavedGroup = Readonly<{
  key: string;
  lane: string;
  /** Rises with every touch: the order in which groups fall out is the same after a restart. */
  tick: number;
  /** JSON text. */
  state: string;
}>;

type Kept<S> = { key: string; lane: string; tick: number; state: S };

/**
 * What a lifter remembers, by key: bounded, in lanes (one per sensor, whose clock is its own), oldest touched first. What
 * falls out because there is no room is handed back, so that its lifter can say what it had, and counted.
 */
export class Groups<S> {
  readonly #max: number;
  readonly #kept = new Map<string, Kept<S>>();
  /** Per lane in the order of the last touch. */
  readonly #lanes = new Map<string, Map<string, Kept<S>>>();
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
    if (known !== undefined) this.#lanes.get(known.lane)?.delete(key);
    this.#put({ key, lane, tick: (this.#tick += 1), state });
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

  delete(key: string): void {
    const known = this.#kept.get(key);
    if (known === undefined) return;
    this.#kept.delete(key);
    const lane = this.#lanes.get(known.lane);
    lane?.delete(key);
    if (lane?.size === 0) this.#lanes.delete(known.lane);
    this.#dirty.set(key, undefined);
  }

  /** The group of a lane that was touched longest ago. */
  oldest(lane: string): readonly [key: string, state: S] | undefined {
    const [first] = this.#lanes.get(lane)?.values() ?? [];
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
        kept === undefined ? [] : [{ ...kept, state: JSON.stringify(kept.state) }],
      ),
      removals: changed.flatMap(([key, kept]) => (kept === undefined ? [key] : [])),
    };
  }

  /** For a fresh store. */
  restore(saved: readonly SavedGroup[]): void {
    for (const one of saved.toSorted((a, b) => a.tick - b.tick)) {
      this.#tick = Math.max(this.#tick, one.tick);
      // Written by `takeDirty` of this class, in the transaction that moved the cursor.
      this.#put({ ...one, state: JSON.parse(one.state) as S });
    }
    this.#dirty.clear();
  }

  #put(kept: Kept<S>): void {
    const lane = this.#lanes.get(kept.lane) ?? new Map<string, Kept<S>>();
    this.#lanes.set(kept.lane, lane);
    lane.set(kept.key, kept);
    this.#kept.set(kept.key, kept);
    this.#dirty.set(kept.key, kept);
  }

  #oldestOfAll(): Kept<S> | undefined {
    let oldest: Kept<S> | undefined;
    for (const lane of this.#lanes.values()) {
      const [first] = lane.values();
      if (first !== undefined && (oldest === undefined || first.tick < oldest.tick)) oldest = first;
    }
    return oldest;
  }
}
