const FREE_FAILURES = 5;
const DELAY_MAX_SECONDS = 900;

/** Consecutive failures after which no password counts any more (NIST SP 800-63B-4, section 3.2.2: no more than 100). */
export const FAILURES_MAX = 100;

/**
 * Seconds an account waits after this many failures in a row: from the 6th, 1 s doubling to 15 min. Its owner is never shut
 * out for good by somebody who fails on purpose: their own browser counts apart, and a passkey does not count at all.
 */
export function delayAfter(failures: number): number {
  return failures <= FREE_FAILURES ? 0 : Math.min(2 ** (failures - FREE_FAILURES - 1), DELAY_MAX_SECONDS);
}

/** Failures are forgotten after a day without any, but for those that stopped an account. */
export const FAILURES_KEPT_MS = 24 * 3_600_000;
