import type { RuleSet } from "../load.ts";
import type { Match } from "../match/engine.ts";
import type { SigmaEvent } from "../match/event.ts";
import type { CorrelationRule } from "../rule.ts";
import type { Signal } from "./contribution.ts";
import type { OpenGroupStore, StoreLimits } from "./group-store.ts";
import { clockStepMaxMs, createGroupTable } from "./group-table.ts";
import { readCheckpoint, writeCheckpoint } from "./state.ts";
import {
  type CorrelationHit,
  type CorrelationLoss,
  type CorrelationStats,
  type GroupName,
  type Raised,
  type RefusedGroup,
  type StoredGroup,
  Track,
  type TrackStep,
} from "./track.ts";

export type {
  CorrelationHit,
  CorrelationLoss,
  CorrelationStats,
  GroupName,
  LossReason,
  RefusedGroup,
  StoredGroup,
} from "./track.ts";

/** Bounds of each correlation (`correlatorDefaults` where left out), who hears of losses, where groups live. */
export type CorrelatorOptions = Readonly<
  Partial<StoreLimits> & {
    /** Told of everything that is not counted as it should be, one call for each. */
    onLoss?: (loss: CorrelationLoss) => void;
    /** Where the groups of each correlation live; left out: in this process. */
    openStore?: OpenGroupStore;
    /** Asked of a correlation for each hit that would go to it; one that is off stands still: no hits, no change of its windows. */
    isOff?: (rule: CorrelationRule) => boolean;
  }
>;

/** What changed since it was last asked for: store it together, after the events it comes from. */
export type DirtyGroups = Readonly<{
  upserts: readonly StoredGroup[];
  removals: readonly GroupName[];
  /** The stream's own state; one row, replaced each time. */
  checkpoint: string;
}>;

/** What was stored: every group upserted and not removed since, and the newest checkpoint. */
export type SavedState = Readonly<{ groups: readonly StoredGroup[]; checkpoint?: string }>;

