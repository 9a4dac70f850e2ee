/** Words of a slot. */
const slotWords = 3;

/**
 * How often each value is there in each group: (group, value) → count, both numbers above or at 0, counts above 0. One
 * open table for all groups, so that a group with few values costs no map of its own.
 */
export class PairCounts {
  #slots = new Int32Array(slotWords * 16);
  #mask = 15;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(group: number, value: number): number {
    return this.#slots[this.#place(group, value) + 2] ?? 0;
  }

  /** @returns the count after */
  add(group: number, value: number): number {
    const place = this.#place(group, value);
    const count = (this.#slots[place + 2] ?? 0) + 1;
    this.#slots[place] = group;
    this.#slots[place + 1] = value;
    this.#slots[place + 2] = count;
    if (count === 1) {
      this.#size += 1;
      if (this.#size * 3 > (this.#mask + 1) * 2) this.#resize(2 * (this.#mask + 1));
    }
    return count;
  }

  /** @returns the count after; 0 frees the slot */
  remove(group: number, value: number): number {
    const place = this.#place(group, value);
    const count = (this.#slots[place + 2] ?? 0) - 1;
    if (count < 0) return 0;
    this.#slots[place + 2] = count;
    if (count > 0) return count;
    this.#size -= 1;
    this.#close(place / slotWords);
    return 0;
  }

  /** Where the pair is, or the empty slot where it would be. */
  #place(group: number, value: number): number {
    const slots = this.#slots;
    let index = this.#home(group, value);
    for (;;) {
      const at = slotWords * index;
      if (slots[at + 2] === 0 || (slots[at] === group && slots[at + 1] === value)) return at;
      index = (index + 1) & this.#mask;
    }
  }

  #home(group: number, value: number): number {
    let mixed = Math.imul(group, groupFactor) ^ Math.imul(value, valueFactor);
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixFactor);
    return (mixed ^ (mixed >>> 13)) & this.#mask;
  }

  /** Moves up what stands behind an emptied slot, so that every pair is still found from its home. */
  #close(emptied: number): void {
    const slots = this.#slots;
    let hole = emptied;
    for (let index = (hole + 1) & this.#mask; ; index = (index + 1) & this.#mask) {
      const at = slotWords * index;
      if (slots[at + 2] === 0) break;
      const home = this.#home(slots[at] ?? 0, slots[at + 1] ?? 0);
      if (((index - home) & this.#mask) < ((index - hole) & this.#mask)) continue;
      slots.copyWithin(slotWords * hole, at, at + slotWords);
      hole = index;
    }
    slots.fill(0, slotWords * hole, slotWords * (hole + 1));
  }

  #resize(capacity: number): void {
    const old = this.#slots;
    this.#slots = new Int32Array(slotWords * capacity);
    this.#mask = capacity - 1;
    for (let at = 0; at < old.length; at += slotWords) {
      if (old[at + 2] === 0) continue;
      const place = this.#place(old[at] ?? 0, old[at + 1] ?? 0);
      for (let word = 0; word < slotWords; word += 1) this.#slots[place + word] = old[at + word] ?? 0;
    }
  }
}

/** Odd numbers without a pattern; groups and values are numbers of our own, so nobody outside can aim at them. */
const [groupFactor, valueFactor, mixFactor] = [0x9e3779b1, 0x85ebca77, 0x2c1b3c6d] as const;
