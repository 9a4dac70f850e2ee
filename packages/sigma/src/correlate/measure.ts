import type { Condition } from "../parse/condition.ts";
import type { Comparison, CorrelationSpec, CorrelationType } from "../parse/correlation.ts";
import type { Entry, Span } from "./entry.ts";

/** What a window amounts to, and whether that meets the condition. */
export type Measure = Readonly<{ value: number; satisfied: boolean }>;

/**
 * Follows a sliding window. Counts are kept up to date as entries come and go; sums and orders are worked out from the
 * window itself, so that no rounding error of earlier windows survives in them (a restart must not change a result).
 */
export interface Tally {
  add(entry: Entry): void;
  remove(entry: Entry): void;
  value(window: Span): number;
}

export function createTally(spec: CorrelationSpec): Tally {
  if (spec.type === "event_count") return new EventCount();
  if (spec.type === "value_count") return new Distinct((entry) => entry.values);
  if (spec.type === "temporal") return new Distinct((entry) => entry.rules);
  const calculate = calculations[spec.type];
  return { add: () => undefined, remove: () => undefined, value: (window) => calculate(window, spec) };
}

class EventCount implements Tally {
  #count = 0;
  add(): void {
    this.#count += 1;
  }
  remove(): void {
    this.#count -= 1;
  }
  value(): number {
    return this.#count;
  }
}

/** Counts references per value, so that adding and removing an event costs the same at any number of values. */
class Distinct implements Tally {
  readonly #read: (entry: Entry) => readonly (string | number)[];
  readonly #references = new Map<string | number, number>();
  constructor(read: (entry: Entry) => readonly (string | number)[]) {
    this.#read = read;
  }
  add(entry: Entry): void {
    for (const value of this.#read(entry)) this.#references.set(value, (this.#references.get(value) ?? 0) + 1);
  }
  remove(entry: Entry): void {
    for (const value of this.#read(entry)) {
      const left = (this.#references.get(value) ?? 0) - 1;
      if (left > 0) this.#references.set(value, left);
      else this.#references.delete(value);
    }
  }
  value(): number {
    return this.#references.size;
  }
}

type Calculated = Exclude<CorrelationType, "event_count" | "value_count" | "temporal">;

const calculations: Readonly<Record<Calculated, (window: Span, spec: CorrelationSpec) => number>> = {
  temporal_ordered: (window, spec) => longestInOrder(window, spec.rules.length),
  value_sum: (window) => sum(numbersOf(window)),
  value_avg: (window) => {
    const numbers = numbersOf(window);
    return sum(numbers) / numbers.length;
  },
  value_percentile: (window, spec) => {
    const sorted = numbersOf(window).sort((left, right) => left - right);
    return sorted[Math.max(0, Math.ceil((spec.percentile / 100) * sorted.length) - 1)] ?? 0;
  },
  value_median: (window) => {
    const sorted = numbersOf(window).sort((left, right) => left - right);
    const middle = sorted.length / 2;
    return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
  },
};

function numbersOf({ entries, from, to }: Span): number[] {
  const numbers: number[] = [];
  for (let index = from; index < to; index += 1) {
    for (const value of entries[index]?.values ?? []) if (typeof value === "number") numbers.push(value);
  }
  return numbers;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/**
 * The most rules seen in the order of the list, each on an event of its own. Rules are taken from last to first, so one
 * event cannot be two steps.
 */
function longestInOrder({ entries, from, to }: Span, ruleCount: number): number {
  const best = Array.from({ length: ruleCount }, () => 0);
  for (let index = from; index < to; index += 1) {
    const rules = entries[index]?.rules ?? [];
    for (let at = rules.length - 1; at >= 0; at -= 1) {
      const rule = rules[at] ?? 0;
      let before = 0;
      for (let earlier = 0; earlier < rule; earlier += 1) before = Math.max(before, best[earlier] ?? 0);
      best[rule] = Math.max(best[rule] ?? 0, before + 1);
    }
  }
  return Math.max(...best);
}

/** Judges a window by the correlation's condition. */
export function measure(spec: CorrelationSpec, tally: Tally, window: Span): Measure {
  const { condition } = spec;
  const value = tally.value(window);
  if (condition.kind === "every") return { value, satisfied: value >= spec.rules.length };
  if (condition.kind === "number") return { value, satisfied: condition.comparisons.every((one) => holds(one, value)) };
  const positions = new Map(spec.rules.map((rule, index) => [rule, index]));
  const satisfied =
    spec.type === "temporal_ordered"
      ? follow(condition.condition, { window, positions, after: window.from }) !== undefined
      : isSeen(condition.condition, { window, positions, after: window.from });
  return { value, satisfied };
}

const comparisons: Readonly<Record<Comparison["operator"], (value: number, operand: number) => boolean>> = {
  gt: (value, operand) => value > operand,
  gte: (value, operand) => value >= operand,
  lt: (value, operand) => value < operand,
  lte: (value, operand) => value <= operand,
  eq: (value, operand) => value === operand,
  neq: (value, operand) => value !== operand,
};

function holds(comparison: Comparison, value: number): boolean {
  return comparisons[comparison.operator](value, comparison.operand);
}

type Search = Readonly<{ window: Span; positions: ReadonlyMap<string, number>; after: number }>;

/** Extended condition without order: which rules were seen in the window at all. */
function isSeen(condition: Condition, search: Search): boolean {
  if (condition.kind === "name") return firstSeen(condition.name, search) !== undefined;
  if (condition.kind === "not") return !isSeen(condition.part, search);
  if (condition.kind === "and") return condition.parts.every((part) => isSeen(part, search));
  return condition.kind === "or" && condition.parts.some((part) => isSeen(part, search));
}

/**
 * Extended condition with order: the parts of an `and` one after the other as written, the earliest part of an `or`; a
 * `not` means nowhere in the window.
 *
 * @returns the position after the last event used, or undefined
 */
function follow(condition: Condition, search: Search): number | undefined {
  if (condition.kind === "name") return firstSeen(condition.name, search);
  if (condition.kind === "not") {
    return isSeen(condition.part, { ...search, after: search.window.from }) ? undefined : search.after;
  }
  if (condition.kind === "or") {
    const ends = condition.parts.map((part) => follow(part, search)).filter((end) => end !== undefined);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }
  if (condition.kind === "quantified") return undefined;
  let after: number | undefined = search.after;
  for (const part of condition.parts) after = after === undefined ? undefined : follow(part, { ...search, after });
  return after;
}

function firstSeen(name: string, { window, positions, after }: Search): number | undefined {
  const position = positions.get(name);
  if (position === undefined) return undefined;
  for (let index = after; index < window.to; index += 1) {
    if (window.entries[index]?.rules.includes(position) === true) return index + 1;
  }
  return undefined;
}
