import type { CorrelationSpec } from "../parse/correlation.ts";
import type { Entry } from "./entry.ts";
import { EntryStore } from "./entry-store.ts";
import type { Firing, Outcome } from "./group.ts";
import { createJudge, createMeasure, type Window } from "./measure.ts";

/** A window of one group as it stood when it was judged, for people. */
export type ShownWindow = Readonly<{
  /** Both included, milliseconds since 1970. */
  fromMs: number;
  toMs: number;
  eventCount: number;
  /** What the condition compares: a count, a number of rules, a sum … */
  value: number;
  isMet: boolean;
  /** Every rule referred to, in the order of the list, and the events it was seen on. */
  rules: readonly Readonly<{ rule: string; eventCount: number }>[];
  /** The values counted or calculated with, in order of first appearance, at most `shownValuesMax`. */
  values: readonly Readonly<{ value: string | number; eventCount: number }>[];
  /** Different values, also those not listed. */
  distinctValues: number;
}>;

const shownValuesMax = 20;

/** The entries of each group as the store has them, in lists that can be looked at. */
export class GroupLog {
  readonly #spec: CorrelationSpec;
  readonly #allowedLatenessMs: number;
  readonly #groups = new Map<string, Entry[]>();

  constructor(spec: CorrelationSpec, allowedLatenessMs: number) {
    this.#spec = spec;
    this.#allowedLatenessMs = allowedLatenessMs;
  }

  newestMs(key: string): number | undefined {
    return this.#groups.get(key)?.at(-1)?.timeMs;
  }

  drop(key: string): void {
    this.#groups.delete(key);
  }

  /** @returns the window reported; or the first with this entry that meets the condition; or the one that ends with it */
  take(key: string, entry: Entry, outcome: Extract<Outcome, { kind: "taken" }>): ShownWindow {
    const entries = this.#groups.get(key) ?? [];
    const at = entries.findLastIndex(({ timeMs }) => timeMs <= entry.timeMs) + 1;
    entries.splice(at, 0, entry);
    const shown = this.#shown(entries, at, outcome.firings[0]);
    this.#groups.set(key, this.#trimmed(entries, outcome.truncated));
    return shown;
  }

  #shown(entries: readonly Entry[], at: number, firing: Firing | undefined): ShownWindow {
    const { spanMs } = this.#spec;
    const times = entries.map(({ timeMs }) => timeMs);
    const [startMs = 0] = times.slice(at);
    const after = times.findIndex((timeMs) => timeMs > startMs + spanMs);
    const windows = times.slice(at, after === -1 ? times.length : after).map((toMs, index) => {
      const window = entries.slice(0, at + index + 1).filter(({ timeMs }) => timeMs >= toMs - spanMs);
      return showWindow(this.#spec, window, toMs);
    });
    const wanted = windows.find((shown) => (firing === undefined ? shown.isMet : isThat(shown, firing)));
    return wanted ?? windows[0] ?? showWindow(this.#spec, [], startMs);
  }

  /** As `GroupWindows` forgets: what no window can need, then what the bounds did not allow. */
  #trimmed(entries: Entry[], truncated: number): Entry[] {
    const horizonMs = (entries.at(-1)?.timeMs ?? 0) - this.#spec.spanMs - this.#allowedLatenessMs;
    return entries.filter(({ timeMs }) => timeMs >= horizonMs).slice(truncated);
  }
}

function isThat({ toMs, eventCount }: ShownWindow, { lastTimeMs, eventCount: reported }: Firing): boolean {
  return toMs === lastTimeMs && eventCount === reported;
}

/** Measured and judged by the engine's own code, over a store that holds nothing else. */
function showWindow(spec: CorrelationSpec, window: readonly Entry[], toMs: number): ShownWindow {
  const store = new EntryStore(spec);
  const numbers = window.map((entry) => store.add(entry));
  for (const [index, number] of numbers.entries()) store.setNext(number, numbers[index + 1] ?? 0);
  const rules = spec.rules.map((rule, position) => ({
    rule,
    eventCount: window.filter((entry) => entry.rules.includes(position)).length,
  }));
  const values = Map.groupBy(
    window.flatMap((entry) => entry.values),
    (value) => value,
  );
  const seen = rules.filter(({ eventCount }) => eventCount > 0).length;
  const judged: Window = {
    from: numbers[0] ?? 0,
    to: numbers.at(-1) ?? 0,
    count: window.length,
    distinct: spec.type === "value_count" ? values.size : seen,
    isSeen: (position) => (rules[position]?.eventCount ?? 0) > 0,
  };
  return {
    fromMs: toMs - spec.spanMs,
    toMs,
    eventCount: window.length,
    value: createMeasure(spec, store)(judged),
    isMet: createJudge(spec, store)(judged) !== undefined,
    rules,
    values: [...values].slice(0, shownValuesMax).map(([value, same]) => ({ value, eventCount: same.length })),
    distinctValues: values.size,
  };
}
