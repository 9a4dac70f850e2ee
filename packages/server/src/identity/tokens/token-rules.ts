import type { TokenAlgorithm, TokenKey } from "@tyr/contract";

/** Minutes an access token counts at most, and the least that may be configured (trust without asking us stays short). */
export const TOKEN_LIFE_MINUTES = { least: 5, most: 10 } as const;
/** Keys of RSA below this are not of 128 bits of strength (ASVS 5.0 11.2.3; NIST SP 800-57 part 1, table 2). */
export const RSA_BITS_LEAST = 3_072;
/** How far the clocks of two servers on one database, or of a verifier, may be apart. */
export const SKEW_SECONDS = 5;
/** How long verifiers may keep the published keys. */
export const JWKS_KEPT_SECONDS = 300;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A new key is published for so long before it signs: twice as long as verifiers keep what they read. */
export const PUBLISHED_AHEAD_MS = 2 * JWKS_KEPT_SECONDS * 1_000;
/** And for so long after it signed last: the longest life of a token, and a minute for clocks that differ. */
export const PUBLISHED_AFTER_MS = (TOKEN_LIFE_MINUTES.most + 1) * MINUTE_MS;

/** A family ends then, however often it is refreshed (RFC 9700 section 4.14.2; ASVS 5.0 10.4.8). */
export const FAMILY_LIFE_MS = 30 * DAY_MS;
/** A refresh token nobody used for so long is dead. */
export const REFRESH_IDLE_MS = 7 * DAY_MS;
/** Renewable families of one key; of one more the oldest ends, so that a client that crashes and begins anew is not shut out. */
export const FAMILIES_MAX = 50;
/** Families that are over stay in the list for so long; the log keeps them for good. */
export const FAMILY_KEPT_MS = 7 * DAY_MS;

export type KeyTimes = Readonly<{ kid: string; algorithm: TokenAlgorithm; created_at: Date; signs_from: Date }>;

function order(a: KeyTimes, b: KeyTimes): number {
  if (a.kid === b.kid) return 0;
  return a.signs_from.getTime() - b.signs_from.getTime() || (a.kid < b.kid ? -1 : 1);
}

/** The key that signs now: the newest whose time has come. */
export function signingKey<K extends KeyTimes>(keys: readonly K[], now: Date): K | undefined {
  return keys.toSorted(order).findLast((key) => key.signs_from <= now);
}

/** When a key has left for good; null while none follows it. */
function publishedUntil(key: KeyTimes, keys: readonly KeyTimes[]): Date | null {
  const next = keys.toSorted(order).find((other) => order(other, key) > 0);
  return next === undefined ? null : new Date(next.signs_from.getTime() + PUBLISHED_AFTER_MS);
}

/** Keys that verify now, and are published: those that sign later, the one that signs, those whose tokens may still live. */
export function publishedKeys<K extends KeyTimes>(keys: readonly K[], now: Date): readonly K[] {
  return keys
    .filter((key) => {
      const until = publishedUntil(key, keys);
      return until === null || until > now;
    })
    .toSorted(order);
}

/** Keys nothing is verified with any more. */
export function spentKeys<K extends KeyTimes>(keys: readonly K[], now: Date): readonly K[] {
  const published = new Set(publishedKeys(keys, now).map((key) => key.kid));
  return keys.filter((key) => !published.has(key.kid));
}

export function tokenKeyView(key: KeyTimes, keys: readonly KeyTimes[], now: Date): TokenKey {
  const until = publishedUntil(key, keys);
  const signs = signingKey(keys, now)?.kid === key.kid;
  const later = key.signs_from > now;
  return {
    kid: key.kid,
    algorithm: key.algorithm,
    state: signs ? "signing" : later ? "next" : "leaving",
    createdAt: key.created_at.toISOString(),
    signsFrom: key.signs_from.toISOString(),
    publishedUntil: until?.toISOString() ?? null,
  };
}
