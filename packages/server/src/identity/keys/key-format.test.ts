import { describe, expect, test } from "vitest";
import { holdsKey, looksLikeKey, newSecret, publicIdOf, secretMatches } from "./key-format.ts";

describe("an API key", () => {
  test("says what it is, names itself and holds 256 random bits", () => {
    const made = Array.from({ length: 200 }, newSecret);
    for (const { secret, publicId, hash } of made) {
      expect(secret).toMatch(/^tyr_key_[0-9a-f]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
      expect(publicIdOf(secret)).toBe(publicId);
      expect(secretMatches(secret, hash)).toBe(true);
      expect(looksLikeKey(secret)).toBe(true);
    }
    expect(new Set(made.map(({ secret }) => secret)).size).toBe(200);
  });

  test("with any one character changed is no key, so that it costs no look-up", () => {
    const { secret } = newSecret();
    for (let at = 0; at < secret.length; at += 1) {
      const other = secret[at] === "a" ? "b" : "a";
      const wrong = secret.slice(0, at) + other + secret.slice(at + 1);
      expect([at, publicIdOf(wrong)]).toEqual([at, undefined]);
    }
  });

  test.each(["", "tyr_key_", "tyr_key_0", `${newSecret().secret}\n`, ` ${newSecret().secret}`, "a".repeat(100_000)])(
    "is not %j",
    (text) => expect(publicIdOf(text)).toBeUndefined(),
  );

  test("is not matched by another's hash, nor by a hash of another length", () => {
    const [one, two] = [newSecret(), newSecret()];
    expect(secretMatches(one.secret, two.hash)).toBe(false);
    expect(secretMatches(one.secret, one.hash.subarray(0, 31))).toBe(false);
    expect(secretMatches(one.secret, new Uint8Array())).toBe(false);
  });

  test("is a known one: the format and its checksum never change", () => {
    const known = `tyr_key_0123456789abcdef_${"A".repeat(43)}_`;
    expect(publicIdOf(`${known}${CHECK_OF_KNOWN}`)).toBe("0123456789abcdef");
  });
});

/** CRC-32 of the text before it, computed by another implementation (Python's zlib), in base62. */
const CHECK_OF_KNOWN = "3kwkro";

describe("an address", () => {
  const { secret } = newSecret();
  const escaped = Buffer.from(secret).toString("hex").replace(/../g, "%$&");

  test.each([
    `/api/v1/events?key=${secret}`,
    `/api/v1/events?access_token=${escaped}`,
    `/api/v1/events?broken=%zz%&key=${secret.replace("tyr_", "t%79r%5f")}`,
    `/${secret}`,
    `/v1/decisions?api_key=tyr_enf_${"x".repeat(43)}`,
    `/?k=tyr_snr_0123456789abcdef_${"x".repeat(43)}`,
  ])("with a key in it is seen: %s", (url) => expect(holdsKey(url)).toBe(true));

  test.each([
    "/",
    "/api/v1/keys/key_0190a3b4-1111-7222-8333-444455556666",
    "/docs/errors#KEY_IN_URL",
    "/x?q=tyr_key",
    "/%",
  ])("without one is not: %s", (url) => expect(holdsKey(url)).toBe(false));
});
