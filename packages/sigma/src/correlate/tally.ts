import type { EntryStore } from "./entry-store.ts";
import { groupWord } from "./group-record.ts";
import { PairCounts } from "./pair-counts.ts";
import type { RecordPool } from "./record-pool.ts";

/**
 * What is in the window of each group, kept up to date as entries come and go: how many, and how many different values
 * or rules, with a count of references for each, so that an event costs the same at any number of them.
 */
export class Tally {
  readonly #entries: EntryStore;
  readonly #groups: RecordPool;
  readonly #counts = new PairCounts();
  #slot = 0;
  #difference = 0;

  constructor(entries: EntryStore, groups: RecordPool) {
    this.#entries = entries;
    this.#groups = groups;
  }

  add(slot: number, entry: number): void {
    this.#groups.setWord(slot, groupWord.inWindow, this.#groups.word(slot, groupWord.inWindow) + 1);
    this.#count(slot, entry, this.#counted);
  }

  remove(slot: number, entry: number): void {
    this.#groups.setWord(slot, groupWord.inWindow, this.#groups.word(slot, groupWord.inWindow) - 1);
    this.#count(slot, entry, this.#discounted);
  }

  isSeen(slot: number, counted: number): boolean {
    return this.#counts.get(slot, counted) > 0;
  }

  #count(slot: number, entry: number, visit: (counted: number) => void): void {
    this.#slot = slot;
    this.#difference = 0;
    this.#entries.eachCounted(entry, visit);
    if (this.#difference === 0) return;
    this.#groups.setWord(slot, groupWord.distinct, this.#groups.word(slot, groupWord.distinct) + this.#difference);
  }

  // Made once: these run for every value of every event.
  readonly #counted = (counted: number): void => {
    if (this.#counts.add(this.#slot, counted) === 1) this.#difference += 1;
  };
  readonly #discounted = (counted: number): void => {
    if (this.#counts.remove(this.#slot, counted) === 0) this.#difference -= 1;
  };
}
