import { isIPv6 } from "node:net";

export type BucketRule = Readonly<{ capacity: number; perSecond: number }>;

/** Buckets kept at once; beyond, the one unused for longest is forgotten (and with it at most one capacity of patience). */
const BUCKETS_MAX = 20_000;

/** One limit for many holders: each may spend `capacity` at once and gets `perSecond` back. */
export class TokenBuckets {
  readonly #rule: BucketRule;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(rule: BucketRule) {
    this.#rule = rule;
  }

  get size(): number {
    return this.#buckets.size;
  }

  #fill(holder: string, nowMs: number): number {
    const { capacity, perSecond } = this.#rule;
    const bucket = this.#buckets.get(holder);
    if (bucket === undefined) return capacity;
    return Math.min(capacity, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1_000) * perSecond);
  }

  /** Seconds until one token is there; 0 when there is one now. Takes nothing. */
  waitSeconds(holder: string, nowMs: number): number {
    const missing = 1 - this.#fill(holder, nowMs);
    return missing <= 0 ? 0 : Math.ceil(missing / this.#rule.perSecond);
  }

  /** Takes one token if there is one. @returns seconds to wait, 0 when it was taken */
  take(holder: string, nowMs: number): number {
    const wait = this.waitSeconds(holder, nowMs);
    if (wait > 0) return wait;
    const tokens = this.#fill(holder, nowMs) - 1;
    this.#buckets.delete(holder);
    this.#buckets.set(holder, { tokens, atMs: nowMs });
    if (this.#buckets.size > BUCKETS_MAX) this.#forgetOldest();
    return 0;
  }

  #forgetOldest(): void {
    for (const holder of this.#buckets.keys()) {
      this.#buckets.delete(holder);
      return;
    }
  }
}

/** One customer has one IPv4 address but a whole IPv6 /64: limits count the latter as one. */
export function holderOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address)) return address;
  const [left = "", right = ""] = (address.split("%")[0] ?? "").split("::");
  const head = left.split(":").filter((group) => group !== "");
  const tail = right.split(":").filter((group) => group !== "");
  const middle = address.includes("::") ? Array<string>(Math.max(0, 8 - head.length - tail.length)).fill("0") : [];
  const groups = [...head, ...middle, ...tail].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
