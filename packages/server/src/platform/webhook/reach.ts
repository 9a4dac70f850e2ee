import ipaddr from "ipaddr.js";

/** How far messages may go: to addresses of the internet only, or to those of one's own network too. */
export type Reach = "public" | "private";

/** What belongs to one's own network and machine (RFC 1918, RFC 4193, RFC 6598, loopback). */
const OWN: ReadonlySet<string> = new Set(["private", "uniqueLocal", "loopback", "carrierGradeNat"]);
/**
 * Where clouds answer their machines, credentials among what they answer: of link-local ranges, which nothing opens, and
 * these outside of them (Azure, Oracle, Alibaba, AWS and Google over IPv6).
 */
const METADATA: ReadonlySet<string> = new Set([
  "168.63.129.16",
  "192.0.0.192",
  "100.100.100.200",
  "fd00:ec2::254",
  "fd20:ce::254",
]);
/** NAT64 (RFC 6052): the last four bytes are the IPv4 address that is reached. */
const NAT64 = "rfc6052";

/** An address as what it reaches: mapped and translated ones are the IPv4 address they mean. */
function reached(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const parsed = ipaddr.process(address);
  return parsed.range() === NAT64 ? ipaddr.fromByteArray(parsed.toByteArray().slice(-4)) : parsed;
}

/** Whether a connection may go there. Anything special that is not named here is refused: multicast, 6to4, Teredo … */
export function mayReach(address: string, reach: Reach): boolean {
  if (!ipaddr.isValid(address)) return false;
  const target = reached(address);
  if (METADATA.has(target.toString())) return false;
  const range = target.range();
  return range === "unicast" || (reach === "private" && OWN.has(range));
}

/** Loopback, so that what is written there stays on this machine. */
export function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";
}
