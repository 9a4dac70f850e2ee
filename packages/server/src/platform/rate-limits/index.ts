export type { BucketRule, RateLimits, Spending } from "./rate-limits.ts";
export { TokenBuckets } from "./token-buckets.ts";
