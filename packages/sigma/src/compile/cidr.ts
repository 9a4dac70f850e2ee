/** An address as its 16-bit groups: two for IPv4, eight for IPv6. */
export type Address = readonly number[];

/** A network: the first `bits` bits of `address` decide. */
export type Network = Readonly<{ address: Address; bits: number; text: string }>;

const octet = /^(?:0|[1-9]\d{0,2})$/;
const group = /^[0-9a-f]{1,4}$/i;

/** Parses IPv4 (four decimal octets, no leading zeros) or IPv6 (RFC 4291, a zone such as `%eth0` is ignored). */
export function parseAddress(text: string): Address | undefined {
  if (text.length > 64) return undefined;
  return text.includes(":") ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): Address | undefined {
  const octets = text.split(".");
  if (octets.length !== 4 || !octets.every((part) => octet.test(part) && Number(part) < 256)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = octets.map(Number);
  return [a * 256 + b, c * 256 + d];
}

function parseV6(text: string): Address | undefined {
  const [head = "", ...rest] = (text.split("%")[0] ?? "").split("::");
  if (rest.length > 1) return undefined;
  const left = parseGroups(head);
  const right = rest.length === 1 ? parseGroups(rest[0] ?? "") : [];
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length;
  if (rest.length === 0) return missing === 0 ? left : undefined;
  return missing < 1 ? undefined : [...left, ...Array.from({ length: missing }, () => 0), ...right];
}

/** Groups of one side of `::`; an IPv4 tail counts as two. */
function parseGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const v4 = index === parts.length - 1 && part.includes(".") ? parseV4(part) : undefined;
    if (v4 !== undefined) groups.push(...v4);
    else if (group.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** Parses `address/bits`; without bits the network is that one address. Host bits that are set are ignored. */
export function parseNetwork(text: string): Network | undefined {
  const [addressText = "", bitsText, ...rest] = text.trim().split("/");
  const address = parseAddress(addressText);
  if (address === undefined || rest.length > 0) return undefined;
  const width = address.length * 16;
  if (bitsText === undefined) return { address, bits: width, text };
  if (!/^\d{1,3}$/.test(bitsText) || Number(bitsText) > width) return undefined;
  return { address, bits: Number(bitsText), text };
}

/** An IPv4 address is never inside an IPv6 network, nor the other way round, mapped or not. */
export function isInside(network: Network, address: Address): boolean {
  if (network.address.length !== address.length) return false;
  for (let index = 0, left = network.bits; left > 0; index += 1, left -= 16) {
    const mask = left >= 16 ? 0xffff : 0xffff & (0xffff << (16 - left));
    if (((network.address[index] ?? 0) & mask) !== ((address[index] ?? 0) & mask)) return false;
  }
  return true;
}
