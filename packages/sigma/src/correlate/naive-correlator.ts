import type { CorrelationRule } from "../rule.ts";
import type { Condition } from "../parse/condition.ts";
import type { SigmaEvent } from "../match/event.ts";
import type { CorrelationHit } from "./track.ts";

/**
 * The oracle of the correlator: the same policy by its definition. Keeps every entry as an object in plain lists and
 * judges every window from scratch, so it shares neither the storage, nor the counting, nor the judging of what it
 * checks. Without bounds; fields are flat texts and numbers.
 */
export class NaiveCorrelator {
  readonly #rules: readonly CorrelationRule[];
  readonly #allowedLatenessMs: number;
  readonly #groups = new Map<string, Item[]>();

  constructor(rules: readonly CorrelationRule[], allowedLatenessMs: number) {
    this.#rules = rules;
    this.#allowedLatenessMs = allowedLatenessMs;
  }

  /** @param matched keys of the rules that match the event */
  feed(event: SigmaEvent, matched: readonly string[]): readonly OracleHit[] {
    const hits: OracleHit[] = [];
    const signals = new Map<string, Sign[]>();
    for (const rule of matched) signals.set(rule, [{ group: {}, ids: [event.id], isNew: true }]);
    for (const rule of this.#rules) {
      for (const { key, item } of contributions(rule, event, signals)) {
        const outcome = this.#take(rule, key, item);
        if (outcome === undefined || !outcome.isMet) continue;
        const found = outcome.reported.map((window) => describe(rule, { window, key, eventId: event.id }));
        hits.push(...found);
        const ids = found.length === 0 ? [event.id] : [...new Set(found.flatMap(({ eventIds }) => eventIds))];
        const names = rule.correlation.groupBy;
        const group = Object.fromEntries((JSON.parse(key) as string[]).map((value, index) => [names[index], value]));
        const sign = { group, ids, isNew: found.length > 0 };
        signals.set(rule.key, [...(signals.get(rule.key) ?? []), sign]);
      }
    }
    return hits;
  }

  #take(rule: CorrelationRule, key: string, item: Item): Taken | undefined {
    const place = `${rule.key}\n${key}`;
    const items = this.#groups.get(place) ?? [];
    const newestMs = Math.max(...items.map(({ timeMs }) => timeMs));
    if (item.timeMs < newestMs - this.#allowedLatenessMs) return undefined;
    const after = items.findIndex(({ timeMs }) => timeMs > item.timeMs);
    const at = after === -1 ? items.length : after;
    items.splice(at, 0, item);
    const taken = judgeFrom(rule, items, at);
    const horizonMs = Math.max(newestMs, item.timeMs) - rule.correlation.spanMs - this.#allowedLatenessMs;
    this.#groups.set(
      place,
      items.filter(({ timeMs }) => timeMs >= horizonMs),
    );
    return taken;
  }
}

export type OracleHit = Pick<
  CorrelationHit,
  "eventId" | "groupKey" | "eventIds" | "eventCount" | "firstTimeMs" | "lastTimeMs" | "value"
> &
  Readonly<{ rule: string }>;

type Sign = Readonly<{ group: Readonly<Record<string, string>>; ids: readonly string[]; isNew: boolean }>;
type Item = {
  readonly timeMs: number;
  readonly rules: readonly number[];
  readonly values: readonly (string | number)[];
  readonly ids: readonly string[];
  isCovered: boolean;
};
type Taken = Readonly<{ isMet: boolean; reported: readonly (readonly Item[])[] }>;
type Contribution = Readonly<{ key: string; item: Item }>;

function contributions(
  { correlation }: CorrelationRule,
  event: SigmaEvent,
  signals: ReadonlyMap<string, readonly Sign[]>,
): readonly Contribution[] {
  const found = correlation.rules.flatMap((rule, position) =>
    (signals.get(rule) ?? []).flatMap((sign) => {
      if (!sign.isNew && !correlation.type.startsWith("temporal")) return [];
      const parts = correlation.groupBy.map(
        (name) => sign.group[name] ?? event.fields[correlation.aliases[name]?.[rule] ?? name],
      );
      const values = correlation.fields.map((field) => event.fields[field]);
      if (parts.includes(undefined) || values.includes(undefined)) return [];
      const key = JSON.stringify(parts.map((part) => String(part).toLowerCase()));
      return [{ key, position, ids: sign.ids, values: counted(correlation.type, values) }];
    }),
  );
  return [...Map.groupBy(found, ({ key }) => key)].flatMap(([key, [first, ...others]]) => {
    if (first === undefined) return [];
    const rules = [first, ...others].map(({ position }) => position);
    return [{ key, item: { timeMs: event.timeMs, rules, values: first.values, ids: first.ids, isCovered: false } }];
  });
}

function counted(type: string, values: readonly unknown[]): Item["values"] {
  if (type !== "value_count") return values.map(Number);
  return values.length === 0 ? [] : [values.map((value) => String(value).toLowerCase()).join("\n")];
}

