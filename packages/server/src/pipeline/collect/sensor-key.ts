import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** `tyr_snr_` + 16 hex digits that name the key + `_` + 256 bits of secret. The name is no secret: it finds the row. */
const SHAPE = /^tyr_snr_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

export type NewKey = Readonly<{ key: string; keyId: string; keyHash: string }>;

/** SHA-256 is enough: the secret is 256 random bits, there is nothing to guess faster than them. */
function hashKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

export function newSensorKey(): NewKey {
  const keyId = randomBytes(8).toString("hex");
  const key = `tyr_snr_${keyId}_${randomBytes(32).toString("base64url")}`;
  return { key, keyId, keyHash: hashKey(key) };
}

/** When a key made now ends. */
export function keyEnd(now: Date, lifeDays: number): Date {
  return new Date(now.getTime() + lifeDays * 86_400_000);
}

/** The part of a key that names it, or undefined for text that cannot be a key. */
export function keyIdOf(key: string): string | undefined {
  return SHAPE.exec(key)?.[1];
}

export function keyMatches(key: string, keyHash: string): boolean {
  return timingSafeEqual(Buffer.from(hashKey(key), "hex"), Buffer.from(keyHash, "hex"));
}

/** The first characters of a key, to recognise it in a configuration file. */
export function keyHint(keyId: string): string {
  return `tyr_snr_${keyId.slice(0, 8)}…`;
}
