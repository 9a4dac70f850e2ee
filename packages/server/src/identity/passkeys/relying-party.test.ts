import { describe, expect, test } from "vitest";
import { checkPasskeyRules, relyingPartyOf } from "./relying-party.ts";

describe("the place passkeys are made for", () => {
  test.each([
    ["https://tyr.example.org", "tyr.example.org", "https://tyr.example.org"],
    ["https://tyr.example.org:8443/", "tyr.example.org", "https://tyr.example.org:8443"],
    ["http://localhost:8970", "localhost", "http://localhost:8970"],
    ["http://127.0.0.1:8970", "localhost", "http://localhost:8970"],
    ["http://[::1]:8970", "localhost", "http://localhost:8970"],
  ])("of %s is the domain %s at %s", (publicUrl, id, origin) => {
    expect(relyingPartyOf(publicUrl)).toEqual({ id, origin });
  });

  test.each(["http://tyr.example.org", "http://192.0.2.7:8970", "https://192.0.2.7", "https://[2001:db8::7]"])(
    "is none at %s: no browser would make one there",
    (publicUrl) => {
      expect(relyingPartyOf(publicUrl)).toBeUndefined();
    },
  );
});

describe("a rule that asks for passkeys", () => {
  test("stops the start where no browser would make one, and only there", () => {
    expect(() => checkPasskeyRules("http://192.0.2.7:8970", { passkeyFor: ["approve"] })).toThrow("TYR_PASSKEY_FOR");
    expect(() => checkPasskeyRules("http://192.0.2.7:8970", { passkeyFor: [] })).not.toThrow();
    expect(() => checkPasskeyRules("https://tyr.example.org", { passkeyFor: ["approve"] })).not.toThrow();
  });
});
