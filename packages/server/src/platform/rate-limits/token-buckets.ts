import type { Clock } from "#platform/clock";
import type { BucketRule, RateLimits, Spending } from "./rate-limits.ts";

/** Buckets kept at once; beyond, the one unused for longest is forgotten (and with it at most one capacity of patience). */
const BUCKETS_MAX = 20_000;

type Bucket = Readonly<{ tokens: number; atMs: number }>;

function filled(bucket: Bucket | undefined, { capacity, perSecond }: BucketRule, nowMs: number): number {
  if (bucket === undefined) return capacity;
  return Math.min(capacity, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1_000) * perSecond);
}

/** Rate limits of one process. Each class has room of its own: a flood of addresses forgets no account's bucket. */
export class TokenBuckets implements RateLimits {
  readonly #clock: Clock;
  readonly #classes = new Map<string, Map<string, Bucket>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Buckets kept of one class. */
  sizeOf(limit: string): number {
    return this.#classes.get(limit)?.size ?? 0;
  }

  async take(spending: Spending): Promise<number> {
    return this.#take(spending, this.#clock.now().getTime());
  }

  #take({ limit, holder, rule }: Spending, nowMs: number): number {
    const buckets = this.#classes.get(limit) ?? new Map<string, Bucket>();
    this.#classes.set(limit, buckets);
    const tokens = filled(buckets.get(holder), rule, nowMs);
    if (tokens < 1) return Math.ceil((1 - tokens) / rule.perSecond);
    // Set anew, so that the order of the map is the order of use.
    buckets.delete(holder);
    buckets.set(holder, { tokens: tokens - 1, atMs: nowMs });
    if (buckets.size > BUCKETS_MAX) forgetOldest(buckets);
    return 0;
  }
}

function forgetOldest(buckets: Map<string, Bucket>): void {
  for (const holder of buckets.keys()) {
    buckets.delete(holder);
    return;
  }
}
