/** A statement as far as its turn is concerned. */
export type Turn = Readonly<{
  /** Whose statement it is: a transaction belongs to one connection. Left out: to nobody, outside of all transactions. */
  connection?: number;
  begins?: boolean;
  ends?: boolean;
  /** Somebody waits for it. */
  urgent?: boolean;
}>;

/** After so many urgent turns in a row one of the others has its turn: people who click without end do not stop the stages. */
export const URGENT_IN_A_ROW_MAX = 8;

/**
 * Whose turn it is on the one session of the embedded engine. While a transaction is open only its own statements run;
 * otherwise urgent ones go first, and each kind runs as it came.
 * Decided in the engine's thread and not where the statements come from, so that the engine never rests while that thread computes.
 */
export class Turns<T extends Turn> {
  readonly #answer: (turn: T) => Promise<void>;
  readonly #arrived: () => Iterable<T>;
  readonly #waiting: T[] = [];
  /** The connection that has a transaction open. */
  #open: number | undefined;
  #urgentInARow = 0;
  #busy = false;

  /**
   * @param arrived takes what has come and was not added yet: one statement after another runs without the thread hearing of
   *   new ones in between, and somebody who waits must not wait for all that came before
   */
  constructor(answer: (turn: T) => Promise<void>, arrived: () => Iterable<T> = () => []) {
    this.#answer = answer;
    this.#arrived = arrived;
  }

  add(turn: T): void {
    this.#waiting.push(turn);
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (next.begins === true) this.#open = next.connection;
      await this.#answer(next);
      if (next.ends === true) this.#open = undefined;
    }
    this.#busy = false;
  }

  #next(): T | undefined {
    this.#waiting.push(...this.#arrived());
    const open = this.#open;
    if (open !== undefined) return this.#take(this.#waiting.findIndex(({ connection }) => connection === open));
    const hasHadEnough = this.#urgentInARow >= URGENT_IN_A_ROW_MAX;
    const wanted = this.#waiting.findIndex(({ urgent }) => (urgent === true) !== hasHadEnough);
    const next = this.#take(Math.max(wanted, 0));
    this.#urgentInARow = next?.urgent === true ? this.#urgentInARow + 1 : 0;
    return next;
  }

  #take(at: number): T | undefined {
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
  }
}
