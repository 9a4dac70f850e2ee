import { createHash, randomBytes } from "node:crypto";

/** NIST 800-63B-4 and ASVS 5.0 7.3: idle 30 minutes, absolute 12 hours. */
export const SESSION_IDLE_MS = 30 * 60_000;
export const SESSION_LIFE_MS = 12 * 3_600_000;
export const SESSION_LIFE_SECONDS = SESSION_LIFE_MS / 1_000;
/** Last-seen stamps are written at most this often. */
export const LAST_SEEN_EVERY_MS = 60_000;

type Times = Readonly<{ last_seen_at: Date; expires_at: Date }>;

export function isAlive({ last_seen_at, expires_at }: Times, now: Date): boolean {
  return now < expires_at && now.getTime() - last_seen_at.getTime() < SESSION_IDLE_MS;
}

/** 256 random bits. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** What is stored: the token has enough entropy that a plain SHA-256 cannot be reversed (ASVS 5.0 6.5.2). */
export function hashToken(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}
