import type { RuleSet } from "../load.ts";
import type { Match } from "../match/engine.ts";
import type { SigmaEvent } from "../match/event.ts";
import type { CorrelationRule } from "../rule.ts";
import { groupOf, keyOf, privateKey, publicKey, type Signal, valuesFor } from "./contribution.ts";
import type { Entry } from "./entry.ts";
import type { Departure, GroupStore, OpenGroupStore, StoreLimits } from "./group-store.ts";
import { clockStepMaxMs, createGroupTable } from "./group-table.ts";
import { readCheckpoint, writeCheckpoint } from "./state.ts";

export type CorrelatorOptions = Readonly<
  Partial<StoreLimits> & {
    /** Told of everything that is not counted as it should be, one call for each. */
    onLoss?: (loss: CorrelationLoss) => void;
    /** Where the groups of each correlation live; left out: in this process. */
    openStore?: OpenGroupStore;
  }
>;

/**
 * Something a correlation did not use or no longer holds. `expired` is no loss of detection: the stream has moved on
 * past the window; all others may hide a hit and belong on a screen.
 */
export type CorrelationLoss = Readonly<{
  reason: LossReason;
  rule: CorrelationRule;
  /** Left out when the event lacks a field of the group. */
  groupKey?: string;
  /** Events or entries concerned. */
  count: number;
}>;

export type LossReason = "late" | "untimed" | "ungrouped" | "truncated" | "evicted" | "expired";

export type CorrelationHit = Readonly<{
  rule: CorrelationRule;
  /** The event that completed it; with the rule and the group it identifies the hit. */
  eventId: string;
  /** Canonical text of the group: a JSON list of the folded values in the order of `group-by`. */
  groupKey: string;
  /** The group by name, in the spelling of the completing event. */
  group: Readonly<Record<string, string>>;
  /** Newest contributing events, oldest first, at most `eventIdsMax`. */
  eventIds: readonly string[];
  /** All contributions in the window, also those not listed. */
  eventCount: number;
  firstTimeMs: number;
  lastTimeMs: number;
  /** What was compared: a count, a number of rules, a sum … */
  value: number;
}>;

export type StoredGroup = Readonly<{ correlationId: string; groupKey: string; state: string }>;

export type DirtyGroups = Readonly<{
  upserts: readonly StoredGroup[];
  removals: readonly Readonly<{ correlationId: string; groupKey: string }>[];
  /** The stream's own state; one row, replaced each time. */
  checkpoint: string;
}>;

export type SavedState = Readonly<{ groups: readonly StoredGroup[]; checkpoint?: string }>;

export type RestoreReport = Readonly<{
  restored: number;
  /** Groups left out, each with the reason; they start afresh and their rows should be deleted. */
  refused: readonly Readonly<{ correlationId: string; groupKey: string; reason: string }>[];
}>;

export type CorrelationStats = Readonly<{
  rule: CorrelationRule;
  groups: number;
  entries: number;
  losses: Readonly<Record<LossReason, number>>;
}>;

/** Correlates a stream of events. What it answers depends on the sequence fed and on nothing else. */
export type Correlator = Readonly<{
  /** @param matches what `Engine.match` found for this event, less the rules that are switched off */
  feed(event: SigmaEvent, matches: readonly Match[]): readonly CorrelationHit[];
  takeDirtyGroups(): DirtyGroups;
  /** For a fresh correlator, before the first event. */
  restore(saved: SavedState): RestoreReport;
  stats(): readonly CorrelationStats[];
}>;

export const correlatorDefaults: StoreLimits = {
  allowedLatenessMs: 300_000,
  groupsMax: 100_000,
  entriesMax: 1_000_000,
  entriesPerGroupMax: 4096,
  eventIdsMax: 100,
};

export function createCorrelator(ruleSet: Pick<RuleSet, "correlations">, options: CorrelatorOptions = {}): Correlator {
  const stream = new CorrelationStream(ruleSet.correlations, options);
  return {
    feed: (event, matches) => stream.feed(event, matches),
    takeDirtyGroups: () => stream.takeDirtyGroups(),
    restore: (saved) => stream.restore(saved),
    stats: () => stream.stats(),
  };
}

/** One correlation at work. */
type Track = {
  readonly rule: CorrelationRule;
  readonly store: GroupStore;
  readonly losses: Record<LossReason, number>;
  readonly limits: StoreLimits;
  /** What the event in hand brought it so far. */
  readonly pending: Pending[];
  readonly departed: (departure: Departure) => void;
};
/** A hit of the rule at this position of the correlation's list. */
type Pending = Readonly<{ position: number; signal: Signal }>;
/** What one event adds to one group. */
type Addition = { key: string; rules: number[]; values: Entry["values"]; pending: Pending };
/** Where the hits of a rule go: the number of the correlation, and the position in its list. */
type Feed = Readonly<{ track: number; position: number }>;

const noHits: readonly CorrelationHit[] = [];

