import { describe, expect, test } from "vitest";
import { isLoopback, mayReach } from "./reach.ts";

describe("a message", () => {
  test.each(["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])(
    "may go to the internet: %s",
    (address) => {
      expect([mayReach(address, "public"), mayReach(address, "private")]).toEqual([true, true]);
    },
  );

  test.each([
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "127.0.0.1",
    "::1",
    "fd12::1",
    "::ffff:10.1.2.3",
    "64:ff9b::a01:203",
  ])("goes into one's own network only where that was allowed: %s", (address) => {
    expect([mayReach(address, "public"), mayReach(address, "private")]).toEqual([false, true]);
  });

  test.each([
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "fe80::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "0.0.0.0",
    "::",
    "255.255.255.255",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "::ffff:0:10.1.2.3",
    "not an address",
    "",
  ])("never goes where clouds keep credentials, nor to anything special: %s", (address) => {
    expect([mayReach(address, "public"), mayReach(address, "private")]).toEqual([false, false]);
  });
});

test("loopback is this machine in each spelling, and nothing else is", () => {
  expect(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].every(isLoopback)).toBe(true);
  expect(["10.0.0.1", "localhost", "", "::2"].some(isLoopback)).toBe(false);
});
