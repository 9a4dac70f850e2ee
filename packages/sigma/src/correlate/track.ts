import type { SigmaEvent } from "../match/event.ts";
import type { CorrelationRule } from "../rule.ts";
import { groupOf, keyOf, privateKey, publicKey, type Signal, valuesFor } from "./contribution.ts";
import type { Entry } from "./entry.ts";
import type { Outcome } from "./group.ts";
import type { Departure, GroupStore, OpenGroupStore, StoreLimits, StreamTime } from "./group-store.ts";

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

/**
 * Why something is lost: older than the lateness allowed (`late`), without a usable time (`untimed`), without a field of
 * the group (`ungrouped`), more than one group may hold (`truncated`, entries or values), let go for the bound on groups or entries of
 * the correlation (`evicted`), or past its window (`expired`).
 */
export type LossReason = "late" | "untimed" | "ungrouped" | "truncated" | "evicted" | "expired";

/**
 * One burst of a correlation, told at the event that completed it. Times are event times, in milliseconds since 1970 (UTC); the
 * same events in the same order give the same hit.
 */
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
  /** Of the oldest contribution in the window. */
  firstTimeMs: number;
  /** Of the newest. */
  lastTimeMs: number;
  /** What was compared: a count, a number of rules, a sum … */
  value: number;
}>;

/**
 * One group as it is stored: `correlationId` is the rule's key, `groupKey` as in `CorrelationHit`, `state` a text with a version and a
 * digest of the correlation, to be kept as it is.
 */
export type StoredGroup = Readonly<{ correlationId: string; groupKey: string; state: string }>;
/** Which group, for deleting what is stored of it. */
export type GroupName = Omit<StoredGroup, "state">;
/** A stored group that cannot be used, and why. */
export type RefusedGroup = GroupName & Readonly<{ reason: string }>;

/** How one correlation stands now, and what it lost since it was created. */
export type CorrelationStats = Readonly<{
  rule: CorrelationRule;
  /** Held now, at most `groupsMax`. */
  groups: number;
  /** Held now in all groups, at most `entriesMax`. */
  entries: number;
  /** Events, or entries, by reason: what `onLoss` was told, added up. */
  losses: Readonly<Record<LossReason, number>>;
}>;

/** A hit of the rule at this position of the correlation's list. */
export type Pending = Readonly<{ position: number; signal: Signal }>;
/** What one event adds to one group. */
type Addition = { key: string; rules: number[]; values: Entry["values"]; pending: Pending };
/** An event put a window over the condition, or found it there: news for the stream, and for correlations above. */
export type Raised = Readonly<{ hits: readonly CorrelationHit[]; signal: Signal }>;

/**
 * What became of what an event brought to one correlation: not taken at all (`left`), or handed to the group of this
 * key. For explanations; nothing is made when nobody listens.
 */
export type TrackStep = Readonly<{ rule: CorrelationRule; positions: readonly number[]; signal: Signal }> &
  (
    | Readonly<{ kind: "left"; because: "no-group" | "no-value" | "known-burst" | "untimed" }>
    | Readonly<{ kind: "taken"; groupKey: string; entry: Entry; outcome: Outcome }>
  );

export type TrackOptions = Readonly<{
  openStore: OpenGroupStore;
  limits: StoreLimits;
  /** The stream's; a track moves `used` on. */
  time: { -readonly [Name in keyof StreamTime]: StreamTime[Name] };
  onLoss: ((loss: CorrelationLoss) => void) | undefined;
  onStep: ((step: TrackStep) => void) | undefined;
  onRaised: (rule: CorrelationRule, raised: Raised) => void;
}>;

