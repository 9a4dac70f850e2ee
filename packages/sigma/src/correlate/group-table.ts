import type { CorrelationRule } from "../rule.ts";
import { digest } from "./digest.ts";
import type { Entry } from "./entry.ts";
import { Group, type GroupLimits, type Outcome } from "./group.ts";
import { RecencyMap } from "./recency-map.ts";
import { readState, writeState } from "./state.ts";

export type TableLimits = GroupLimits &
  Readonly<{
    /** Groups one correlation may hold; the one not used for longest goes first. */
    groupsMax: number;
    /** Entries all groups of one correlation may hold together. */
    entriesMax: number;
  }>;

type Slot = Readonly<{ group: Group; usedAt: number; clockMs: number }>;

/** What left the table on its own account. */
export type Departure = Readonly<{ reason: "evicted" | "expired"; groupKey: string; entries: number }>;

/** How the stream stands while an entry is taken. */
export type StreamTime = Readonly<{ clockMs: number; used: number }>;

/** Groups looked at for expiry per event: enough to keep up, too few to be felt. */
const expiryChecks = 2;

/** The clock follows event time in steps of at most this. A group outlives one such step, so that no single event from
 * the future makes a group expire that is still of use. */
export const clockStepMaxMs = 60_000;

/** All groups of one correlation, least recently used first. Remembers which of them changed since last asked. */
export class GroupTable {
  readonly rule: CorrelationRule;
  readonly definition: string;
  readonly #limits: TableLimits;
  readonly #slots = new RecencyMap<Slot>();
  readonly #dirty = new Set<string>();
  readonly #removed = new Set<string>();
  #entries = 0;

  constructor(rule: CorrelationRule, limits: TableLimits) {
    this.rule = rule;
    this.#limits = limits;
    this.definition = digest(JSON.stringify(rule.correlation));
  }

  get size(): number {
    return this.#slots.size;
  }

  get entries(): number {
    return this.#entries;
  }

  take(groupKey: string, entry: Entry, now: StreamTime): Outcome {
    const { spec, slot } = { spec: this.rule.correlation, slot: this.#slots.get(groupKey) };
    const group = slot?.group ?? new Group(spec, this.#limits);
    const before = group.entries.length;
    const outcome = group.take(entry);
    if (outcome.kind === "late") return outcome;
    this.#entries += group.entries.length - before;
    this.#slots.set(groupKey, { group, usedAt: now.used, clockMs: now.clockMs });
    this.#dirty.add(groupKey);
    this.#removed.delete(groupKey);
    return outcome;
  }

  /** Lets go of groups the stream has left behind, then of those beyond the bounds. */
  sweep(clockMs: number): readonly Departure[] {
    const departures: Departure[] = [];
    const idleMs = this.rule.correlation.spanMs + this.#limits.allowedLatenessMs + clockStepMaxMs;
    for (let checks = 0; checks < expiryChecks && this.#slots.size > 1; checks += 1) {
      const oldest = this.#slots.oldest();
      if (oldest === undefined || clockMs - oldest.value.clockMs <= idleMs) break;
      departures.push(this.#remove(oldest.key, "expired"));
    }
    while (
      this.#slots.size > 1 &&
      (this.#slots.size > this.#limits.groupsMax || this.#entries > this.#limits.entriesMax)
    ) {
      const oldest = this.#slots.oldest();
      if (oldest === undefined) break;
      departures.push(this.#remove(oldest.key, "evicted"));
    }
    return departures;
  }

  #remove(groupKey: string, reason: Departure["reason"]): Departure {
    const entries = this.#slots.get(groupKey)?.group.entries.length ?? 0;
    this.#entries -= entries;
    this.#slots.delete(groupKey);
    this.#dirty.delete(groupKey);
    this.#removed.add(groupKey);
    return { reason, groupKey, entries };
  }

  /** Changed groups as text and removed ones by key, since the last call. */
  takeDirty(): { upserts: readonly { groupKey: string; state: string }[]; removals: readonly string[] } {
    const upserts = [...this.#dirty].flatMap((groupKey) => {
      const slot = this.#slots.get(groupKey);
      if (slot === undefined) return [];
      const { group, usedAt, clockMs } = slot;
      return [
        { groupKey, state: writeState({ definition: this.definition, usedAt, clockMs, entries: group.entries }) },
      ];
    });
    const removals = [...this.#removed];
    this.#dirty.clear();
    this.#removed.clear();
    return { upserts, removals };
  }

  /** Takes groups back from text; answers with those it cannot use. */
  restore(groups: readonly { groupKey: string; state: string }[]): readonly { groupKey: string; reason: string }[] {
    const refused: { groupKey: string; reason: string }[] = [];
    const read: { groupKey: string; slot: Slot }[] = [];
    for (const { groupKey, state: text } of groups) {
      const state = readState(text);
      if (state === undefined) refused.push({ groupKey, reason: "the state cannot be read" });
      else if (state.definition !== this.definition) refused.push({ groupKey, reason: "the correlation has changed" });
      else {
        const group = new Group(this.rule.correlation, this.#limits, state.entries);
        read.push({ groupKey, slot: { group, usedAt: state.usedAt, clockMs: state.clockMs } });
      }
    }
    for (const { groupKey, slot } of read.sort((left, right) => left.slot.usedAt - right.slot.usedAt)) {
      this.#slots.set(groupKey, slot);
      this.#entries += slot.group.entries.length;
    }
    return refused;
  }
}
