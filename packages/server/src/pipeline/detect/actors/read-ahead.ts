import type { StreamEvent } from "#collect";
import { tellOf, type KeyedHash, type Told } from "./read-trace.ts";

export type ReadAheadDeps = Readonly<{
  keyed: KeyedHash;
  /** Events after a position, in the order of the stream; a short answer means its end. */
  read: (position: number, limit: number) => Promise<readonly StreamEvent[]>;
  batchMax: number;
}>;

export type Ahead = Readonly<{
  told: readonly Told[];
  /** The last event this is about, whether it told anything or not. */
  upTo: number;
  /** Whether nothing more was stored when it was read. */
  isEnd: boolean;
}>;

/** Some megabytes. */
const TOLD_MAX = 20_000;

/**
 * What events tell of addresses, read while the newest of them are still in memory: what takes its time (storing,
 * clustering, giving way) need not read them back from the table. Never the truth: the cursor says what is stored.
 */
export class ReadAhead {
  readonly #deps: ReadAheadDeps;
  #told: Told[] = [];
  #from = 0;
  #upTo = 0;
  #isEnd = false;

  constructor(deps: ReadAheadDeps) {
    this.#deps = deps;
  }

  async after(position: number, limit: number): Promise<Ahead> {
    if (position < this.#from || position > this.#upTo) this.#begin(position);
    if (position === this.#upTo) await this.#pull();
    const first = this.#told.findIndex((one) => one.position > position);
    const told = first === -1 ? [] : this.#told.slice(first, first + limit);
    const isRest = first === -1 || first + told.length === this.#told.length;
    return { told, upTo: isRest ? this.#upTo : (told.at(-1)?.position ?? this.#upTo), isEnd: isRest && this.#isEnd };
  }

  /** What is stored now. */
  forget(position: number): void {
    if (position < this.#from || position > this.#upTo) return;
    this.#told = this.#told.filter((one) => one.position > position);
    this.#from = position;
  }

  /**
   * Reads on, as far as it may hold. Of an end nothing is known until somebody asks again.
   *
   * @returns whether events came in since it read last, or it can hold no more
   */
  async pull(): Promise<boolean> {
    const before = this.#upTo;
    do await this.#pull();
    while (!this.#isEnd && this.#told.length < TOLD_MAX);
    return this.#upTo > before || this.#told.length >= TOLD_MAX;
  }

  #begin(position: number): void {
    this.#told = [];
    this.#from = position;
    this.#upTo = position;
  }

  async #pull(): Promise<void> {
    const { read, keyed, batchMax } = this.#deps;
    if (this.#told.length >= TOLD_MAX) return;
    const events = await read(this.#upTo, batchMax);
    for (const event of events) {
      const told = tellOf(event, keyed);
      if (told !== undefined) this.#told.push(told);
    }
    this.#upTo = events.at(-1)?.position ?? this.#upTo;
    this.#isEnd = events.length < batchMax;
  }
}
