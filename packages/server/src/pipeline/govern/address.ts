import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { ok, refuse, type Result } from "@tyr/contract";

/**
 * An address or prefix in its one canonical form. `first` is the lowest address in 128 bits, IPv4 in the mapped
 * space ::ffff:0:0/96, so that both families compare with one rule.
 */
export type Prefix = Readonly<{
  /** `198.51.100.9`, `198.51.100.0/24`, `2001:db8::/48`: host bits zeroed, no length for a single address, RFC 5952. */
  text: string;
  version: 4 | 6;
  /** Length in its own family: 0 to 32 or 0 to 128. */
  length: number;
  first: bigint;
}>;

const MAPPED = 0xffffn << 32n;
const LONGEST = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128".length;

function refused(text: string, why: string): Result<never> {
  return refuse("TARGET_INVALID", `"${text.slice(0, LONGEST)}" ${why}`);
}

function toBits(bytes: readonly number[]): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Bits of a prefix in the shared 128-bit space. */
export function depth({ version, length }: Pick<Prefix, "version" | "length">): number {
  return version === 4 ? length + 96 : length;
}

export function isSingle(prefix: Prefix): boolean {
  return depth(prefix) === 128;
}

function textOf(first: bigint, version: 4 | 6): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => String((first >> shift) & 0xffn)).join(".");
  const parts = Array.from({ length: 8 }, (_none, at) => Number((first >> BigInt(112 - at * 16)) & 0xffffn));
  return new ipaddr.IPv6(parts).toRFC5952String();
}

/** The prefix of this depth around an address; host bits are zeroed, the mapped space becomes IPv4. */
export function prefixAt(address: bigint, bits: number): Prefix {
  const host = BigInt(128 - bits);
  const first = (address >> host) << host;
  const version = bits >= 96 && first >> 32n === 0xffffn ? 4 : 6;
  const length = version === 4 ? bits - 96 : bits;
  const suffix = bits === 128 ? "" : `/${length}`;
  return { text: `${textOf(first, version)}${suffix}`, version, length, first };
}

/** RFC 4291, 2.5.5.1. Another address than the IPv4 it shows, though readers of ours take it for that one. */
const COMPATIBLE = /^::\d+\.\d+\.\d+\.\d+$/;

/**
 * Reads an address or prefix strictly and returns its canonical form. Refused, each with its reason: names, leading
 * zeroes, zone ids, netmasks, ports, white space, shortened IPv4. IPv4-mapped IPv6 becomes the IPv4 it means, so one
 * target has one spelling and no rule about it can be walked around.
 */
export function parsePrefix(text: string): Result<Prefix> {
  if (text.length > LONGEST) return refused(text, "is too long for an address or prefix");
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  if (address.includes("%")) return refused(text, "has a zone id, which means something on one host only");
  const version = isIP(address);
  if (version === 0) return refused(text, "is not an IPv4 or IPv6 address or prefix (no names, no leading zeroes)");
  if (COMPATIBLE.test(address))
    return refused(
      text,
      "is an IPv4-compatible address, which nothing has any more: write the IPv4 address, or it in hexadecimal",
    );
  const bits = version === 4 ? 32 : 128;
  const length = slash < 0 ? String(bits) : text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > bits)
    return refused(text, `has no prefix length from 0 to ${bits} after the slash`);
  const raw = toBits(ipaddr.parse(address).toByteArray());
  return version === 4 ? ok(prefixAt(raw | MAPPED, Number(length) + 96)) : ok(prefixAt(raw, Number(length)));
}

/** For constants of ours and values that were canonical when they were stored. */
export function knownPrefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new TypeError(parsed.refusal.detail);
  return parsed.value;
}

/** True when every address of `inner` is in `outer`. */
export function contains(outer: Prefix, inner: Prefix): boolean {
  const host = BigInt(128 - depth(outer));
  return depth(outer) <= depth(inner) && outer.first >> host === inner.first >> host;
}

/** True when they share an address: either contains the other. Checking one direction misses the wider target. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  return contains(a, b) || contains(b, a);
}

/** How many addresses, as decimal text: an IPv6 prefix holds more than a number can. */
export function addressCount(prefix: Prefix): string {
  return String(1n << BigInt(128 - depth(prefix)));
}

/** Every address of a prefix, lowest first; only for prefixes of at most `max` addresses. */
export function addressesOf(prefix: Prefix, max: number): readonly Prefix[] {
  const count = 1n << BigInt(128 - depth(prefix));
  if (count > BigInt(max)) throw new RangeError(`${prefix.text} holds more than ${max} addresses`);
  return Array.from({ length: Number(count) }, (_none, at) => prefixAt(prefix.first + BigInt(at), 128));
}