/** What could be gone on from. */
export type RestoreReport = Readonly<{
  restored: number;
  /** Groups left out, each with the reason; they start afresh and their rows should be deleted. */
  refused: readonly RefusedGroup[];
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

/** Bounds that hold unless others are given: a hundred thousand groups of each correlation, events five minutes late. */
export const correlatorDefaults: StoreLimits = {
  allowedLatenessMs: 300_000,
  groupsMax: 100_000,
  entriesMax: 1_000_000,
  entriesPerGroupMax: 4096,
  eventIdsMax: 100,
};

/**
 * A correlator for the correlations of a rule set, chains included. Keeps groups in memory, within the bounds given.
 *
 * @param options bounds are whole numbers above zero; lateness in milliseconds
 */
export function createCorrelator(ruleSet: Pick<RuleSet, "correlations">, options: CorrelatorOptions = {}): Correlator {
  return openCorrelator(ruleSet.correlations, options);
}

/** As `createCorrelator`, for those who want to hear of every step. */
export function openCorrelator(
  rules: readonly CorrelationRule[],
  options: CorrelatorOptions,
  onStep?: (step: TrackStep) => void,
): Correlator {
  const stream = new CorrelationStream(rules, options, onStep);
  return {
    feed: (event, matches) => stream.feed(event, matches),
    takeDirtyGroups: () => stream.takeDirtyGroups(),
    restore: (saved) => stream.restore(saved),
    stats: () => stream.stats(),
  };
}

/** Where the hits of a rule go: the number of the correlation, and the position in its list. */
type Feed = Readonly<{ track: number; position: number }>;

const noHits: readonly CorrelationHit[] = [];

/** Deals the hits of each event out to the correlations that refer to them, and keeps the time. */
class CorrelationStream {
  readonly #tracks: readonly Track[];
  readonly #isOff: (rule: CorrelationRule) => boolean;
  readonly #feeds = new Map<string, Feed[]>();
  readonly #time = { clockMs: Number.NEGATIVE_INFINITY, used: 0 };
  /** The last of the tracks the event in hand goes to, so far. */
  #lastTrack = -1;
  /** Of the event in hand. */
  #hits: CorrelationHit[] = [];

  constructor(rules: readonly CorrelationRule[], options: CorrelatorOptions, onStep?: (step: TrackStep) => void) {
    const { onLoss, openStore = createGroupTable, isOff = () => false, ...given } = options;
    this.#isOff = isOff;
    const limits = { ...correlatorDefaults, ...given };
    const onRaised = (rule: CorrelationRule, raised: Raised): void => this.#raised(rule, raised);
    const common = { openStore, limits, time: this.#time, onLoss, onRaised, onStep };
    this.#tracks = rules.map((rule) => new Track(rule, common));
    for (const [track, { correlation }] of rules.entries()) {
      for (const [position, rule] of correlation.rules.entries()) {
        const feeds = this.#feeds.get(rule);
        if (feeds === undefined) this.#feeds.set(rule, [{ track, position }]);
        else feeds.push({ track, position });
      }
    }
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
    for (let index = first; index <= this.#lastTrack; index += 1) this.#tracks[index]?.take(event);
    this.#lastTrack = -1;
    return this.#takeHits();
  }

  #takeHits(): readonly CorrelationHit[] {
    if (this.#hits.length === 0) return noHits;
    const hits = this.#hits;
    this.#hits = [];
    return hits;
  }

  /** @returns the first track dealt to */
  #deal(feeds: readonly Feed[], signal: Signal): number {
    let first = this.#tracks.length;
    for (const { track: index, position } of feeds) {
      const track = this.#tracks[index];
      if (track === undefined || this.#isOff(track.rule)) continue;
      track.deal({ position, signal });
      first = Math.min(first, index);
      this.#lastTrack = Math.max(this.#lastTrack, index);
    }
    return first;
  }

  #raised(rule: CorrelationRule, { hits, signal }: Raised): void {
    this.#hits.push(...hits);
    const feeds = this.#feeds.get(rule.key);
    if (feeds !== undefined) this.#deal(feeds, signal);
  }

  #advance(timeMs: number): void {
    const { clockMs } = this.#time;
    const isFirst = clockMs === Number.NEGATIVE_INFINITY;
    this.#time.clockMs = isFirst ? timeMs : Math.max(clockMs, Math.min(timeMs, clockMs + clockStepMaxMs));
  }

  takeDirtyGroups(): DirtyGroups {
    const upserts: StoredGroup[] = [];
    const removals: GroupName[] = [];
    for (const track of this.#tracks) {
      const dirty = track.takeDirty();
      for (const group of dirty.upserts) upserts.push(group);
      for (const name of dirty.removals) removals.push(name);
    }
    return { upserts, removals, checkpoint: writeCheckpoint(this.#time) };
  }

  restore(saved: SavedState): RestoreReport {
    const checkpoint = saved.checkpoint === undefined ? undefined : readCheckpoint(saved.checkpoint);
    this.#time.clockMs = checkpoint?.clockMs ?? Number.NEGATIVE_INFINITY;
    this.#time.used = checkpoint?.used ?? 0;
    const byRule = Map.groupBy(saved.groups, ({ correlationId }) => correlationId);
    const refused: RefusedGroup[] = [];
    for (const track of this.#tracks) {
      for (const group of track.restore(byRule.get(track.rule.key) ?? [])) refused.push(group);
      byRule.delete(track.rule.key);
    }
    for (const { correlationId, groupKey } of [...byRule.values()].flat()) {
      refused.push({ correlationId, groupKey, reason: "there is no such correlation" });
    }
    return { restored: saved.groups.length - refused.length, refused };
  }

  stats(): readonly CorrelationStats[] {
    return this.#tracks.map((track) => track.stats());
  }
}