/** Judges the edges an entry at a place can change, and says which bursts were not reported before. */
function judgeFrom(rule: CorrelationRule, items: readonly Item[], at: number): Taken {
  const { spanMs } = rule.correlation;
  const start = items[at]?.timeMs ?? 0;
  const edges = items.slice(at).filter(({ timeMs }) => timeMs <= start + spanMs);
  const windows = edges.map((edge, index) =>
    items.slice(0, at + index + 1).filter(({ timeMs }) => timeMs >= edge.timeMs - spanMs),
  );
  const met = windows.map((window) => isMet(rule, window));
  const runs = met.flatMap((one, index) => (one && met[index - 1] !== true ? [index] : []));
  const reported: (readonly Item[])[] = [];
  for (const first of runs) {
    const end = [...met, false].indexOf(false, first);
    const burst = edges.slice(first, end);
    const isKnown = [
      first === 0 && isCoveredNear(items[at - 1], edges[0], spanMs),
      end === edges.length && isCoveredNear(items[at + end], edges[end - 1], spanMs),
      burst.some(({ isCovered }) => isCovered),
    ];
    if (!isKnown.includes(true)) reported.push(windows[first] ?? []);
    for (const edge of burst) edge.isCovered = true;
  }
  return { isMet: met.includes(true), reported };
}

function isCoveredNear(one: Item | undefined, other: Item | undefined, spanMs: number): boolean {
  return one?.isCovered === true && other !== undefined && Math.abs(one.timeMs - other.timeMs) <= spanMs;
}

function describe(
  { key: rule, correlation }: CorrelationRule,
  { window, key, eventId }: Readonly<{ window: readonly Item[]; key: string; eventId: string }>,
): OracleHit {
  return {
    rule,
    eventId,
    groupKey: key,
    eventIds: [...new Set(window.flatMap(({ ids }) => ids))].slice(-100),
    eventCount: window.length,
    firstTimeMs: window[0]?.timeMs ?? 0,
    lastTimeMs: window.at(-1)?.timeMs ?? 0,
    value: amount(correlation, window),
  };
}

function amount({ type, percentile, rules }: CorrelationRule["correlation"], window: readonly Item[]): number {
  const numbers = window.flatMap(({ values }) => values.map(Number));
  const total = numbers.reduce((sum, number) => sum + number, 0);
  const sorted = numbers.toSorted((left, right) => left - right);
  const rank = (share: number): number => sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
  const amounts: Record<typeof type, () => number> = {
    event_count: () => window.length,
    value_count: () => new Set(window.flatMap(({ values }) => values)).size,
    temporal: () => new Set(window.flatMap((item) => item.rules)).size,
    temporal_ordered: () => inOrder(window, rules.length),
    value_sum: () => total,
    value_avg: () => total / numbers.length,
    value_percentile: () => rank(percentile / 100),
    value_median: () => (rank(0.5) + (sorted[Math.floor(sorted.length / 2)] ?? 0)) / 2,
  };
  return amounts[type]();
}

/** The longest row of rules in the order of the list, each on a later entry: tries every choice. */
function inOrder(window: readonly Item[], ruleCount: number): number {
  const longest = (from: number, rule: number): number => {
    let best = 0;
    for (let index = from; index < window.length; index += 1) {
      for (const next of window[index]?.rules ?? []) {
        if (next >= rule && next < ruleCount) best = Math.max(best, 1 + longest(index + 1, next + 1));
      }
    }
    return best;
  };
  return longest(0, 0);
}

function isMet(rule: CorrelationRule, window: readonly Item[]): boolean {
  const { condition, rules, type } = rule.correlation;
  if (condition.kind === "rules") {
    const seen = window.map((item) => item.rules.map((position) => rules[position] ?? ""));
    if (type === "temporal") return holds(condition.condition, new Set(seen.flat()));
    return ends(condition.condition, seen, 0).length > 0;
  }
  const value = amount(rule.correlation, window);
  if (condition.kind === "every") return value === rules.length;
  return condition.comparisons.every(
    ({ operator, operand }) =>
      ({
        gt: value > operand,
        gte: value >= operand,
        lt: value < operand,
        lte: value <= operand,
        eq: value === operand,
        neq: value !== operand,
      })[operator],
  );
}

function holds(condition: Condition, seen: ReadonlySet<string>): boolean {
  if (condition.kind === "name") return seen.has(condition.name);
  if (condition.kind === "not") return !holds(condition.part, seen);
  if (condition.kind === "and") return condition.parts.every((part) => holds(part, seen));
  return condition.kind === "or" && condition.parts.some((part) => holds(part, seen));
}

/** Every place after which the condition can be said to be over, having begun at or after `from`. */
function ends(condition: Condition, seen: readonly (readonly string[])[], from: number): readonly number[] {
  if (condition.kind === "name") {
    return seen.flatMap((names, index) => (index >= from && names.includes(condition.name) ? [index + 1] : []));
  }
  if (condition.kind === "not") return holds(condition.part, new Set(seen.flat())) ? [] : [from];
  if (condition.kind === "or") return condition.parts.flatMap((part) => ends(part, seen, from));
  if (condition.kind === "quantified") return [];
  let places: readonly number[] = [from];
  for (const part of condition.parts) {
    places = [...new Set(places.flatMap((place) => ends(part, seen, place)))];
  }
  return places;
}
