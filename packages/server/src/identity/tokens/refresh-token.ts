import { createHash, randomBytes } from "node:crypto";

/** `tyr_rft_` and 256 random bits: a scanner finds it, and a server refuses an address that holds one (`holdsKey`). */
const SHAPE = /^tyr_rft_[A-Za-z0-9_-]{43}$/;

export type NewRefreshToken = Readonly<{ token: string; hash: Uint8Array }>;

/** SHA-256 is enough for 256 random bits (ASVS 5.0 6.5.2). */
function hashOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

export function newRefreshToken(): NewRefreshToken {
  const token = `tyr_rft_${randomBytes(32).toString("base64url")}`;
  return { token, hash: hashOf(token) };
}

/** What a refresh token is stored by; undefined for text that is none, which then costs no look-up. */
export function refreshTokenHash(text: string): Uint8Array | undefined {
  return SHAPE.test(text) ? hashOf(text) : undefined;
}
