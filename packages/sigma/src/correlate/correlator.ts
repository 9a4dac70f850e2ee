import type { RuleSet } from "../load.ts";
import type { Match } from "../match/engine.ts";
import type { SigmaEvent } from "../match/event.ts";
import type { CorrelationRule } from "../rule.ts";
import { groupOf, type Signal, valuesFor } from "./contribution.ts";
import type { Entry } from "./entry.ts";
import type { Firing } from "./group.ts";
import { clockStepMaxMs, GroupTable, type TableLimits } from "./group-table.ts";
import { readCheckpoint, writeCheckpoint } from "./state.ts";

export type CorrelatorOptions = Readonly<
  Partial<TableLimits> & {
    /** Told of everything that is not counted as it should be, one call for each. */
    onLoss?: (loss: CorrelationLoss) => void;
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

export const correlatorDefaults: TableLimits = {
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

type Track = { readonly table: GroupTable; readonly losses: Record<LossReason, number> };
/** What one event adds to one group. */
type Addition = { rules: number[]; values: Entry["values"]; ids: readonly string[]; group: CorrelationHit["group"] };

class CorrelationStream {
  readonly #tracks: readonly Track[];
  readonly #onLoss: ((loss: CorrelationLoss) => void) | undefined;
  readonly #limits: TableLimits;
  #clockMs = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(rules: readonly CorrelationRule[], options: CorrelatorOptions) {
    const { onLoss, ...limits } = options;
    this.#onLoss = onLoss;
    this.#limits = { ...correlatorDefaults, ...limits };
    this.#tracks = rules.map((rule) => ({
      table: new GroupTable(rule, limitsFor(rule, this.#limits)),
      losses: { late: 0, untimed: 0, ungrouped: 0, truncated: 0, evicted: 0, expired: 0 },
    }));
  }

  /** Correlations stand after those they refer to, so one pass carries a hit up a whole chain. */
  feed(event: SigmaEvent, matches: readonly Match[]): readonly CorrelationHit[] {
    const hits: CorrelationHit[] = [];
    if (matches.length === 0) return hits;
    const signals = new Map<string, Signal[]>();
    for (const { rule } of matches) {
      signals.set(rule.key, [{ fields: event.fields, group: {}, ids: [event.id], isNew: true }]);
    }
    if (Number.isFinite(event.timeMs)) this.#advance(event.timeMs);
    for (const track of this.#tracks) {
      const raised = this.#feedTrack(track, event, signals);
      hits.push(...raised.hits);
      if (raised.signals.length > 0) signals.set(track.table.rule.key, raised.signals);
    }
    return hits;
  }

  #advance(timeMs: number): void {
    const isFirst = this.#clockMs === Number.NEGATIVE_INFINITY;
    this.#clockMs = isFirst ? timeMs : Math.max(this.#clockMs, Math.min(timeMs, this.#clockMs + clockStepMaxMs));
  }

  #feedTrack(track: Track, event: SigmaEvent, signals: ReadonlyMap<string, readonly Signal[]>): Raised {
    const additions = this.#additions(track, signals);
    const raised: Raised = { hits: [], signals: [] };
    if (additions.size === 0) return raised;
    if (!Number.isFinite(event.timeMs)) {
      this.#lose(track, "untimed", { count: 1 });
      return raised;
    }
    for (const [groupKey, addition] of additions) this.#add(track, event, { groupKey, addition, raised });
    for (const { reason, groupKey, entries } of track.table.sweep(this.#clockMs)) {
      this.#lose(track, reason, { groupKey, count: entries });
    }
    return raised;
  }

  /** One entry per group and event, however many of the referred rules matched. */
  #additions(track: Track, signals: ReadonlyMap<string, readonly Signal[]>): ReadonlyMap<string, Addition> {
    const { correlation } = track.table.rule;
    const additions = new Map<string, Addition>();
    for (const [position, rule] of correlation.rules.entries()) {
      for (const signal of signals.get(rule) ?? []) {
        if (!signal.isNew && !correlation.type.startsWith("temporal")) continue;
        const values = correlation.fields.length === 0 ? [] : valuesFor(signal, correlation);
        if (correlation.fields.length > 0 && values.length === 0) continue;
        const identity = groupOf(signal, correlation, rule);
        if (identity === undefined) {
          this.#lose(track, "ungrouped", { count: 1 });
          continue;
        }
        const known = additions.get(identity.key);
        if (known === undefined)
          additions.set(identity.key, { rules: [position], values, ids: signal.ids, group: identity.group });
        else known.rules.push(position);
      }
    }
    return additions;
  }

  #add(track: Track, event: SigmaEvent, part: { groupKey: string; addition: Addition; raised: Raised }): void {
    const { groupKey, addition, raised } = part;
    this.#used += 1;
    const { rules, values, ids, group } = addition;
    const entry: Entry = { timeMs: event.timeMs, rules: [...new Set(rules)], values, ids, covered: false };
    const outcome = track.table.take(groupKey, entry, { clockMs: this.#clockMs, used: this.#used });
    if (outcome.kind === "late") {
      this.#lose(track, "late", { groupKey, count: 1 });
      return;
    }
    if (outcome.truncated > 0) this.#lose(track, "truncated", { groupKey, count: outcome.truncated });
    const hits = outcome.firings.map((firing) =>
      this.#hit(firing, { rule: track.table.rule, eventId: event.id, groupKey, group }),
    );
    raised.hits.push(...hits);
    if (!outcome.satisfied) return;
    const contributing = hits.length === 0 ? [event.id] : [...new Set(hits.flatMap(({ eventIds }) => eventIds))];
    raised.signals.push({ fields: event.fields, group, ids: contributing, isNew: hits.length > 0 });
  }

  #hit(firing: Firing, about: Pick<CorrelationHit, "rule" | "eventId" | "groupKey" | "group">): CorrelationHit {
    const { entries } = firing.window;
    const ids = [...new Set(entries.flatMap((entry) => entry.ids))];
    return {
      ...about,
      eventIds: ids.slice(-this.#limits.eventIdsMax),
      eventCount: entries.length,
      firstTimeMs: entries[0]?.timeMs ?? 0,
      lastTimeMs: entries.at(-1)?.timeMs ?? 0,
      value: firing.measure.value,
    };
  }

  #lose(track: Track, reason: LossReason, what: Readonly<{ groupKey?: string; count: number }>): void {
    track.losses[reason] += what.count;
    this.#onLoss?.({ reason, rule: track.table.rule, ...what });
  }

  takeDirtyGroups(): DirtyGroups {
    const upserts: StoredGroup[] = [];
    const removals: { correlationId: string; groupKey: string }[] = [];
    for (const { table } of this.#tracks) {
      const correlationId = table.rule.key;
      const dirty = table.takeDirty();
      upserts.push(...dirty.upserts.map((group) => ({ correlationId, ...group })));
      removals.push(...dirty.removals.map((groupKey) => ({ correlationId, groupKey })));
    }
    return { upserts, removals, checkpoint: writeCheckpoint({ clockMs: this.#clockMs, used: this.#used }) };
  }

  restore(saved: SavedState): RestoreReport {
    const checkpoint = saved.checkpoint === undefined ? undefined : readCheckpoint(saved.checkpoint);
    this.#clockMs = checkpoint?.clockMs ?? Number.NEGATIVE_INFINITY;
    this.#used = checkpoint?.used ?? 0;
    const byRule = Map.groupBy(saved.groups, ({ correlationId }) => correlationId);
    const refused: RestoreReport["refused"][number][] = [];
    for (const { table } of this.#tracks) {
      const correlationId = table.rule.key;
      refused.push(...table.restore(byRule.get(correlationId) ?? []).map((group) => ({ correlationId, ...group })));
      byRule.delete(correlationId);
    }
    for (const { correlationId, groupKey } of [...byRule.values()].flat()) {
      refused.push({ correlationId, groupKey, reason: "there is no such correlation" });
    }
    return { restored: saved.groups.length - refused.length, refused };
  }

  stats(): readonly CorrelationStats[] {
    return this.#tracks.map(({ table, losses }) => ({
      rule: table.rule,
      groups: table.size,
      entries: table.entries,
      losses: { ...losses },
    }));
  }
}

type Raised = { readonly hits: CorrelationHit[]; readonly signals: Signal[] };

/** A group must be able to hold what its own condition asks for. */
function limitsFor(rule: CorrelationRule, limits: TableLimits): TableLimits {
  const { condition } = rule.correlation;
  const asked = condition.kind === "number" ? Math.max(...condition.comparisons.map(({ operand }) => operand)) : 0;
  const isCount = rule.correlation.type.endsWith("_count");
  const needed = isCount ? Math.min(2 * Math.ceil(asked), limits.entriesMax) : 0;
  return { ...limits, entriesPerGroupMax: Math.max(limits.entriesPerGroupMax, needed) };
}
