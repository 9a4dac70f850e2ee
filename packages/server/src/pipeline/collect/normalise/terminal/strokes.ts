/**
 * The rhythm of what somebody typed, and nothing of what it was: how many strokes, and how often which pause came between
 * two of them. Single times are not kept, as they tell letters (Song, Wagner, Tian: Timing Analysis of Keystrokes, 2001).
 */
export type Strokes = Readonly<{
  /** Reads of one to four characters: a key, or one that sends a sequence. */
  keys: number;
  /** Characters that came five or more at once, and how often they did: pasted, or sent by a program. */
  pasted: number;
  bursts: number;
  /** How often an interval between two keys fell between two edges of `INTERVAL_EDGES_MS`. */
  intervals: readonly number[];
  /** Sum of the intervals below the last edge, milliseconds. */
  sumMs: number;
  /** Position of the first and the last key, milliseconds; null where what was pasted comes before or after it. */
  firstMs: number | null;
  lastMs: number | null;
}>;

/**
 * Milliseconds. Below 2 nobody types; from 16 to 8,192 four steps to an octave, rounded; longer ones are pauses, not rhythm.
 * Written out: whoever computes them anew must come to the same ones.
 */
export const INTERVAL_EDGES_MS: readonly number[] = [
  2, 8, 16, 19, 23, 27, 32, 38, 45, 54, 64, 76, 91, 108, 128, 152, 181, 215, 256, 304, 362, 431, 512, 609, 724, 861,
  1024, 1218, 1448, 1722, 2048, 2435, 2896, 3444, 4096, 4871, 5793, 6889, 8192,
];
export const INTERVAL_BINS = INTERVAL_EDGES_MS.length + 1;
/** From here on it is a pause. */
const PAUSE_MS = 8192;
/** Arrow and function keys send up to four characters; nobody's fingers send five within one read. */
const KEY_CHARS_MAX = 4;

/** In which of the bins an interval falls. */
export function binOf(intervalMs: number): number {
  let low = 0;
  let high = INTERVAL_EDGES_MS.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((INTERVAL_EDGES_MS[middle] ?? 0) <= intervalMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Counts reads of a terminal, one after the other. */
export class StrokeCounter {
  #keys = 0;
  #pasted = 0;
  #bursts = 0;
  #sumMs = 0;
  #firstMs: number | null = null;
  #lastMs: number | null = null;
  readonly #intervals: number[] = Array.from({ length: INTERVAL_BINS }, () => 0);

  read(atMs: number, chars: number): void {
    if (chars > KEY_CHARS_MAX) {
      this.#pasted += chars;
      this.#bursts += 1;
      this.#lastMs = null;
      return;
    }
    if (chars < 1) return;
    if (this.#keys === 0 && this.#bursts === 0) this.#firstMs = atMs;
    if (this.#lastMs !== null && atMs >= this.#lastMs) this.#interval(atMs - this.#lastMs);
    this.#keys += 1;
    this.#lastMs = atMs;
  }

  #interval(ms: number): void {
    const bin = binOf(ms);
    this.#intervals[bin] = (this.#intervals[bin] ?? 0) + 1;
    if (ms < PAUSE_MS) this.#sumMs += ms;
  }

  strokes(): Strokes {
    return {
      keys: this.#keys,
      pasted: this.#pasted,
      bursts: this.#bursts,
      intervals: this.#intervals,
      sumMs: this.#sumMs,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
    };
  }
}
