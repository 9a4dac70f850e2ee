import { createHmac, timingSafeEqual } from "node:crypto";

/** RFC 6238 as every authenticator application knows it: SHA-1, 30 seconds, 6 digits, a secret of 160 bits. */
export const TOTP_SECRET_BYTES = 20;
const STEP_MS = 30_000;
const DIGITS = 6;
/** Clocks of telephones go wrong by less than a step: one before and one after count too (RFC 6238 section 5.2). */
const DRIFT_STEPS = 1;

/** Steps of 30 s since 1970. */
export function stepAt(now: Date): number {
  return Math.floor(now.getTime() / STEP_MS);
}

/** @param step 30 s since 1970 each @returns six digits (RFC 4226 section 5.3) */
export function codeAt(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, "0");
}

/** The step a code belongs to, undefined when to none near now. Every candidate is compared, each in constant time. */
export function stepOf(code: string, secret: Uint8Array, now: Date): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  const here = stepAt(now);
  let found: number | undefined;
  for (let step = here - DRIFT_STEPS; step <= here + DRIFT_STEPS; step += 1)
    if (timingSafeEqual(Buffer.from(codeAt(secret, step)), Buffer.from(code))) found = step;
  return found;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 4648 without padding: what people can type into an application. */
export function base32(bytes: Uint8Array): string {
  let [bits, held, text] = [0, 0, ""];
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(held >>> bits) & 31] ?? "";
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + (BASE32[(held << (5 - bits)) & 31] ?? "");
}

/** What an authenticator application reads (Key URI format). */
export function totpUri(secret: Uint8Array, name: string): string {
  return `otpauth://totp/Tyr:${encodeURIComponent(name)}?secret=${base32(secret)}&issuer=Tyr`;
}
