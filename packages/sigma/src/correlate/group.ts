import type { CorrelationSpec } from "../parse/correlation.ts";
import type { Entry, Span } from "./entry.ts";
import { createTally, measure, type Measure, type Tally } from "./measure.ts";

/** Bounds of one group. */
export type GroupLimits = Readonly<{
  /** How far behind the newest event of its group an event may be and still count. */
  allowedLatenessMs: number;
  /** Entries one group may hold; the oldest go first. */
  entriesPerGroupMax: number;
  /** Event ids one hit lists, the newest ones. */
  eventIdsMax: number;
}>;

/** A window that was reported. */
export type Firing = Readonly<{ window: Span; measure: Measure }>;

/** What an entry led to. `satisfied`: some window with it meets the condition, reported before or not. */
export type Outcome =
  | Readonly<{ kind: "late" }>
  | Readonly<{ kind: "taken"; satisfied: boolean; firings: readonly Firing[]; truncated: number }>;

const late: Outcome = { kind: "late" };

/**
 * The sliding window of one group, on event time. Every event is the right edge of a closed window
 * `[time − span, time]`. Edges that satisfy the condition one after another are one burst, reported once, at its first
 * edge; a burst ends at an edge that does not satisfy it, or after a silence longer than the span.
 *
 * An event that arrives late is put in its place and the edges it can change are judged again, so a burst completed by
 * it is still found; one that is part of a reported burst is not reported again.
 */
export class Group {
  readonly entries: Entry[];
  readonly #spec: CorrelationSpec;
  readonly #limits: GroupLimits;
  /** Where the newest window begins; the tally holds exactly the entries from here on. */
  #head = 0;
  #tally: Tally;

  constructor(spec: CorrelationSpec, limits: GroupLimits, entries: readonly Entry[] = []) {
    this.#spec = spec;
    this.#limits = limits;
    this.entries = [...entries];
    this.#tally = createTally(spec);
    this.#rebuild();
  }

  take(entry: Entry): Outcome {
    const newest = this.entries.at(-1)?.timeMs ?? Number.NEGATIVE_INFINITY;
    if (entry.timeMs < newest - this.#limits.allowedLatenessMs) return late;
    const result = entry.timeMs >= newest ? this.#append(entry) : this.#insert(entry);
    return { kind: "taken", ...result, truncated: this.#trim() };
  }

  #append(entry: Entry): { satisfied: boolean; firings: readonly Firing[] } {
    const previous = this.entries.at(-1);
    this.entries.push(entry);
    this.#tally.add(entry);
    this.#slideTo(entry.timeMs);
    const window = { entries: this.entries, from: this.#head, to: this.entries.length };
    const result = measure(this.#spec, this.#tally, window);
    if (!result.satisfied) return { satisfied: false, firings: [] };
    entry.covered = true;
    const isSameBurst = this.#continues(previous, entry);
    return { satisfied: true, firings: isSameBurst ? [] : [{ window: copy(window), measure: result }] };
  }

  #slideTo(timeMs: number): void {
    const start = timeMs - this.#spec.spanMs;
    for (let oldest = this.entries[this.#head]; oldest !== undefined && oldest.timeMs < start;) {
      this.#tally.remove(oldest);
      this.#head += 1;
      oldest = this.entries[this.#head];
    }
  }

  #continues(previous: Entry | undefined, entry: Entry): boolean {
    return previous !== undefined && previous.covered && entry.timeMs - previous.timeMs <= this.#spec.spanMs;
  }

  /** Puts a late entry in its place and judges every edge whose window it is now part of. */
  #insert(entry: Entry): { satisfied: boolean; firings: readonly Firing[] } {
    const at = this.#firstAfter(entry.timeMs);
    this.entries.splice(at, 0, entry);
    const edges = new LateEdges(this.entries, this.#spec, at);
    const result = edges.judge();
    this.#rebuild();
    return result;
  }

  /** Position of the first entry later than this time. */
  #firstAfter(timeMs: number): number {
    const found = this.entries.findIndex((entry) => entry.timeMs > timeMs);
    return found === -1 ? this.entries.length : found;
  }

  #rebuild(): void {
    this.#tally = createTally(this.#spec);
    this.#head = 0;
    for (const entry of this.entries) this.#tally.add(entry);
    const newest = this.entries.at(-1);
    if (newest !== undefined) this.#slideTo(newest.timeMs);
  }

  /** Forgets what no window can need any more, then what the bounds do not allow. */
  #trim(): number {
    const { allowedLatenessMs, entriesPerGroupMax, eventIdsMax } = this.#limits;
    const horizon = (this.entries.at(-1)?.timeMs ?? 0) - this.#spec.spanMs - allowedLatenessMs;
    let useless = 0;
    while ((this.entries[useless]?.timeMs ?? horizon) < horizon) useless += 1;
    const surplus = Math.max(0, this.entries.length - useless - entriesPerGroupMax);
    for (let index = this.#head; index < useless + surplus; index += 1) {
      const entry = this.entries[index];
      if (entry !== undefined) this.#tally.remove(entry);
    }
    this.entries.splice(0, useless + surplus);
    this.#head = Math.max(0, this.#head - useless - surplus);
    for (let index = this.entries.length - eventIdsMax - 1; index >= 0; index -= 1) {
      const entry = this.entries[index];
      if (entry === undefined || entry.ids.length === 0) break;
      entry.ids = [];
    }
    return surplus;
  }
}

