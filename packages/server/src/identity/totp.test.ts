import { describe, expect, test } from "vitest";
import { base32, codeAt, stepAt, stepOf, totpUri } from "./totp.ts";

/** RFC 6238 appendix B, SHA-1; our six digits are the last six of its eight. */
const SECRET = Buffer.from("12345678901234567890");
const VECTORS = [
  [59, "94287082"],
  [1_111_111_109, "07081804"],
  [1_111_111_111, "14050471"],
  [1_234_567_890, "89005924"],
  [2_000_000_000, "69279037"],
  [20_000_000_000, "65353130"],
] as const;

describe("a code of an authenticator application", () => {
  test.each(VECTORS)("at second %d is the one of RFC 6238", (second, digits) => {
    expect(codeAt(SECRET, stepAt(new Date(second * 1_000)))).toBe(digits.slice(-6));
  });

  test("counts in its own step and the ones beside it, and in no other", () => {
    const now = new Date("2026-11-02T08:00:10.000Z");
    const offsets = [-3, -2, -1, 0, 1, 2, 3];
    const found = offsets.map((offset) => stepOf(codeAt(SECRET, stepAt(now) + offset), SECRET, now));
    expect(found).toEqual(
      [undefined, undefined, -1, 0, 1, undefined, undefined].map((at) => (at === undefined ? at : stepAt(now) + at)),
    );
  });

  test.each(["", "12345", "1234567", "abcdef", "12 456", "१२३४५६", "-12345", "1e5000"])(
    "is six ASCII digits, not %j",
    (code) => {
      expect(stepOf(code, SECRET, new Date())).toBeUndefined();
    },
  );

  test("is made from a secret that people can type: base32 of RFC 4648", () => {
    const vectors = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map((text) => base32(Buffer.from(text)));
    expect(vectors).toEqual(["", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"]);
    expect(totpUri(SECRET, "grace.hopper@example")).toBe(
      "otpauth://totp/Tyr:grace.hopper%40example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tyr",
    );
  });
});
