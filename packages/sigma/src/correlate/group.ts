import type { CorrelationSpec } from "../parse/correlation.ts";
import type { Entry } from "./entry.ts";
import { EntryStore } from "./entry-store.ts";
import { groupWord as word } from "./group-record.ts";
import { judgeLate } from "./late-edges.ts";
import { createJudge, type Judge, type Window } from "./measure.ts";
import type { RecordPool } from "./record-pool.ts";
import { Tally } from "./tally.ts";

/** Bounds of one group. */
export type GroupLimits = Readonly<{
  /** How far behind the newest event of its group an event may be and still count. */
  allowedLatenessMs: number;
  /** Entries one group may hold; the oldest go first. Values: twice as many. */
  entriesPerGroupMax: number;
  /** Event ids one hit lists, the newest ones. */
  eventIdsMax: number;
}>;

/** A window that was reported. */
export type Firing = Readonly<{
  /** Newest contributing events, oldest first. */
  eventIds: readonly string[];
  eventCount: number;
  firstTimeMs: number;
  lastTimeMs: number;
  value: number;
}>;

/** What an entry led to. `satisfied`: some window with it meets the condition, reported before or not. */
export type Outcome =
  | Readonly<{ kind: "late" }>
  | Readonly<{ kind: "taken"; satisfied: boolean; firings: readonly Firing[]; truncated: number }>;

type Judged = Readonly<{ satisfied: boolean; firings: readonly Firing[] }>;

const late: Outcome = { kind: "late" };
const unsatisfied: Judged = { satisfied: false, firings: [] };
const burstGoesOn: Judged = { satisfied: true, firings: [] };
/** What most events lead to. */
const quiet: Outcome = { kind: "taken", ...unsatisfied, truncated: 0 };

/**
 * The sliding windows of all groups of one correlation, on event time. Every event is the right edge of a closed window
 * `[time − span, time]` of its group. Edges that satisfy the condition one after another are one burst, reported once,
 * at its first edge; a burst ends at an edge that does not satisfy it, or after a silence longer than the span.
 *
 * An event that arrives late is put in its place and the edges it can change are judged again, so a burst completed by
 * it is still found; one that is part of a reported burst is not reported again.
 */
export class GroupWindows {
  readonly entries: EntryStore;
  readonly tally: Tally;
  readonly judge: Judge;
  readonly spanMs: number;
  readonly groups: RecordPool;
  readonly #limits: GroupLimits;
  /** Filled in anew for each judgement: there is one for every event. */
  readonly #window: { -readonly [Key in keyof Window]: Window[Key] };
  #slot = 0;

  constructor(spec: CorrelationSpec, limits: GroupLimits, groups: RecordPool) {
    this.entries = new EntryStore(spec);
    this.tally = new Tally(this.entries, groups);
    this.judge = createJudge(spec, this.entries);
    this.spanMs = spec.spanMs;
    this.groups = groups;
    this.#limits = limits;
    const isSeen = (rule: number): boolean => this.tally.isSeen(this.#slot, rule);
    this.#window = { from: 0, to: 0, count: 0, distinct: 0, isSeen };
  }

  take(slot: number, entry: Entry): Outcome {
    const last = this.groups.word(slot, word.last);
    const newestMs = last === 0 ? Number.NEGATIVE_INFINITY : this.entries.timeMs(last);
    if (entry.timeMs < newestMs - this.#limits.allowedLatenessMs) return late;
    const added = this.#add(slot, entry);
    const isNewest = entry.timeMs >= newestMs;
    const withoutIds = isNewest ? this.#link(slot, added) : this.#insert(slot, added);
    const judged = isNewest ? this.#judgeNewest(slot, last) : judgeLate(this, slot, added);
    if (withoutIds !== 0) this.entries.dropIds(withoutIds);
    const truncated = this.#trim(slot);
    return judged === unsatisfied && truncated === 0 ? quiet : { kind: "taken", ...judged, truncated };
  }

  #add(slot: number, entry: Entry): number {
    const added = this.entries.add(entry);
    this.groups.setWord(slot, word.count, this.groups.word(slot, word.count) + 1);
    if (entry.values.length > 0) this.#countValues(slot, this.entries.valuesOf(added));
    return added;
  }

  #countValues(slot: number, difference: number): void {
    if (difference !== 0) this.groups.setWord(slot, word.values, this.groups.word(slot, word.values) + difference);
  }

