import { createHash, randomBytes } from "node:crypto";
import { base32 } from "./totp.ts";

const COUNT = 10;
/** 120 bits: enough that a plain SHA-256 cannot be reversed, so that looking one up costs no password hash (ASVS 5.0 6.5.2). */
const BYTES = 15;
const GROUP = 6;

/** Ten codes such as `ABCDEF-GHIJKL-MNOPQR-STUVWX`, each good for one sign-in. */
export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: COUNT }, () =>
    (base32(randomBytes(BYTES)).match(new RegExp(`.{${GROUP}}`, "g")) ?? []).join("-"),
  );
}

/** What is stored. Hyphens, spaces and case do not count; O and I, L are not confused with digits, since 0 and 1 are none. */
export function hashRecoveryCode(code: string): Uint8Array {
  return createHash("sha256").update(code.replaceAll(/[\s-]/g, "").toUpperCase()).digest();
}
