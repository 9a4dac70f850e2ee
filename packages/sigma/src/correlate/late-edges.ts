import type { Firing, GroupWindows } from "./group.ts";
import { groupWord as word } from "./group-record.ts";

/** A record that is no group's: its tally is that of the window just looked at. */
const scratch = 0;

/**
 * Judges every edge whose window a late entry is now part of: itself and everything up to one span after it.
 *
 * @param late is in its place already
 */
export function judgeLate(
  windows: GroupWindows,
  slot: number,
  late: number,
): Readonly<{ satisfied: boolean; firings: readonly Firing[] }> {
  return new LateEdges(windows, slot, late).judge();
}

type Seen = Readonly<{ from: number; to: number; count: number; value: number }>;

class LateEdges {
  readonly #windows: GroupWindows;
  readonly #late: number;
  readonly #firings: Firing[] = [];
  /** The oldest entry of the window just looked at, and the entry before the late one (0: none). */
  #from = 0;
  #before = 0;
  /** The satisfied edges in a row just seen, and whether one of them was reported before. */
  #run: { first: Seen; edges: number[] } | undefined;
  #isReported: boolean;
  #satisfied = false;

  constructor(windows: GroupWindows, slot: number, late: number) {
    this.#windows = windows;
    this.#late = late;
    this.#start(windows.groups.word(slot, word.first));
    this.#isReported = this.#isCoveredNear(this.#before, late);
  }

  /** Walks up to the late entry and takes stock of what lies within a span before it. */
  #start(first: number): void {
    const { entries, spanMs, tally } = this.#windows;
    const startMs = entries.timeMs(this.#late) - spanMs;
    for (let entry = first; entry !== this.#late; entry = entries.next(entry)) {
      this.#before = entry;
      if (entries.timeMs(entry) < startMs) continue;
      if (this.#from === 0) this.#from = entry;
      tally.add(scratch, entry);
    }
    if (this.#from === 0) this.#from = this.#late;
  }

  judge(): { satisfied: boolean; firings: readonly Firing[] } {
    const { entries, spanMs, tally } = this.#windows;
    const endMs = entries.timeMs(this.#late) + spanMs;
    let last = 0;
    let edge = this.#late;
    for (; edge !== 0 && entries.timeMs(edge) <= endMs; edge = entries.next(edge)) {
      tally.add(scratch, edge);
      for (; entries.timeMs(this.#from) < entries.timeMs(edge) - spanMs; this.#from = entries.next(this.#from)) {
        tally.remove(scratch, this.#from);
      }
      this.#see(edge);
      last = edge;
    }
    if (this.#isCoveredNear(edge, last)) this.#isReported = true;
    this.#endRun();
    for (let entry = this.#from; entry !== edge; entry = entries.next(entry)) tally.remove(scratch, entry);
    return { satisfied: this.#satisfied, firings: this.#firings };
  }

  #see(edge: number): void {
    const window = this.#windows.windowOf(scratch, { from: this.#from, to: edge });
    const value = this.#windows.judge(window);
    if (value === undefined) {
      this.#endRun();
      this.#isReported = false;
      return;
    }
    this.#satisfied = true;
    this.#isReported ||= this.#windows.entries.isCovered(edge);
    this.#run ??= { first: { from: window.from, to: window.to, count: window.count, value }, edges: [] };
    this.#run.edges.push(edge);
  }

  #endRun(): void {
    if (this.#run !== undefined) {
      const { first, edges } = this.#run;
      if (!this.#isReported) this.#firings.push(this.#windows.firing(first, first.value));
      for (const edge of edges) this.#windows.entries.cover(edge);
    }
    this.#run = undefined;
  }

  #isCoveredNear(entry: number, neighbour: number): boolean {
    const { entries, spanMs } = this.#windows;
    if (entry === 0 || neighbour === 0 || !entries.isCovered(entry)) return false;
    return Math.abs(entries.timeMs(entry) - entries.timeMs(neighbour)) <= spanMs;
  }
}
