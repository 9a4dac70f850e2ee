import { expect, test } from "vitest";
import { canonicalAddress, canonicalPrefix } from "./address.ts";

test.each([
  ["203.0.113.9", "203.0.113.9"],
  ["::ffff:203.0.113.9", "203.0.113.9"],
  ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
  ["[2001:db8::1]", "2001:db8::1"],
  ["fe80::1%eth0", "fe80::1"],
  ["010.0.0.1", undefined],
  ["0x7f.1", undefined],
  ["127.1", undefined],
  ["2130706433", undefined],
  ["example.org", undefined],
  ["", undefined],
])("%j is the address %s", (text, address) => {
  expect(canonicalAddress(text)).toBe(address);
  expect(canonicalAddress(text)).toBe(address);
});

test.each([
  ["203.0.113.9/24", "203.0.113.0/24"],
  ["203.0.113.9/32", "203.0.113.9"],
  ["::ffff:203.0.113.9/120", "203.0.113.0/24"],
  ["2001:db8::9/32", "2001:db8::/32"],
  ["2001:db8::9/128", "2001:db8::9"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["::ffff:203.0.113.9/80", undefined],
  ["203.0.113.9/33", undefined],
  ["203.0.113.9/", undefined],
  ["203.0.113.9/-1", undefined],
])("%j is the prefix %s", (text, prefix) => {
  expect(canonicalPrefix(text)).toBe(prefix);
});
