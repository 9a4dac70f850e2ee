import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { RSA_BITS_LEAST } from "../packages/server/src/identity/tokens/token-rules.ts";
import { CRYPTOGRAPHY_PAGE, cryptographyPage, DECLARED, found, usesOf, type Declared } from "./cryptography.ts";

const rows: readonly Declared[] = Object.values(DECLARED).flat();

/** SHA-1 where a format asks for it, and nothing rests on it. */
const SHA1 = [
  // RFC 6238: what authenticator applications speak. HMAC needs no collision resistance.
  "server/src/identity/totp.ts hmac-sha1",
  // The public list of leaked passwords is ordered by it.
  "server/src/identity/known-passwords.ts sha1",
  // RFC 9562 section 5.5: ids, which are no secrets.
  "server/src/platform/ids/index.ts sha1",
];
/** Random without being secret. */
const MATH_RANDOM = [
  // Spreads browsers that connect again.
  "web/src/live/connection.ts math-random",
];

describe("keys and algorithms", () => {
  test("every cryptographic call of the sources is listed, and every row is used", () => {
    const declared = rows.flatMap(({ uses, files }) => files.flatMap((file) => uses.map((use) => `${file} ${use}`)));
    const calls = found().filter((call) => !MATH_RANDOM.includes(call));
    expect(calls.filter((call) => !declared.includes(call))).toEqual([]);
    const idle = rows.filter(({ uses, files }) => {
      const its = (file: string, use: string) => calls.includes(`${file} ${use}`);
      const everyUse = uses.every((use) => files.some((file) => its(file, use)));
      return !everyUse || !files.every((file) => uses.some((use) => its(file, use)));
    });
    expect(idle.map((row) => row.name)).toEqual([]);
  });

  test("no broken algorithm is used, SHA-1 only where a format asks for it", () => {
    const calls = found();
    const broken = /\b(md[245]|rc4|des|3des|blowfish|.*-ecb|.*-cbc|rsa-md5|ripemd160?)\b/i;
    expect(calls.filter((call) => broken.test(call.split(" ").at(-1) ?? ""))).toEqual([]);
    expect(calls.filter((call) => call.endsWith("sha1")).toSorted()).toEqual(SHA1.toSorted());
    expect(calls.filter((call) => call.endsWith("math-random"))).toEqual(MATH_RANDOM);
  });

  test("what we make keys of has at least 128 bits of strength, RSA at least 3,072", () => {
    expect(RSA_BITS_LEAST).toBeGreaterThanOrEqual(3_072);
    const made = /keypair|ed25519|csprng|aes/;
    const weak = rows.filter(
      ({ strengthBits, uses }) => strengthBits !== null && strengthBits < 128 && uses.some((use) => made.test(use)),
    );
    // Used up by one try each, and counted: ASVS 5.0 6.5.4 asks for 20 bits.
    expect(weak.map((row) => row.name)).toEqual(["Recovery codes"]);
  });

  test.each([
    ['import { createHash } from "node:crypto";\ncreateHash("md5")', "md5"],
    [
      'import { createHash } from "node:crypto";\nconst name = pick();\ncreateHash(name)',
      "an algorithm that is computed",
    ],
    ['import { createCipheriv } from "node:crypto";\ncreateCipheriv("aes-128-ecb", k, null)', "aes-128-ecb"],
    ['import { pbkdf2Sync } from "node:crypto";', "node:crypto pbkdf2Sync"],
    ['import * as c from "node:crypto";', "node:crypto as a whole"],
    ['import { ed25519 } from "@noble/curves/ed25519";', "a library nobody listed"],
    ["const token = Math.random().toString(36);", "math-random"],
  ])("%s is seen", (text, use) => {
    expect([...usesOf(text)]).toEqual([use]);
  });

  test("docs/reference/cryptography.md shows them as they are", () => {
    expect(readFileSync(CRYPTOGRAPHY_PAGE, "utf8"), "npm run docs brings the page up to date").toBe(cryptographyPage());
  });
});