  /**
   * Puts the newest entry at the end and slides the window on to it.
   *
   * @returns the entry that is now too old to keep its event ids, or 0
   */
  #link(slot: number, added: number): number {
    const { groups, entries } = this;
    const last = groups.word(slot, word.last);
    groups.setWord(slot, word.last, added);
    if (last === 0) {
      for (const first of [word.first, word.head, word.idsFrom]) groups.setWord(slot, first, added);
    } else entries.setNext(last, added);
    this.tally.add(slot, added);
    const startMs = entries.timeMs(added) - this.spanMs;
    let head = groups.word(slot, word.head);
    while (entries.timeMs(head) < startMs) {
      this.tally.remove(slot, head);
      head = entries.next(head);
    }
    groups.setWord(slot, word.head, head);
    return this.#shiftIds(slot);
  }

  /** Among more entries than a hit lists, the oldest that still knows its events is to forget them. */
  #shiftIds(slot: number): number {
    const { groups } = this;
    if (groups.word(slot, word.count) <= this.#limits.eventIdsMax) return 0;
    const oldest = groups.word(slot, word.idsFrom);
    groups.setWord(slot, word.idsFrom, this.entries.next(oldest));
    return oldest;
  }

  #judgeNewest(slot: number, previous: number): Judged {
    const { entries } = this;
    const window = this.window(slot);
    const value = this.judge(window);
    if (value === undefined) return unsatisfied;
    const added = window.to;
    entries.cover(added);
    const isSameBurst =
      previous !== 0 && entries.isCovered(previous) && entries.timeMs(added) - entries.timeMs(previous) <= this.spanMs;
    return isSameBurst ? burstGoesOn : { satisfied: true, firings: [this.firing(window, value)] };
  }

  /** The newest window of a group. Good until the next one is asked for. */
  window(slot: number): Window {
    return this.windowOf(slot, { from: this.groups.word(slot, word.head), to: this.groups.word(slot, word.last) });
  }

  /** A window whose tally stands in this record. Good until the next one is asked for. */
  windowOf(slot: number, { from, to }: Readonly<{ from: number; to: number }>): Window {
    const window = this.#window;
    this.#slot = slot;
    window.from = from;
    window.to = to;
    window.count = this.groups.word(slot, word.inWindow);
    window.distinct = this.groups.word(slot, word.distinct);
    return window;
  }

  firing({ from, to, count }: Pick<Window, "from" | "to" | "count">, value: number): Firing {
    const ids = new Set<string>();
    for (let entry = from; entry !== 0; entry = entry === to ? 0 : this.entries.next(entry)) {
      for (const id of this.entries.ids(entry)) ids.add(id);
    }
    return {
      eventIds: [...ids].slice(-this.#limits.eventIdsMax),
      eventCount: count,
      firstTimeMs: this.entries.timeMs(from),
      lastTimeMs: this.entries.timeMs(to),
      value,
    };
  }

  /**
   * Puts a late entry before the first one that is later.
   *
   * @returns the entry that is now too old to keep its event ids, or 0
   */
  #insert(slot: number, added: number): number {
    const { groups, entries } = this;
    const timeMs = entries.timeMs(added);
    const idsFrom = groups.word(slot, word.idsFrom);
    let before = 0;
    let keepsIds = false;
    let after = groups.word(slot, word.first);
    while (entries.timeMs(after) <= timeMs) {
      keepsIds ||= after === idsFrom;
      before = after;
      after = entries.next(after);
    }
    entries.setNext(added, after);
    if (before === 0) groups.setWord(slot, word.first, added);
    else entries.setNext(before, added);
    if (timeMs >= entries.timeMs(groups.word(slot, word.last)) - this.spanMs) {
      this.tally.add(slot, added);
      if (after === groups.word(slot, word.head)) groups.setWord(slot, word.head, added);
    }
    if (keepsIds) return this.#shiftIds(slot);
    if (groups.word(slot, word.count) > this.#limits.eventIdsMax) return added;
    groups.setWord(slot, word.idsFrom, groups.word(slot, word.first));
    return 0;
  }

  /** Forgets what no window can need any more, then what the bounds do not allow. */
  #trim(slot: number): number {
    const { groups, entries } = this;
    const { allowedLatenessMs, entriesPerGroupMax } = this.#limits;
    const horizonMs = entries.timeMs(groups.word(slot, word.last)) - this.spanMs - allowedLatenessMs;
    while (entries.timeMs(groups.word(slot, word.first)) < horizonMs) this.#dropFirst(slot);
    let surplus = 0;
    while (
      groups.word(slot, word.count) > 1 &&
      (groups.word(slot, word.count) > entriesPerGroupMax || groups.word(slot, word.values) > 2 * entriesPerGroupMax)
    ) {
      this.#dropFirst(slot);
      surplus += 1;
    }
    return surplus;
  }

  #dropFirst(slot: number): void {
    const { groups, entries } = this;
    const dropped = groups.word(slot, word.first);
    const after = entries.next(dropped);
    if (dropped === groups.word(slot, word.head)) {
      this.tally.remove(slot, dropped);
      groups.setWord(slot, word.head, after);
    }
    if (dropped === groups.word(slot, word.idsFrom)) groups.setWord(slot, word.idsFrom, after);
    groups.setWord(slot, word.first, after);
    groups.setWord(slot, word.count, groups.word(slot, word.count) - 1);
    this.#countValues(slot, -entries.valuesOf(dropped));
    entries.release(dropped);
  }

  /** Forgets a group's entries; the record itself is the caller's to clear. */
  empty(slot: number): void {
    while (this.groups.word(slot, word.first) !== 0) this.#dropFirst(slot);
  }

  read(slot: number): readonly Entry[] {
    const read: Entry[] = [];
    const { entries } = this;
    for (let entry = this.groups.word(slot, word.first); entry !== 0; entry = entries.next(entry)) {
      read.push(entries.read(entry));
    }
    return read;
  }

  /** Fills a fresh group with what was read from one, in that order. */
  fill(slot: number, saved: readonly Entry[]): void {
    for (const entry of saved) {
      const withoutIds = this.#link(slot, this.#add(slot, entry));
      if (withoutIds !== 0) this.entries.dropIds(withoutIds);
    }
  }
}
