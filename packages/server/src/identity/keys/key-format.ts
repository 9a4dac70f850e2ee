import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";

/**
 * `tyr_key_` + 16 hex digits that name the secret + `_` + 256 random bits in base62 + `_` + their checksum. Prefix and
 * checksum let secret scanners find a real key without asking anybody, the scheme GitHub adopted in 2021; letters and
 * digits alone, so that a double click takes all of it. `docs/reference/api-keys.md` has the pattern for scanners.
 */
const SHAPE = /^tyr_key_([0-9a-f]{16})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/;
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_DIGITS = 43;
const CHECK_DIGITS = 6;

export type NewSecret = Readonly<{ secret: string; publicId: string; hash: Uint8Array }>;

function base62(value: bigint, digits: number): string {
  let text = "";
  for (let rest = value; rest > 0n; rest /= 62n) text = (DIGITS[Number(rest % 62n)] ?? "") + text;
  return text.padStart(digits, "0");
}

/** CRC-32 (zlib's) over all before the last `_`: it finds typing errors and look-alikes, and proves nothing. */
function checkOf(text: string): string {
  return base62(BigInt(crc32(text)), CHECK_DIGITS);
}

/** SHA-256 is enough: the secret is 256 random bits, there is nothing to guess faster than them (ASVS 5.0 6.5.2). */
function hashSecret(secret: string): Uint8Array {
  return createHash("sha256").update(secret).digest();
}

export function newSecret(): NewSecret {
  const publicId = randomBytes(8).toString("hex");
  const drawn = base62(BigInt(`0x${randomBytes(32).toString("hex")}`), SECRET_DIGITS);
  const body = `tyr_key_${publicId}_${drawn}`;
  const secret = `${body}_${checkOf(body)}`;
  return { secret, publicId, hash: hashSecret(secret) };
}

/** True for text that claims to be an API key: no session has such a token. */
export function looksLikeKey(text: string): boolean {
  return text.startsWith("tyr_key_");
}

/** The part of a key that names it; undefined for text that cannot be a key, which then costs no look-up. */
export function publicIdOf(text: string): string | undefined {
  const match = SHAPE.exec(text);
  const body = text.slice(0, -(CHECK_DIGITS + 1));
  return match?.[3] === checkOf(body) ? match[1] : undefined;
}

/** Takes the same time wherever the two differ. */
export function secretMatches(secret: string, hash: Uint8Array): boolean {
  return hash.length === 32 && timingSafeEqual(hashSecret(secret), hash);
}

export function hintOf(publicId: string): string {
  return `tyr_key_${publicId}…`;
}

/** Secrets of every kind of Tyr's keys: sensors, enforcement points, people, service accounts. */
const ANY_KEY = /tyr_[a-z]{3}_[0-9A-Za-z_-]{16,}/;

/** Whether an address carries a key. Addresses end up in logs, histories and Referer headers (ASVS 5.0 14.2.1). */
export function holdsKey(url: string): boolean {
  if (ANY_KEY.test(url)) return true;
  if (!url.includes("%")) return false;
  // Each escape by itself: one that is broken must not hide the others.
  return ANY_KEY.test(
    url.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16))),
  );
}
