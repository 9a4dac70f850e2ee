import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPublic, kindsOf } from "./address-class.ts";
import { addressCount, addressesOf, contains, depth, knownPrefix, overlaps, parsePrefix, prefixAt } from "./address.ts";

const textOf = (text: string) => {
  const parsed = parsePrefix(text);
  return parsed.ok ? parsed.value.text : parsed.refusal.code;
};

/** Prefixes of both families, near each other often enough that they overlap. */
const prefix = fc
  .tuple(
    fc.boolean(),
    fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }),
    fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
    fc.nat(128),
  )
  .map(([v4, low, high, bits]) => (v4 ? prefixAt((0xffffn << 32n) | low, 96 + (bits % 33)) : prefixAt(high, bits)));

describe("the canonical form of a target", () => {
  test.each([
    ["198.51.100.9", "198.51.100.9"],
    ["198.51.100.9/32", "198.51.100.9"],
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:DB8:0:0::1", "2001:db8::1"],
    ["2001:db8::1/64", "2001:db8::/64"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["::ffff:a00:1", "10.0.0.1"],
    ["::ffff:10.0.0.1/104", "10.0.0.0/8"],
    ["::ffff:0:0/95", "::fffe:0:0/95"],
  ])("%s is %s", (text, canonical) => expect(textOf(text)).toBe(canonical));

  test.each([
    "",
    "example.org",
    "010.0.0.1",
    "10.0.0.01",
    "10.1",
    "167772161",
    "0x0a000001",
    "10.0.0.0/255.0.0.0",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/08",
    "10.0.0.0/-1",
    "10.0.0.0/+8",
    "10.0.0.0/8/8",
    " 10.0.0.1",
    "10.0.0.1\n",
    "10.0.0.1; flush ruleset",
    "fe80::1%eth0",
    "::ffff:010.0.0.1",
    "::8.8.8.8",
    "::8.8.8.8/120",
    "[::1]",
    "10.0.0.1:80",
    "2001:db8::1/129",
    "1".repeat(5000),
  ])("%j is refused", (text) => expect(textOf(text)).toBe("TARGET_INVALID"));

  test("writing and reading a prefix is the identity", () => {
    fc.assert(
      fc.property(prefix, (one) => {
        expect(parsePrefix(one.text)).toEqual({ ok: true, value: one });
      }),
    );
  });
});

describe("overlap", () => {
  test("a target wider than our own range is seen, not only a narrower one", () => {
    const own = knownPrefix("10.20.0.0/16");
    expect(overlaps(knownPrefix("10.0.0.0/8"), own)).toBe(true);
    expect(overlaps(knownPrefix("10.20.1.0/24"), own)).toBe(true);
    expect(overlaps(knownPrefix("10.21.0.0/16"), own)).toBe(false);
  });

  test("an IPv6 prefix around the mapped space covers every IPv4 address", () => {
    expect(contains(knownPrefix("::/0"), knownPrefix("192.0.2.1"))).toBe(true);
    expect(overlaps(knownPrefix("192.0.2.0/24"), knownPrefix("::ffff:0:0/90"))).toBe(true);
  });

  test("it is symmetric, holds for oneself and means containment one way or the other", () => {
    fc.assert(
      fc.property(prefix, prefix, (a, b) => {
        expect(overlaps(a, b)).toBe(overlaps(b, a));
        expect(overlaps(a, a)).toBe(true);
        expect(overlaps(a, b)).toBe(contains(a, b) || contains(b, a));
      }),
    );
  });

  test("containment agrees with Node's own block list", () => {
    fc.assert(
      fc.property(prefix, prefix, (net, other) => {
        fc.pre(net.version === other.version);
        const family = net.version === 4 ? "ipv4" : "ipv6";
        const list = new BlockList();
        list.addSubnet(net.text.split("/")[0] ?? "", net.length, family);
        const address = prefixAt(other.first, 128).text;
        expect(contains(net, prefixAt(other.first, 128))).toBe(list.check(address, family));
      }),
    );
  });

  test("a prefix holds exactly the addresses it lists", () => {
    fc.assert(
      fc.property(prefix, (one) => {
        fc.pre(128 - depth(one) <= 8);
        const all = addressesOf(one, 256);
        expect(String(all.length)).toBe(addressCount(one));
        expect(all.every((address) => contains(one, address))).toBe(true);
        expect(new Set(all.map(({ text }) => text)).size).toBe(all.length);
      }),
    );
  });
});

describe("what a target touches", () => {
  test.each([
    ["8.8.8.8", []],
    ["2a00:1450::1", []],
    ["127.0.0.1", ["loopback"]],
    ["::1", ["loopback", "reserved"]],
    ["0.0.0.0", ["unspecified"]],
    ["169.254.1.1", ["linkLocal"]],
    ["224.0.0.1", ["multicast"]],
    ["ff02::1", ["multicast"]],
    ["255.255.255.255", ["broadcast", "reserved"]],
    ["10.0.0.1", ["privateUse"]],
    ["::ffff:10.0.0.1", ["privateUse"]],
    ["fd00::1", ["privateUse"]],
    ["100.64.0.1", ["sharedSpace"]],
    ["203.0.113.45", ["documentation"]],
    ["2001:db8::1", ["documentation"]],
    ["64:ff9b::1", ["reserved"]],
    ["2002:a00:1::", ["reserved"]],
    ["126.0.0.0/7", ["loopback"]],
  ])("%s touches %j", (text, kinds) => expect(kindsOf(knownPrefix(text))).toEqual(kinds));

  test("the whole Internet touches every kind", () => {
    expect(kindsOf(knownPrefix("0.0.0.0/0"))).toHaveLength(9);
    expect(isPublic(knownPrefix("::/0"))).toBe(false);
  });

  test("outside 2000::/3 no IPv6 address is public", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (bits) => {
        const one = prefixAt(bits, 128);
        fc.pre(one.version === 6 && bits >> 125n !== 1n);
        expect(isPublic(one)).toBe(false);
      }),
    );
  });

  test("a wider prefix never touches less", () => {
    fc.assert(
      fc.property(prefix, fc.nat(128), (one, bits) => {
        const wider = prefixAt(one.first, Math.min(bits, depth(one)));
        fc.pre(wider.version === one.version);
        for (const kind of kindsOf(one)) expect(kindsOf(wider)).toContain(kind);
      }),
    );
  });
});
