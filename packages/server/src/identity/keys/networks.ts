import { ok, refuse, type Result } from "@tyr/contract";
import ipaddr from "ipaddr.js";

const PLAIN = /^[0-9a-f:.]+(\/\d{1,3})?$/i;

/** ipaddr.js also reads octal, hexadecimal and short spellings of IPv4: whoever wrote them meant something else. */
function parsed(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (!ipaddr.isValid(address)) return undefined;
  return address.includes(":") || ipaddr.IPv4.isValidFourPartDecimal(address) ? ipaddr.parse(address) : undefined;
}

/** One spelling for one network: `192.0.2.7` is `192.0.2.7/32`, host bits are cleared, IPv4 in IPv6 is IPv4. */
function canonical(text: string): string | undefined {
  if (!PLAIN.test(text)) return undefined;
  const [address = "", length] = text.split("/");
  const given = parsed(address);
  if (given === undefined) return undefined;
  const whole = given.kind() === "ipv4" ? 32 : 128;
  const bits = length === undefined ? whole : Number(length);
  if (bits > whole) return undefined;
  const mapped = given instanceof ipaddr.IPv6 && given.isIPv4MappedAddress() && bits >= 96;
  const [plain, plainBits] = mapped ? [given.toIPv4Address(), bits - 96] : [given, bits];
  const kind = plain.kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6;
  const first = kind.networkAddressFromCIDR(`${plain.toString()}/${plainBits}`);
  return `${first instanceof ipaddr.IPv6 ? first.toRFC5952String() : first.toString()}/${plainBits}`;
}

/** Networks in one spelling, each once. Refusal `TARGET_INVALID` names the one that is none. */
export function canonicalNetworks(given: readonly string[]): Result<readonly string[]> {
  const all = new Set<string>();
  for (const text of given) {
    const network = canonical(text.trim());
    if (network === undefined)
      return refuse(
        "TARGET_INVALID",
        `${JSON.stringify(text)} is neither an address nor a network such as 192.0.2.0/24`,
      );
    all.add(network);
  }
  return ok([...all]);
}

/**
 * Whether a request from this address counts. No network means anywhere; an address that cannot be read is in none.
 *
 * @param networks as `canonicalNetworks` gives them
 */
export function isWithin(address: string, networks: readonly string[]): boolean {
  if (networks.length === 0) return true;
  const bare = address.split("%")[0] ?? "";
  if (!ipaddr.isValid(bare)) return false;
  const here = ipaddr.process(bare);
  return networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === here.kind() && here.match(base, bits);
  });
}

/** Where a request came from, as coarsely as networks give addresses out: one IPv4 address, or an IPv6 /64. */
export function placeOf(address: string): string {
  const bare = address.split("%")[0] ?? "";
  if (!ipaddr.isValid(bare)) return "unknown";
  const here = ipaddr.process(bare);
  if (here instanceof ipaddr.IPv4) return here.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${here.toString()}/64`).toRFC5952String()}/64`;
}
