/** What is left out of an event: what it led to, while state goes on with it; else the whole of it. */
export type LeftOut = "outcome" | "event";

/** SQLSTATE classes 21 (a row met twice), 22 (data), 23 (constraints) and 54 (limits). */
const ABOUT_DATA = /^(?:2[123]|54)[0-9A-Z]{3}$/;

/** Whether the same would be refused however often it is tried. A database that is gone or busy says something else. */
export function isAboutData(error: unknown): boolean {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  if (typeof code === "string") return ABOUT_DATA.test(code);
  return error instanceof RangeError || error instanceof TypeError;
}

/**
 * Finds the event for which what a batch led to cannot be stored: halves of the batch are tried until one event is left.
 * That one is set aside, and the others are derived from as if it had led to nothing.
 */
export class Narrowing {
  readonly #aside = new Map<number, LeftOut>();
  /** Events stored at once; undefined where nothing is wrong. */
  #size: number | undefined;
  /** The end of the batch that was refused. */
  #until = 0;

  get isNarrow(): boolean {
    return this.#size !== undefined;
  }

  limit(usual: number): number {
    return Math.min(usual, this.#size ?? usual);
  }

  leftOut(position: number): LeftOut | undefined {
    return this.#aside.get(position);
  }

  /**
   * @param batch that was refused: how many events, and the position of the last
   * @returns what is left out of that event from now on; "half" where half as many events are tried next; undefined where
   * nothing is left to be left out
   */
  refused({ events, position }: Readonly<{ events: number; position: number }>): LeftOut | "half" | undefined {
    this.#until = Math.max(this.#until, position);
    this.#size = Math.max(1, Math.floor(events / 2));
    if (events > 1) return "half";
    const before = this.#aside.get(position);
    if (before === "event") return undefined;
    const next = before === undefined ? "outcome" : "event";
    this.#aside.set(position, next);
    return next;
  }

  /** Everything up to this position is stored. */
  stored(position: number): void {
    if (this.#size === undefined) return;
    if (position < this.#until) this.#size *= 2;
    else {
      this.#size = undefined;
      this.#aside.clear();
    }
  }
}