/** One correlation at work: what events add to which of its groups, and what that leads to. */
export class Track {
  readonly rule: CorrelationRule;
  readonly #options: TrackOptions;
  readonly #limits: StoreLimits;
  readonly #store: GroupStore;
  readonly #losses: Record<LossReason, number>;
  /** What the event in hand brought it so far. */
  readonly #pending: Pending[] = [];
  readonly #onStep: TrackOptions["onStep"];
  readonly #departed = ({ reason, key, entries }: Departure): void => this.#lose(reason, { key, count: entries });

  constructor(rule: CorrelationRule, options: TrackOptions) {
    this.rule = rule;
    this.#options = options;
    this.#onStep = options.onStep;
    this.#limits = limitsFor(rule, options.limits);
    this.#store = options.openStore(rule, this.#limits);
    this.#losses = { late: 0, untimed: 0, ungrouped: 0, truncated: 0, evicted: 0, expired: 0 };
  }

  deal(pending: Pending): void {
    this.#pending.push(pending);
  }

  /** Brings what it was dealt into its groups. */
  take(event: SigmaEvent): void {
    if (this.#pending.length === 0) return;
    const additions = this.#additions();
    this.#pending.length = 0;
    if (additions.length === 0) return;
    if (!Number.isFinite(event.timeMs)) {
      this.#lose("untimed", { count: 1 });
      for (const { pending } of additions) this.#leave(pending, "untimed");
      return;
    }
    for (const addition of additions) this.#add(event, addition);
    this.#store.sweep(this.#options.time.clockMs, this.#departed);
  }

  /** One entry per group and event, however many of the referred rules matched. */
  #additions(): readonly Addition[] {
    const pending = this.#pending;
    const [only] = pending;
    if (pending.length === 1 && only !== undefined) {
      const addition = this.#addition(only);
      return addition === undefined ? [] : [addition];
    }
    const additions = new Map<string, Addition>();
    for (const one of pending.sort((left, right) => left.position - right.position)) {
      const addition = this.#addition(one);
      const known = addition === undefined ? undefined : additions.get(addition.key);
      if (known !== undefined) known.rules.push(one.position);
      else if (addition !== undefined) additions.set(addition.key, addition);
    }
    return [...additions.values()];
  }

