import { addressesOf, isSingle, knownPrefix, type Prefix } from "#govern";

/** What a client's own filter lets through. */
export type Takes = "all" | "addresses" | "ranges" | "none";
/** How a client can be told about blocks, and of which it wants to be told. */
export type Client = Readonly<{ protocol: "feed" | "crowdsec" | null; userAgent: string | null; takes: Takes }>;

/** At most this many addresses stand for one range: a /24 (IPv4) or a /120 (IPv6). */
const EXPANDED_MAX = 256;

/**
 * CrowdSec's firewall bouncer turns a range into its first address in nftables mode, without a word (its issues 396
 * and 412; seen with 0.0.25). It is told of single addresses only (ADR 0010).
 */
const SINGLE_ADDRESSES_ONLY = /^crowdsec-firewall-bouncer\b/i;

function expressesRanges({ protocol, userAgent }: Client): boolean {
  return protocol !== "crowdsec" || !SINGLE_ADDRESSES_ONLY.test(userAgent ?? "");
}

/** Two pulls are told the same of every block: what one was sent, a later one need not be sent again. */
export function toldAlike(one: Client, other: Client): boolean {
  return one.takes === other.takes && expressesRanges(one) === expressesRanges(other);
}

/** Why a client is not told of a block. */
export type Silence = "left_out_by_filter" | "cannot_express";

/** What is sent for one block, or why nothing is: the client asks without it, or would block something else. */
export function express(client: Client, value: string): readonly Prefix[] | Silence {
  const prefix = knownPrefix(value);
  const sent = inItsWords(client, prefix);
  if (sent === undefined) return client.takes === "none" ? "left_out_by_filter" : "cannot_express";
  const wanted = client.takes === "all" || client.takes === (sent.every(isSingle) ? "addresses" : "ranges");
  return wanted ? sent : "left_out_by_filter";
}

function inItsWords(client: Client, prefix: Prefix): readonly Prefix[] | undefined {
  if (isSingle(prefix) || expressesRanges(client)) return [prefix];
  const bits = prefix.version === 4 ? 32 : 128;
  return 2 ** (bits - prefix.length) <= EXPANDED_MAX ? addressesOf(prefix, EXPANDED_MAX) : undefined;
}
