import type { Evaluator } from "../evaluate.ts";

/** Upper bounds of the histogram, milliseconds; whatever is above is counted in the last, open one. */
export const LATENCY_BOUNDS_MS = [0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 50, 200] as const;
/** Two looks at the clock take as long as a hundredth of an evaluation: one event in sixteen is timed. */
const ONE_IN = 16;

/** How long single events took to be evaluated, as sampled. */
export type LatencyReport = Readonly<{
  /** Events per bound, not summed up, and those above the last bound behind them. */
  counts: readonly number[];
  sumMs: number;
}>;

export type Latency = Readonly<{ timed(evaluator: Evaluator): Evaluator; report(): LatencyReport }>;

export function createLatency(nowMs: () => number = () => performance.now()): Latency {
  const counts = [...LATENCY_BOUNDS_MS.map(() => 0), 0];
  let sumMs = 0;
  let events = 0;
  const note = (tookMs: number): void => {
    const bound = LATENCY_BOUNDS_MS.findIndex((one) => tookMs <= one);
    const at = bound < 0 ? LATENCY_BOUNDS_MS.length : bound;
    counts[at] = (counts[at] ?? 0) + 1;
    sumMs += tookMs;
  };
  return {
    timed: (evaluator) => ({
      ...evaluator,
      evaluate(event) {
        events += 1;
        if (events % ONE_IN !== 0) return evaluator.evaluate(event);
        const beganMs = nowMs();
        const found = evaluator.evaluate(event);
        note(nowMs() - beganMs);
        return found;
      },
    }),
    report: () => ({ counts: [...counts], sumMs }),
  };
}
