import { isIPv4 } from "node:net";
import ipaddr from "ipaddr.js";

/** Attackers choose how many addresses there are: the memory of seen spellings is bounded. */
const REMEMBERED_MAX = 4096;
const remembered = new Map<string, string | undefined>();

function canonicalise(text: string): string | undefined {
  const bare = text.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  // RFC 4291, 2.5.5.1: another address than the IPv4 it shows, which ipaddr.js takes it for.
  if (!ipaddr.isValid(bare) || /^::\d+\./.test(bare)) return undefined;
  const address = ipaddr.process(bare);
  // ipaddr.js also reads octal, hexadecimal and short IPv4 spellings: a log that has them means something else.
  if (address.kind() === "ipv4" && !bare.includes(":") && !isIPv4(bare)) return undefined;
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

/**
 * The one spelling of an address: RFC 5952, IPv4-mapped IPv6 as IPv4, no zone, no brackets.
 *
 * @returns undefined when the text is not an address
 */
export function canonicalAddress(text: string): string | undefined {
  if (text.length > 64) return undefined;
  if (remembered.has(text)) return remembered.get(text);
  const address = canonicalise(text);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(text, address);
  return address;
}

/** An address or prefix in its one spelling with zeroed host bits, or undefined. A full-length prefix is its address. */
export function canonicalPrefix(text: string): string | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return canonicalAddress(text);
  const address = canonicalAddress(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,3}$/.test(length)) return undefined;
  const whole = address.includes(":") ? 128 : 32;
  // A prefix of IPv4-mapped addresses is an IPv4 prefix 96 bits shorter.
  const bits = Number(length) - (whole === 32 && text.includes(":") ? 96 : 0);
  if (bits < 0 || bits > whole) return undefined;
  if (bits === whole) return address;
  const network = whole === 32 ? ipaddr.IPv4 : ipaddr.IPv6;
  const first = network.networkAddressFromCIDR(`${address}/${bits}`);
  return `${first instanceof ipaddr.IPv6 ? first.toRFC5952String() : first.toString()}/${bits}`;
}

/**
 * The addresses among the subjects of legal holds (`value:…`), each spelt as events have it. Holds may be on anything;
 * what is no address holds nothing that is kept by address.
 */
export function heldAddresses(subjects: readonly string[]): string[] {
  return subjects.flatMap((one) =>
    one.startsWith("value:") ? (canonicalAddress(one.slice("value:".length)) ?? []) : [],
  );
}
