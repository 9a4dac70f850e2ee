import { describe, expect, test } from "vitest";
import { ConfigInvalid, readConfig } from "./index.ts";

const read = (env: Record<string, string>) => readConfig({ argv: [], env, root: "/tyr" }).signInRules;

describe("the rules of signing in", () => {
  test("ask nothing of anybody by default", () => {
    expect(read({})).toEqual({ secondFactorFor: [], passkeyFor: [] });
    expect(read({ TYR_SECOND_FACTOR: "off" }).secondFactorFor).toEqual([]);
  });

  test("ask a second factor of everybody, or of whoever holds a role", () => {
    expect(read({ TYR_SECOND_FACTOR: "all" }).secondFactorFor).toBe("all");
    expect(read({ TYR_SECOND_FACTOR: "admin, approver,custom_triage" }).secondFactorFor).toEqual([
      "admin",
      "approver",
      "custom_triage",
    ]);
  });

  test("ask a passkey for what is named", () => {
    expect(read({ TYR_PASSKEY_FOR: "approve,users" }).passkeyFor).toEqual(["approve", "users"]);
  });

  test.each([
    { TYR_SECOND_FACTOR: "admins" },
    { TYR_SECOND_FACTOR: "all,admin" },
    { TYR_SECOND_FACTOR: "custom_" },
    { TYR_PASSKEY_FOR: "approvals" },
    // Nobody could add their first passkey.
    { TYR_PASSKEY_FOR: "factors" },
  ])("that say %j are refused by name", (env) => {
    expect(() => read(env)).toThrow(ConfigInvalid);
    expect(() => read(env)).toThrow(Object.keys(env)[0]);
  });
});
