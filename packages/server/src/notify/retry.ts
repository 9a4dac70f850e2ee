const FIRST_MS = 5_000;
const LONGEST_MS = 15 * 60_000;
/** Afterwards it is given up: who has to act learns of it from the page by then. */
const TRIED_FOR_MS = 24 * 3_600_000;

type Tried = Readonly<{ attempts: number; since: Date }>;
type Failed = Readonly<{ isFinal: boolean; retryAfterMs?: number }>;

/** Whether the time in which a message is tried is over. */
export function isTooOld({ since }: Pick<Tried, "since">, now: Date): boolean {
  return now.getTime() - since.getTime() > TRIED_FOR_MS;
}

/**
 * When to try again: 5 s after the first failure, three times as long after each, at most 15 minutes, or as the receiver asked;
 * undefined: not any more.
 *
 * @param spread from 0 to 1: spreads servers that failed together by a fifth either way
 */
export function nextAttempt(
  { attempts, since }: Tried,
  { isFinal, retryAfterMs = 0 }: Failed,
  { now, spread }: Readonly<{ now: Date; spread: number }>,
): Date | undefined {
  if (isFinal) return undefined;
  // Beyond seven the power is past the longest anyway.
  const backOff = Math.min(FIRST_MS * 3 ** Math.min(attempts - 1, 7), LONGEST_MS);
  const wait = Math.max(backOff * (0.8 + 0.4 * spread), retryAfterMs);
  const next = new Date(now.getTime() + Math.round(wait));
  return isTooOld({ since }, next) ? undefined : next;
}
