import { isIP, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * Whose X-Forwarded-For is believed: nobody's, that of whoever connects (`true`, for one proxy that alone can reach us),
 * or that of these addresses and prefixes, however many of them stand in a row.
 */
export type TrustedProxies = boolean | readonly string[];

/** More hops than any real chain of proxies; the rest is somebody's invention. */
const HOPS_MAX = 16;

/** One spelling per address: an IPv4 address that came over an IPv6 socket is an IPv4 address. */
export function plainAddress(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** Some gateways add the port: `198.51.100.9:4711`, `[2001:db8::1]:4711`. Anything that is no address is undefined. */
function addressIn(text: string): string | undefined {
  const bare =
    /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 || bare.includes("%") ? undefined : plainAddress(bare);
}

function isWithin(address: string, prefix: string): boolean {
  const [network = "", length] = prefix.split("/");
  const [one, other] = [ipaddr.parse(address), ipaddr.parse(network)];
  if (one.kind() !== other.kind()) return false;
  return one.match(other, length === undefined ? other.toByteArray().length * 8 : Number(length));
}

/** True when what this peer says of where a request came from is believed. */
export function isTrustedProxy(peer: string, trusted: TrustedProxies): boolean {
  if (typeof trusted === "boolean") return trusted;
  const address = addressIn(peer);
  return address !== undefined && trusted.some((prefix) => isWithin(address, prefix));
}

/**
 * Where a request came from. X-Forwarded-For is read from its right end, where the nearest proxy wrote, and only as far
 * as trusted proxies stand: what is further left anybody can write. A hop that is no address ends the reading there, so
 * that limits count the proxy rather than an invention.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, trusted: TrustedProxies): string {
  const hops = (forwardedFor ?? "").split(",").slice(-HOPS_MAX);
  let address = plainAddress(peer);
  for (let hop = 0; hops.length > 0; hop += 1) {
    // Without a list only the peer itself is believed.
    if (typeof trusted === "boolean" && hop > 0) break;
    if (!isTrustedProxy(address, trusted)) break;
    const next = addressIn((hops.pop() ?? "").trim());
    if (next === undefined) break;
    address = next;
  }
  return address;
}

/** One customer has one IPv4 address but a whole IPv6 /64: limits count the latter as one. */
export function holderOf(address: string): string {
  const bare = plainAddress(address);
  if (!isIPv6(bare)) return bare;
  const [left = "", right = ""] = (bare.split("%")[0] ?? "").split("::");
  const head = left.split(":").filter((group) => group !== "");
  const tail = right.split(":").filter((group) => group !== "");
  const middle = bare.includes("::") ? Array<string>(Math.max(0, 8 - head.length - tail.length)).fill("0") : [];
  const groups = [...head, ...middle, ...tail].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
