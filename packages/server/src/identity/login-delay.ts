const FREE_FAILURES = 5;
const DELAY_MAX_SECONDS = 900;

/**
 * Seconds an account waits after this many failures in a row: from the 6th, 1 s doubling to 15 min. It is never locked
 * for good, so that nobody can shut its owner out by failing on purpose.
 */
export function delayAfter(failures: number): number {
  return failures <= FREE_FAILURES ? 0 : Math.min(2 ** (failures - FREE_FAILURES - 1), DELAY_MAX_SECONDS);
}

/** Failures are forgotten after a day without any. */
export const FAILURES_KEPT_MS = 24 * 3_600_000;