class CorrelationStream {
  readonly #tracks: readonly Track[];
  readonly #feeds = new Map<string, Feed[]>();
  readonly #onLoss: ((loss: CorrelationLoss) => void) | undefined;
  #clockMs = Number.NEGATIVE_INFINITY;
  #used = 0;
  /** The last of the tracks the event in hand goes to, so far. */
  #lastTrack = -1;

  constructor(rules: readonly CorrelationRule[], options: CorrelatorOptions) {
    const { onLoss, openStore = createGroupTable, ...limits } = options;
    this.#onLoss = onLoss;
    this.#tracks = rules.map((rule) => this.#track(rule, openStore, { ...correlatorDefaults, ...limits }));
    for (const [track, { correlation }] of rules.entries()) {
      for (const [position, rule] of correlation.rules.entries()) {
        const feeds = this.#feeds.get(rule);
        if (feeds === undefined) this.#feeds.set(rule, [{ track, position }]);
        else feeds.push({ track, position });
      }
    }
  }

  #track(rule: CorrelationRule, openStore: OpenGroupStore, all: StoreLimits): Track {
    const limits = limitsFor(rule, all);
    const losses = { late: 0, untimed: 0, ungrouped: 0, truncated: 0, evicted: 0, expired: 0 };
    const track: Track = {
      rule,
      store: openStore(rule, limits),
      losses,
      limits,
      pending: [],
      departed: ({ reason, key, entries }) => this.#lose(track, reason, { key, count: entries }),
    };
    return track;
  }

  /** Correlations stand after those they refer to, so one pass carries a hit up a whole chain. */
  feed(event: SigmaEvent, matches: readonly Match[]): readonly CorrelationHit[] {
    if (matches.length === 0) return noHits;
    if (Number.isFinite(event.timeMs)) this.#advance(event.timeMs);
    let first = this.#tracks.length;
    let signal: Signal | undefined;
    for (const { rule } of matches) {
      const feeds = this.#feeds.get(rule.key);
      if (feeds === undefined) continue;
      signal ??= { fields: event.fields, group: {}, ids: [event.id], isNew: true };
      first = Math.min(first, this.#deal(feeds, signal));
    }
    const hits: CorrelationHit[] = [];
    for (let index = first; index <= this.#lastTrack; index += 1) {
      const track = this.#tracks[index];
      if (track !== undefined && track.pending.length > 0) this.#feedTrack(track, event, hits);
    }
    this.#lastTrack = -1;
    return hits.length === 0 ? noHits : hits;
  }

  /** @returns the first track dealt to */
  #deal(feeds: readonly Feed[], signal: Signal): number {
    let first = this.#tracks.length;
    for (const { track, position } of feeds) {
      this.#tracks[track]?.pending.push({ position, signal });
      first = Math.min(first, track);
      this.#lastTrack = Math.max(this.#lastTrack, track);
    }
    return first;
  }

  #advance(timeMs: number): void {
    const isFirst = this.#clockMs === Number.NEGATIVE_INFINITY;
    this.#clockMs = isFirst ? timeMs : Math.max(this.#clockMs, Math.min(timeMs, this.#clockMs + clockStepMaxMs));
  }

  #feedTrack(track: Track, event: SigmaEvent, hits: CorrelationHit[]): void {
    const additions = this.#additions(track);
    track.pending.length = 0;
    if (additions.length === 0) return;
    if (!Number.isFinite(event.timeMs)) {
      this.#lose(track, "untimed", { count: 1 });
      return;
    }
    for (const addition of additions) this.#add(track, event, { addition, hits });
    track.store.sweep(this.#clockMs, track.departed);
  }

  /** One entry per group and event, however many of the referred rules matched. */
  #additions(track: Track): readonly Addition[] {
    const { pending } = track;
    const [only] = pending;
    if (pending.length === 1 && only !== undefined) {
      const addition = this.#addition(track, only);
      return addition === undefined ? [] : [addition];
    }
    const additions = new Map<string, Addition>();
    for (const one of pending.sort((left, right) => left.position - right.position)) {
      const addition = this.#addition(track, one);
      const known = addition === undefined ? undefined : additions.get(addition.key);
      if (known !== undefined) known.rules.push(one.position);
      else if (addition !== undefined) additions.set(addition.key, addition);
    }
    return [...additions.values()];
  }

  #addition(track: Track, pending: Pending): Addition | undefined {
    const { correlation } = track.rule;
    const { position, signal } = pending;
    if (!signal.isNew && !correlation.type.startsWith("temporal")) return undefined;
    const values = correlation.fields.length === 0 ? noValues : valuesFor(signal, correlation);
    if (correlation.fields.length > 0 && values.length === 0) return undefined;
    const key = keyOf(signal, correlation, correlation.rules[position] ?? "");
    if (key !== undefined) return { key, rules: [position], values, pending };
    this.#lose(track, "ungrouped", { count: 1 });
    return undefined;
  }

  #add(track: Track, event: SigmaEvent, part: Readonly<{ addition: Addition; hits: CorrelationHit[] }>): void {
    const { key, rules, pending } = part.addition;
    this.#used += 1;
    const { ids } = pending.signal;
    const values = this.#boundedValues(track, part.addition);
    const entry: Entry = { timeMs: event.timeMs, rules, values, ids, covered: false };
    const outcome = track.store.take(key, entry, { clockMs: this.#clockMs, used: this.#used });
    if (outcome.kind === "late") {
      this.#lose(track, "late", { key, count: 1 });
      return;
    }
    if (outcome.truncated > 0) this.#lose(track, "truncated", { key, count: outcome.truncated });
    if (!outcome.satisfied) return;
    const { correlation } = track.rule;
    const group = groupOf(pending.signal, correlation, correlation.rules[pending.position] ?? "");
    const about = { rule: track.rule, eventId: event.id, groupKey: publicKey(correlation, key), group };
    const raised = outcome.firings.map((firing): CorrelationHit => ({ ...about, ...firing }));
    part.hits.push(...raised);
    const feeds = this.#feeds.get(track.rule.key);
    if (feeds === undefined) return;
    const contributing = raised.length === 0 ? [event.id] : [...new Set(raised.flatMap(({ eventIds }) => eventIds))];
    this.#deal(feeds, { fields: event.fields, group, ids: contributing, isNew: raised.length > 0 });
  }

  /** One event with a list of a million values must not be held whole. */
  #boundedValues(track: Track, { key, values }: Addition): Entry["values"] {
    const valuesMax = track.limits.entriesPerGroupMax;
    if (values.length <= valuesMax) return values;
    this.#lose(track, "truncated", { key, count: values.length - valuesMax });
    return values.slice(0, valuesMax);
  }

  #lose(track: Track, reason: LossReason, { key, count }: Readonly<{ key?: string; count: number }>): void {
    const { rule, losses } = track;
    losses[reason] += count;
    const groupKey = key === undefined ? {} : { groupKey: publicKey(rule.correlation, key) };
    this.#onLoss?.({ reason, rule, ...groupKey, count });
  }

  takeDirtyGroups(): DirtyGroups {
    const upserts: StoredGroup[] = [];
    const removals: { correlationId: string; groupKey: string }[] = [];
    for (const { rule, store } of this.#tracks) {
      const named = (key: string): { correlationId: string; groupKey: string } => ({
        correlationId: rule.key,
        groupKey: publicKey(rule.correlation, key),
      });
      const dirty = store.takeDirty();
      for (const { key, state } of dirty.upserts) upserts.push({ ...named(key), state });
      for (const key of dirty.removals) removals.push(named(key));
    }
    return { upserts, removals, checkpoint: writeCheckpoint({ clockMs: this.#clockMs, used: this.#used }) };
  }

  restore(saved: SavedState): RestoreReport {
    const checkpoint = saved.checkpoint === undefined ? undefined : readCheckpoint(saved.checkpoint);
    this.#clockMs = checkpoint?.clockMs ?? Number.NEGATIVE_INFINITY;
    this.#used = checkpoint?.used ?? 0;
    const byRule = Map.groupBy(saved.groups, ({ correlationId }) => correlationId);
    const refused: RestoreReport["refused"][number][] = [];
    for (const track of this.#tracks) {
      refused.push(...this.#restoreTrack(track, byRule.get(track.rule.key) ?? []));
      byRule.delete(track.rule.key);
    }
    for (const { correlationId, groupKey } of [...byRule.values()].flat()) {
      refused.push({ correlationId, groupKey, reason: "there is no such correlation" });
    }
    return { restored: saved.groups.length - refused.length, refused };
  }

  #restoreTrack({ rule, store }: Track, stored: readonly StoredGroup[]): readonly RestoreReport["refused"][number][] {
    const correlationId = rule.key;
    const refused: RestoreReport["refused"][number][] = [];
    const usable: { key: string; state: string }[] = [];
    for (const { groupKey, state } of stored) {
      const key = privateKey(rule.correlation, groupKey);
      if (key === undefined) refused.push({ correlationId, groupKey, reason: "the correlation has changed" });
      else usable.push({ key, state });
    }
    const report = store.restore(usable);
    this.#used = Math.max(this.#used, report.used);
    for (const { key, reason } of report.refused) {
      refused.push({ correlationId, groupKey: publicKey(rule.correlation, key), reason });
    }
    return refused;
  }

  stats(): readonly CorrelationStats[] {
    return this.#tracks.map(({ rule, store, losses }) => ({
      rule,
      groups: store.groups,
      entries: store.entries,
      losses: { ...losses },
    }));
  }
}

const noValues: Entry["values"] = [];

/** A group must be able to hold what its own condition asks for. */
function limitsFor(rule: CorrelationRule, limits: StoreLimits): StoreLimits {
  const { condition } = rule.correlation;
  const asked = condition.kind === "number" ? Math.max(...condition.comparisons.map(({ operand }) => operand)) : 0;
  const isCount = rule.correlation.type.endsWith("_count");
  const needed = isCount ? Math.min(2 * Math.ceil(asked), limits.entriesMax) : 0;
  return { ...limits, entriesPerGroupMax: Math.max(limits.entriesPerGroupMax, needed) };
}
