import { describe, expect, test } from "vitest";
import { clientAddress, holderOf, isTrustedProxy } from "./client-address.ts";

const PROXIES = ["10.0.0.0/8", "2001:db8:ffff::/48", "192.0.2.1"];

describe("the address of a client", () => {
  test.each([
    ["nobody is trusted: the header is a lie", "203.0.113.9", "1.2.3.4", false, "203.0.113.9"],
    ["one proxy: its word, not what stands left of it", "192.0.2.1", "6.6.6.6, 198.51.100.9", true, "198.51.100.9"],
    ["one proxy, no header", "192.0.2.1", undefined, true, "192.0.2.1"],
    ["a list: through two of ours", "10.0.0.1", "6.6.6.6, 198.51.100.9, 192.0.2.1", PROXIES, "198.51.100.9"],
    ["a list: the peer is not in it", "203.0.113.9", "10.0.0.1", PROXIES, "203.0.113.9"],
    ["a client claims to be one of ours", "10.0.0.1", "127.0.0.1, 203.0.113.9", PROXIES, "203.0.113.9"],
    ["all of the chain is ours", "10.0.0.1", "10.0.0.3, 10.0.0.2", PROXIES, "10.0.0.3"],
    ["IPv6 proxies", "2001:db8:ffff::1", "2001:db8::7", PROXIES, "2001:db8::7"],
    ["an IPv4 peer on an IPv6 socket", "::ffff:10.0.0.1", "198.51.100.9", PROXIES, "198.51.100.9"],
    ["a mapped client", "10.0.0.1", "::ffff:198.51.100.9", PROXIES, "198.51.100.9"],
    ["with a port", "10.0.0.1", "198.51.100.9:4711", PROXIES, "198.51.100.9"],
    ["IPv6 with a port", "10.0.0.1", "[2001:db8::7]:4711", PROXIES, "2001:db8::7"],
    ["no address", "10.0.0.1", "<script>alert(1)</script>", PROXIES, "10.0.0.1"],
    ["unknown", "10.0.0.1", "unknown", PROXIES, "10.0.0.1"],
    ["an empty hop", "10.0.0.1", "198.51.100.9, ", PROXIES, "10.0.0.1"],
    ["a zone", "10.0.0.1", "fe80::1%eth0", PROXIES, "10.0.0.1"],
    ["a number that other parsers take for an address", "10.0.0.1", "0x7f000001", PROXIES, "10.0.0.1"],
    ["an octal spelling", "10.0.0.1", "0177.0.0.1", PROXIES, "10.0.0.1"],
    ["far more hops than there are", "10.0.0.1", `6.6.6.6${", 10.0.0.2".repeat(2_000)}`, PROXIES, "10.0.0.2"],
  ] as const)("%s", (...[, peer, header, trusted, expected]) => {
    expect(clientAddress(peer, header, trusted)).toBe(expected);
  });

  test("of a peer that is no address is trusted by no list", () => {
    expect(isTrustedProxy("", PROXIES)).toBe(false);
    expect(isTrustedProxy("10.0.0.1.evil.example", PROXIES)).toBe(false);
  });
});

describe("limits per address", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:DB8:0:0:ffff::1", "2001:db8:0:0::/64"],
    ["2001:0db8:0000:0001:0:0:0:1", "2001:db8:0:1::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["1:2:3::4:5:6:7", "1:2:3:0::/64"],
  ])("count %s as %s", (address, holder) => {
    expect(holderOf(address)).toBe(holder);
  });
});
