/** Each holder may spend `capacity` at once and gets `perSecond` back, up to `capacity`. */
export type BucketRule = Readonly<{ capacity: number; perSecond: number }>;

/** `limit` names the class, `holder` whose bucket it is: an address, an account, a key. */
export type Spending = Readonly<{ limit: string; holder: string; rule: BucketRule }>;

/**
 * Limits that many requests share. In one process they are counted in memory; where several processes answer, a store
 * they share can stand behind this: one read and write per call, atomic per bucket, by the time of the store.
 *
 * `take` takes one token and gives 0, or takes nothing and gives the whole seconds until one is there. It rejects when
 * the store does not answer: whoever asks then refuses, and never lets through what it could not count.
 */
export type RateLimits = Readonly<{ take(spending: Spending): Promise<number> }>;