function copy({ entries, from, to }: Span): Span {
  return { entries: entries.slice(from, to), from: 0, to: to - from };
}

/** The edges a late entry can change: itself and everything up to one span after it. */
class LateEdges {
  readonly #entries: readonly Entry[];
  readonly #spec: CorrelationSpec;
  readonly #at: number;
  readonly #firings: Firing[] = [];
  /** The satisfied edges in a row just seen, and whether one of them was reported before. */
  #run: { first: Firing; edges: Entry[] } | undefined;
  #isReported: boolean;
  #satisfied = false;

  constructor(entries: readonly Entry[], spec: CorrelationSpec, at: number) {
    this.#entries = entries;
    this.#spec = spec;
    this.#at = at;
    this.#isReported = this.#isCoveredNear(at - 1, entries[at]);
  }

  judge(): { satisfied: boolean; firings: readonly Firing[] } {
    const late = this.#entries[this.#at];
    if (late === undefined) return { satisfied: false, firings: [] };
    const tally = createTally(this.#spec);
    let from = this.#entries.findIndex((entry) => entry.timeMs >= late.timeMs - this.#spec.spanMs);
    for (const entry of this.#entries.slice(from, this.#at)) tally.add(entry);
    let edge = this.#at;
    for (let entry = late as Entry | undefined; entry !== undefined; entry = this.#entries[edge]) {
      if (entry.timeMs > late.timeMs + this.#spec.spanMs) break;
      tally.add(entry);
      for (
        let oldest = this.#entries[from];
        oldest !== undefined && oldest.timeMs < entry.timeMs - this.#spec.spanMs;
      ) {
        tally.remove(oldest);
        from += 1;
        oldest = this.#entries[from];
      }
      this.#see(entry, { entries: this.#entries, from, to: edge + 1 }, tally);
      edge += 1;
    }
    if (this.#isCoveredNear(edge, this.#entries[edge - 1])) this.#isReported = true;
    this.#endRun();
    return { satisfied: this.#satisfied, firings: this.#firings };
  }

  #see(entry: Entry, window: Span, tally: Tally): void {
    const result = measure(this.#spec, tally, window);
    if (!result.satisfied) {
      this.#endRun();
      this.#isReported = false;
      return;
    }
    this.#satisfied = true;
    this.#isReported ||= entry.covered;
    this.#run ??= { first: { window: copy(window), measure: result }, edges: [] };
    this.#run.edges.push(entry);
  }

  #endRun(): void {
    if (this.#run !== undefined) {
      if (!this.#isReported) this.#firings.push(this.#run.first);
      for (const entry of this.#run.edges) entry.covered = true;
    }
    this.#run = undefined;
  }

  #isCoveredNear(position: number, neighbour: Entry | undefined): boolean {
    const entry = this.#entries[position];
    if (entry === undefined || neighbour === undefined || !entry.covered) return false;
    return Math.abs(entry.timeMs - neighbour.timeMs) <= this.#spec.spanMs;
  }
}
