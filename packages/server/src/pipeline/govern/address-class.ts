import { knownPrefix, overlaps, type Prefix } from "./address.ts";

/**
 * What an address or prefix touches that is not the public Internet. Each flag is true when the target overlaps any
 * range of that kind in either direction: 0.0.0.0/0 touches all of them.
 */
export const ADDRESS_KINDS = [
  "unspecified",
  "loopback",
  "linkLocal",
  "multicast",
  "broadcast",
  "reserved",
  "privateUse",
  "sharedSpace",
  "documentation",
] as const;
export type AddressKind = (typeof ADDRESS_KINDS)[number];

/** IANA special-purpose registries (RFC 6890 and successors) and multicast (RFC 5771, RFC 4291). */
const RANGES: Readonly<Record<AddressKind, readonly string[]>> = {
  // "This network" (RFC 791) and the unspecified address (RFC 4291).
  unspecified: ["0.0.0.0/8", "::"],
  loopback: ["127.0.0.0/8", "::1"],
  linkLocal: ["169.254.0.0/16", "fe80::/10"],
  multicast: ["224.0.0.0/4", "ff00::/8"],
  broadcast: ["255.255.255.255"],
  // Outside 2000::/3 nothing is allocated to anybody; inside it, IETF assignments and 6to4, which wraps an IPv4 address.
  reserved: [
    "192.0.0.0/24",
    "192.88.99.0/24",
    "240.0.0.0/4",
    "::/3",
    "2001::/23",
    "2002::/16",
    "4000::/2",
    "8000::/2",
    "c000::/3",
    "e000::/4",
    "f000::/5",
    "f800::/6",
    "fe00::/9",
    "fec0::/10",
  ],
  privateUse: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
  sharedSpace: ["100.64.0.0/10"],
  // Documentation and benchmarking: nobody's on the Internet, met in exercises and tests.
  documentation: ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "2001:db8::/32", "3fff::/20"],
};

const PREFIXES = ADDRESS_KINDS.map((kind) => [kind, RANGES[kind].map(knownPrefix)] as const);
/** ::/3 is reserved for IPv6 only: the mapped space inside it holds IPv4, which has ranges of its own. */
const sameFamily = (target: Prefix, range: Prefix): boolean => target.version === range.version;

export function kindsOf(target: Prefix): readonly AddressKind[] {
  return PREFIXES.filter(([, ranges]) =>
    ranges.some((range) => sameFamily(target, range) && overlaps(target, range)),
  ).map(([kind]) => kind);
}

/** On the public Internet, whole: nothing special in it. */
export function isPublic(target: Prefix): boolean {
  return kindsOf(target).length === 0;
}
