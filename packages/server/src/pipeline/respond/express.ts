import { addressesOf, isSingle, knownPrefix, type Prefix } from "#govern";

/** How a client can be told about blocks. */
export type Client = Readonly<{ protocol: "feed" | "crowdsec" | null; userAgent: string | null }>;

/** At most this many addresses stand for one range: a /24 (IPv4) or a /120 (IPv6). */
const EXPANDED_MAX = 256;

/**
 * CrowdSec's firewall bouncer turns a range into its first address in nftables mode, without a word (its issues 396
 * and 412; seen with 0.0.25). It is told of single addresses only (ADR 0010).
 */
const SINGLE_ADDRESSES_ONLY = /^crowdsec-firewall-bouncer\b/i;

export function expressesRanges({ protocol, userAgent }: Client): boolean {
  return protocol !== "crowdsec" || !SINGLE_ADDRESSES_ONLY.test(userAgent ?? "");
}

/** What is sent for one block, or undefined when the client cannot be told without blocking something else. */
export function express(client: Client, value: string): readonly Prefix[] | undefined {
  const prefix = knownPrefix(value);
  if (isSingle(prefix) || expressesRanges(client)) return [prefix];
  const bits = prefix.version === 4 ? 32 : 128;
  return 2 ** (bits - prefix.length) <= EXPANDED_MAX ? addressesOf(prefix, EXPANDED_MAX) : undefined;
}