  #addition(pending: Pending): Addition | undefined {
    const { correlation } = this.rule;
    const { position, signal } = pending;
    if (!signal.isNew && !correlation.type.startsWith("temporal")) return this.#leave(pending, "known-burst");
    const values = correlation.fields.length === 0 ? noValues : valuesFor(signal, correlation);
    if (correlation.fields.length > 0 && values.length === 0) return this.#leave(pending, "no-value");
    const key = keyOf(signal, correlation, correlation.rules[position] ?? "");
    if (key !== undefined) return { key, rules: [position], values, pending };
    this.#lose("ungrouped", { count: 1 });
    return this.#leave(pending, "no-group");
  }

  #leave({ position, signal }: Pending, because: Extract<TrackStep, { kind: "left" }>["because"]): undefined {
    this.#onStep?.({ kind: "left", because, rule: this.rule, positions: [position], signal });
  }

  #add(event: SigmaEvent, addition: Addition): void {
    const { key, rules, pending } = addition;
    const { time } = this.#options;
    time.used += 1;
    const { ids } = pending.signal;
    const entry: Entry = { timeMs: event.timeMs, rules, values: this.#bounded(addition), ids, covered: false };
    const outcome = this.#store.take(key, entry, { clockMs: time.clockMs, used: time.used });
    if (this.#onStep !== undefined) this.#onStep(this.#taken(addition, entry, outcome));
    if (outcome.kind === "late") {
      this.#lose("late", { key, count: 1 });
      return;
    }
    if (outcome.truncated > 0) this.#lose("truncated", { key, count: outcome.truncated });
    if (outcome.satisfied) this.#raise(event, addition, outcome.firings);
  }

  #taken({ key, rules, pending }: Addition, entry: Entry, outcome: Outcome): TrackStep {
    const groupKey = publicKey(this.rule.correlation, key);
    return { kind: "taken", rule: this.rule, positions: rules, signal: pending.signal, groupKey, entry, outcome };
  }

  #raise(event: SigmaEvent, { key, pending }: Addition, firings: Firings): void {
    const { correlation } = this.rule;
    const group = groupOf(pending.signal, correlation, correlation.rules[pending.position] ?? "");
    const about = { rule: this.rule, eventId: event.id, groupKey: publicKey(correlation, key), group };
    const hits = firings.map((firing): CorrelationHit => ({ ...about, ...firing }));
    const ids = hits.length === 0 ? [event.id] : [...new Set(hits.flatMap(({ eventIds }) => eventIds))];
    this.#options.onRaised(this.rule, { hits, signal: { fields: event.fields, group, ids, isNew: hits.length > 0 } });
  }

  /** One event with a list of a million values must not be held whole. */
  #bounded({ key, values }: Addition): Entry["values"] {
    const valuesMax = this.#limits.entriesPerGroupMax;
    if (values.length <= valuesMax) return values;
    this.#lose("truncated", { key, count: values.length - valuesMax });
    return values.slice(0, valuesMax);
  }

  #lose(reason: LossReason, { key, count }: Readonly<{ key?: string; count: number }>): void {
    this.#losses[reason] += count;
    const groupKey = key === undefined ? {} : { groupKey: publicKey(this.rule.correlation, key) };
    this.#options.onLoss?.({ reason, rule: this.rule, ...groupKey, count });
  }

  takeDirty(): Readonly<{ upserts: readonly StoredGroup[]; removals: readonly GroupName[] }> {
    const { upserts, removals } = this.#store.takeDirty();
    return {
      upserts: upserts.map(({ key, state }) => ({ ...this.#named(key), state })),
      removals: removals.map((key) => this.#named(key)),
    };
  }

  /** @returns those it cannot use */
  restore(stored: readonly StoredGroup[]): readonly RefusedGroup[] {
    const { correlation } = this.rule;
    const refused: RefusedGroup[] = [];
    const usable = new Map<string, StoredGroup>();
    for (const group of stored) {
      const { correlationId, groupKey } = group;
      const key = privateKey(correlation, groupKey);
      if (key === undefined) refused.push({ correlationId, groupKey, reason: "the correlation has changed" });
      else if (usable.has(key)) refused.push({ correlationId, groupKey, reason: "the group is there twice" });
      else usable.set(key, group);
    }
    const report = this.#store.restore([...usable].map(([key, { state }]) => ({ key, state })));
    const { time } = this.#options;
    time.used = Math.max(time.used, report.used);
    for (const { key, reason } of report.refused) {
      // As it was stored: whoever deletes what was refused must not hit another spelling of the same group.
      const groupKey = usable.get(key)?.groupKey ?? publicKey(correlation, key);
      refused.push({ correlationId: this.rule.key, groupKey, reason });
    }
    return refused;
  }

  #named(key: string): GroupName {
    return { correlationId: this.rule.key, groupKey: publicKey(this.rule.correlation, key) };
  }

  stats(): CorrelationStats {
    const { groups, entries } = this.#store;
    return { rule: this.rule, groups, entries, losses: { ...this.#losses } };
  }
}

type Firings = Extract<Outcome, { kind: "taken" }>["firings"];

const noValues: Entry["values"] = [];

/** A group must be able to hold what its own condition asks for. */
function limitsFor(rule: CorrelationRule, limits: StoreLimits): StoreLimits {
  const { condition } = rule.correlation;
  const asked = condition.kind === "number" ? Math.max(...condition.comparisons.map(({ operand }) => operand)) : 0;
  const isCount = rule.correlation.type.endsWith("_count");
  const needed = isCount ? Math.min(2 * Math.ceil(asked), limits.entriesMax) : 0;
  return { ...limits, entriesPerGroupMax: Math.max(limits.entriesPerGroupMax, needed) };
}
