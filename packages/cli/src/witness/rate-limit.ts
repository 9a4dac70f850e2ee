import { isIPv6 } from "node:net";

export type RateLimit = Readonly<{
  /** Whether one more request of this address may pass now. @param now milliseconds since 1970 */
  allows(address: string, now: number): boolean;
}>;

/** One customer has a whole /64 of IPv6 addresses: they are counted as one. */
function holderOf(address: string): string {
  const [plain = ""] = address.replace(/^::ffff:(?=\d+\.)/i, "").split("%");
  if (!isIPv6(plain)) return plain;
  const [left = "", right] = plain.split("::");
  const groups = (text: string): string[] => text.split(":").filter((group) => group !== "");
  const [head, tail] = [groups(left), groups(right ?? "")];
  const middle = right === undefined ? [] : Array<string>(Math.max(0, 8 - head.length - tail.length)).fill("0");
  return [...head, ...middle, ...tail].slice(0, 4).join(":");
}

/** Addresses remembered at once: some hundred kilobytes. */
const ADDRESSES_MAX = 4096;
const MINUTE_MS = 60_000;

type Bucket = { tokens: number; at: number };

/**
 * A bucket of tokens per address, filled evenly. When too many addresses ask, the ones that asked longest ago are forgotten;
 * that gives an attacker with many addresses a full bucket each, which the limit for all together (eight times) bounds.
 */
export function limitRate(perMinute: number): RateLimit {
  const buckets = new Map<string, Bucket>();
  const all: Bucket = { tokens: perMinute * 8, at: 0 };
  const take = (bucket: Bucket, limit: number, now: number): boolean => {
    const filled = (Math.max(0, now - bucket.at) * limit) / MINUTE_MS;
    bucket.tokens = Math.min(limit, bucket.tokens + filled);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
  return {
    allows(address, now) {
      const holder = holderOf(address);
      const bucket = buckets.get(holder) ?? { tokens: perMinute, at: now };
      buckets.delete(holder);
      buckets.set(holder, bucket);
      const [oldest] = buckets.keys();
      if (buckets.size > ADDRESSES_MAX && oldest !== undefined) buckets.delete(oldest);
      return take(bucket, perMinute, now) && take(all, perMinute * 8, now);
    },
  };
}
