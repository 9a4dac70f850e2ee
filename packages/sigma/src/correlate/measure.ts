import type { Condition } from "../parse/condition.ts";
import type { Comparison, CorrelationSpec } from "../parse/correlation.ts";
import type { Span } from "./entry.ts";
import type { EntryStore } from "./entry-store.ts";

/** A window and what is known of it without looking at its entries. */
export type Window = Span &
  Readonly<{
    /** Entries in it. */
    count: number;
    /** Different values or rules in it; 0 for types that do not count them. */
    distinct: number;
    /** Whether a rule, by its position, was seen in it; only asked by the temporal types. */
    isSeen: (rule: number) => boolean;
  }>;

/** What a window amounts to where it meets the condition; undefined where it does not. */
export type Judge = (window: Window) => number | undefined;

/**
 * The judge of one correlation. Counts are at hand; sums and orders are worked out from the window itself, so that no
 * rounding error of earlier windows survives in them (a restart must not change a result).
 */
export function createJudge(spec: CorrelationSpec, entries: EntryStore): Judge {
  const measure = createMeasure(spec, entries);
  const { condition } = spec;
  if (condition.kind === "rules") return judgeByRules(spec, { condition: condition.condition, entries, measure });
  if (condition.kind === "every") {
    const wanted = spec.rules.length;
    return (window) => {
      // An order needs every rule too, and looking at it costs a walk over the window.
      if (window.distinct < wanted) return undefined;
      const value = measure(window);
      return value >= wanted ? value : undefined;
    };
  }
  const tests = condition.comparisons.map(({ operator, operand }) => comparing[operator](operand));
  return (window) => {
    const value = measure(window);
    for (const test of tests) if (!test(value)) return undefined;
    return value;
  };
}

type Measure = (window: Window) => number;

/** What is compared in a window, whether or not it meets the condition. */
export function createMeasure(spec: CorrelationSpec, entries: EntryStore): Measure {
  return measures[spec.type](spec, entries);
}

const measures: Readonly<Record<CorrelationSpec["type"], (spec: CorrelationSpec, entries: EntryStore) => Measure>> = {
  event_count: () => (window) => window.count,
  value_count: () => (window) => window.distinct,
  temporal: () => (window) => window.distinct,
  temporal_ordered: (spec, entries) => (window) => longestInOrder(entries, window, spec.rules.length),
  value_sum: (_, entries) => (window) => sum(numbersOf(entries, window)),
  value_avg: (_, entries) => (window) => average(numbersOf(entries, window)),
  value_percentile: (spec, entries) => (window) => nearestRank(numbersOf(entries, window), spec.percentile),
  value_median: (_, entries) => (window) => median(numbersOf(entries, window)),
};

function numbersOf(entries: EntryStore, { from, to }: Span): number[] {
  const numbers: number[] = [];
  for (let entry = from; entry !== 0; entry = entry === to ? 0 : entries.next(entry)) entries.numbers(entry, numbers);
  return numbers;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function average(numbers: readonly number[]): number {
  return sum(numbers) / numbers.length;
}

function nearestRank(numbers: number[], percentile: number): number {
  const sorted = numbers.sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil((percentile / 100) * sorted.length) - 1)] ?? 0;
}

function median(numbers: number[]): number {
  const sorted = numbers.sort((left, right) => left - right);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

/**
 * The most rules seen in the order of the list, each on an event of its own. Rules are taken from last to first, so one
 * event cannot be two steps.
 */
function longestInOrder(entries: EntryStore, { from, to }: Span, ruleCount: number): number {
  const best = new Uint8Array(ruleCount);
  for (let entry = from; entry !== 0; entry = entry === to ? 0 : entries.next(entry)) {
    for (let rule = ruleCount - 1; rule >= 0; rule -= 1) {
      if (!entries.hasRule(entry, rule)) continue;
      let before = 0;
      for (let earlier = 0; earlier < rule; earlier += 1) before = Math.max(before, best[earlier] ?? 0);
      best[rule] = Math.max(best[rule] ?? 0, before + 1);
    }
  }
  return Math.max(...best);
}

const comparing: Readonly<Record<Comparison["operator"], (operand: number) => (value: number) => boolean>> = {
  gt: (operand) => (value) => value > operand,
  gte: (operand) => (value) => value >= operand,
  lt: (operand) => (value) => value < operand,
  lte: (operand) => (value) => value <= operand,
  eq: (operand) => (value) => value === operand,
  neq: (operand) => (value) => value !== operand,
};

type Extended = Readonly<{ condition: Condition; entries: EntryStore; measure: Measure }>;

function judgeByRules(spec: CorrelationSpec, { condition, entries, measure }: Extended): Judge {
  const positions = new Map(spec.rules.map((rule, index) => [rule, index]));
  const isOrdered = spec.type === "temporal_ordered";
  return (window) => {
    const search = { window, positions, entries, after: window.from };
    const isMet = isOrdered ? follow(condition, search) !== undefined : isSeen(condition, search);
    return isMet ? measure(window) : undefined;
  };
}

/** `after`: the first entry that may still be used; 0 when there is none left. */
type Search = Readonly<{
  window: Window;
  positions: ReadonlyMap<string, number>;
  entries: EntryStore;
  after: number;
}>;

/** Extended condition without order: which rules were seen in the window at all. */
function isSeen(condition: Condition, search: Search): boolean {
  if (condition.kind === "name") {
    const position = search.positions.get(condition.name);
    return position !== undefined && search.window.isSeen(position);
  }
  if (condition.kind === "not") return !isSeen(condition.part, search);
  if (condition.kind === "and") return condition.parts.every((part) => isSeen(part, search));
  return condition.kind === "or" && condition.parts.some((part) => isSeen(part, search));
}

/**
 * Extended condition with order: the parts of an `and` one after the other as written, the earliest part of an `or`; a
 * `not` means nowhere in the window.
 *
 * @returns the first entry after the last one used (0 at the end of the window), or undefined
 */
function follow(condition: Condition, search: Search): number | undefined {
  if (condition.kind === "name") return firstSeen(condition.name, search);
  if (condition.kind === "not") return isSeen(condition.part, search) ? undefined : search.after;
  if (condition.kind === "quantified") return undefined;
  if (condition.kind === "or") return earliest(condition.parts, search);
  let after: number | undefined = search.after;
  for (const part of condition.parts) after = after === undefined ? undefined : follow(part, { ...search, after });
  return after;
}

/** Of the parts that hold, where the one that ends first ends. */
function earliest(parts: readonly Condition[], search: Search): number | undefined {
  const ends = new Set(parts.map((part) => follow(part, search)));
  const { entries, window } = search;
  for (let entry = search.after; entry !== 0; entry = entry === window.to ? 0 : entries.next(entry)) {
    if (ends.has(entry)) return entry;
  }
  return ends.has(0) ? 0 : undefined;
}

function firstSeen(name: string, { window, positions, entries, after }: Search): number | undefined {
  const position = positions.get(name);
  if (position === undefined || !window.isSeen(position)) return undefined;
  for (let entry = after; entry !== 0; entry = entry === window.to ? 0 : entries.next(entry)) {
    if (entries.hasRule(entry, position)) return entry === window.to ? 0 : entries.next(entry);
  }
  return undefined;
}
