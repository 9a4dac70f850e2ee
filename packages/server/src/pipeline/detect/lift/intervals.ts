/** Running mean and spread of the times between things that happen, in constant space (Welford's method). */
export type Intervals = Readonly<{
  /** Intervals seen: one less than things. */
  count: number;
  /** Seconds. */
  mean: number;
  /** Sum of squared differences from the mean. */
  squares: number;
  /** When the newest of them happened, milliseconds. */
  lastMs: number;
}>;

export function firstAt(lastMs: number): Intervals {
  return { count: 0, mean: 0, squares: 0, lastMs };
}

/** What comes with an older time than what came before tells nothing about a rhythm and is left out. */
export function another(before: Intervals, atMs: number): Intervals {
  if (atMs < before.lastMs) return before;
  const interval = (atMs - before.lastMs) / 1_000;
  const count = before.count + 1;
  const mean = before.mean + (interval - before.mean) / count;
  return { count, mean, squares: before.squares + (interval - before.mean) * (interval - mean), lastMs: atMs };
}

/** Coefficient of variation: standard deviation of all intervals over their mean; 0 where all are alike, even at once. */
export function variation({ count, mean, squares }: Intervals): number {
  return count === 0 || mean === 0 ? 0 : Math.sqrt(squares / count) / mean;
}
