import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkDisclosure, commitTo } from "./commitment.ts";

const salt = Uint8Array.from({ length: 32 }, (_, at) => at);
const address = "203.0.113.7";
const entry = (personal: unknown): Uint8Array => Buffer.from(JSON.stringify({ id: "aud_1", personal, v: 2 }));
const given = {
  entry: "aud_1",
  field: "details.address",
  salt: Buffer.from(salt).toString("base64"),
  value: address as unknown,
};
const logged = entry({ "details.address": commitTo(salt, address) });

describe("a commitment", () => {
  test("is SHA-256 over the salt and the value's canonical JSON", () => {
    const expected = createHash("sha256").update(salt).update(`"${address}"`).digest("base64");
    expect(commitTo(salt, address)).toBe(expected);
    expect(commitTo(salt, { b: 1, a: [true] })).toBe(commitTo(salt, { a: [true], b: 1 }));
    expect(
      commitTo(
        Uint8Array.from(salt, (byte) => byte ^ 1),
        address,
      ),
    ).not.toBe(expected);
  });

  test("opens with its salt and value", () => {
    expect(checkDisclosure(logged, given)).toEqual({ ok: true, value: given });
  });

  test.each([
    ["another value", logged, { value: "203.0.113.8" }],
    ["another type", logged, { value: [address] }],
    ["another salt", logged, { salt: Buffer.alloc(32).toString("base64") }],
    ["a short salt", logged, { salt: "AAAA" }],
    ["a salt that is not base64", logged, { salt: `${"*".repeat(43)}=` }],
    ["another field", logged, { field: "actor.name" }],
    ["a field every object has", logged, { field: "toString" }],
    ["another entry", logged, { entry: "aud_2" }],
    ["an entry without commitments", entry(undefined), {}],
    ["an entry whose commitments are no record", entry(["x"]), {}],
    ["bytes that are no entry", Buffer.from("\xff{"), {}],
    ["an entry that is null", Buffer.from("null"), {}],
  ])("does not open with %s", (_what, bytes, change) => {
    expect(checkDisclosure(bytes, { ...given, ...change })).toMatchObject({
      ok: false,
      refusal: { code: "LEDGER_DISCLOSURE_FAILED" },
    });
  });

  test("a value without a canonical form is refused, not thrown", () => {
    expect(checkDisclosure(logged, { ...given, value: 0.5 })).toMatchObject({ ok: false });
  });
});
