import { describe, expect, test } from "vitest";
import { canonicalNetworks, isWithin, placeOf } from "./networks.ts";

describe("the networks of a key", () => {
  test("are kept in one spelling, each once", () => {
    const given = [
      "192.0.2.77/24",
      "192.0.2.0/24",
      "198.51.100.7",
      "2001:DB8::1/32",
      "::ffff:203.0.113.9",
      "0.0.0.0/0",
    ];
    expect(canonicalNetworks(given)).toEqual({
      ok: true,
      value: ["192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32", "203.0.113.9/32", "0.0.0.0/0"],
    });
  });

  test.each([
    "",
    "here",
    "192.0.2.0/33",
    "2001:db8::/129",
    "192.0.2",
    "0x7f000001",
    "010.0.0.1",
    "1.2.3.4/",
    "1.2.3.4/a",
    "fe80::1%eth0",
    "1.2.3.4/8/8",
  ])("do not include %j", (text) =>
    expect(canonicalNetworks([text])).toMatchObject({ ok: false, refusal: { code: "TARGET_INVALID" } }),
  );

  test.each([
    ["192.0.2.9", ["192.0.2.0/24"], true],
    ["::ffff:192.0.2.9", ["192.0.2.0/24"], true],
    ["192.0.3.9", ["192.0.2.0/24"], false],
    ["2001:db8::5", ["192.0.2.0/24", "2001:db8::/32"], true],
    ["2001:db9::5", ["0.0.0.0/0", "2001:db8::/32"], false],
    ["unknown", ["0.0.0.0/0", "::/0"], false],
    ["anything", [], true],
  ] as const)("for %s in %j: %s", (address, networks, expected) => {
    expect(isWithin(address, networks)).toBe(expected);
  });

  test("a place is an address, or the /64 that one customer has", () => {
    expect(["192.0.2.9", "::ffff:192.0.2.9", "2001:db8:1:2:3:4:5:6", "x"].map(placeOf)).toEqual([
      "192.0.2.9",
      "192.0.2.9",
      "2001:db8:1:2::/64",
      "unknown",
    ]);
  });
});
