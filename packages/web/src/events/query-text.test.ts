import { expect, test } from "vitest";
import { parseQueryText } from "./query-text.ts";

test("prefixes become filters and the rest stays text", () => {
  expect(parseQueryText("  ip:203.0.113.9 wget  user:root http://192.0.2.7/x ")).toEqual({
    ip: "203.0.113.9",
    user: "root",
    q: "wget http://192.0.2.7/x",
  });
});

test("an IPv6 address keeps its colons, and an unknown prefix is just text", () => {
  expect(parseQueryText("ip:2001:db8::1 host:db-1")).toEqual({ ip: "2001:db8::1", q: "host:db-1" });
});

test("an empty line asks for everything", () => {
  expect(parseQueryText("   ")).toEqual({});
});
