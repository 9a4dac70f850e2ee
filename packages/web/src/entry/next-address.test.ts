import { expect, test } from "vitest";
import { nextAddress } from "./next-address.ts";

test("after signing in one is back where one was going", () => {
  expect(nextAddress("/events?ip=203.0.113.9&tz=utc")).toBe("/events?ip=203.0.113.9&tz=utc");
});

test("a link can not send a signed-in person to another site", () => {
  const hostile = [
    "//evil.example/x",
    "/\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/.//evil.example",
    "/..//evil.example/x",
    "",
  ];
  for (const next of hostile) expect(nextAddress(next)).toBe("/");
});

test("the login page is no place to go after login", () => {
  expect(nextAddress("/login?next=/login")).toBe("/");
  expect(nextAddress(undefined)).toBe("/");
});
