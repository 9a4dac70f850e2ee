import type { Permission } from "@tyr/contract";
import { expect, test } from "vitest";
import { chooseScopes } from "./scopes.ts";

const held = new Set<Permission>(["incident:read", "event:read"]);

test.each([
  [undefined, ["event:read", "incident:read"], false],
  ["", ["event:read", "incident:read"], false],
  ["event:read", ["event:read"], false],
  ["incident:read  event:read incident:read", ["event:read", "incident:read"], false],
  ["offline_access", ["event:read", "incident:read"], true],
  ["offline_access event:read", ["event:read"], true],
])("a client that asks for %j gets it, and never more than it holds", (wish, permissions, offline) => {
  expect(chooseScopes(wish, held)).toEqual({ ok: true, value: { permissions, offline } });
});

test.each(["action:approve", "event:read user:write", "*", "event:*", "openid", "event:read\u0000", "constructor"])(
  "a scope the client does not hold is refused as a whole, and only names of permissions are repeated: %j",
  (wish) => {
    const chosen = chooseScopes(wish, held);
    expect(chosen).toMatchObject({ ok: false, refusal: { code: "SCOPE_INVALID" } });
    expect(JSON.stringify(chosen)).not.toMatch(/\*|openid|constructor|u0000/);
  },
);

test("a client that holds nothing now gets no token without scopes", () => {
  expect(chooseScopes(undefined, new Set())).toMatchObject({ refusal: { code: "SCOPE_INVALID" } });
  expect(chooseScopes("offline_access", new Set())).toMatchObject({ refusal: { code: "SCOPE_INVALID" } });
});
