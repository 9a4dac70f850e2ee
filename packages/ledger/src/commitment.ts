import { canonicalBytes } from "./canonical-json.ts";
import { fieldOf, fieldsOf, readEntry } from "./read-entry.ts";
import { sha256 } from "./sha256.ts";
import { LedgerError, refuse, type Refused, type Result } from "./errors.ts";

/** 256 bits: a value with few possibilities, such as an address, cannot be guessed from its commitment. */
export const saltBytes = 32;

/** What opens one committed field of one entry: `entry` is its id, `salt` base64. */
export type Disclosure = Readonly<{ entry: string; field: string; salt: string; value: unknown }>;

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/**
 * Commits to a value without showing it.
 *
 * @param salt 32 random bytes, fresh for each value; without it the value cannot be found by trying
 * @returns base64 of SHA-256(salt ‖ canonical JSON of the value)
 */
export function commitTo(salt: Uint8Array, value: unknown): string {
  const bytes = canonicalBytes(value, { numbers: "safe-integer" });
  const joined = new Uint8Array(salt.length + bytes.length);
  joined.set(salt);
  joined.set(bytes, salt.length);
  return base64(sha256(joined));
}

function saltOf(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text)) return undefined;
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Undefined for a value that nobody could have committed to. */
function recommit(salt: Uint8Array, value: unknown): string | undefined {
  try {
    return commitTo(salt, value);
  } catch (error) {
    if (error instanceof LedgerError) return undefined;
    throw error;
  }
}

/**
 * Checks a disclosed value against the bytes of its entry, which the caller has proved to be in the log.
 *
 * @returns refusals `LEDGER_DISCLOSURE_FAILED`: another entry, no such field, or not the value that was committed to
 */
export function checkDisclosure(entry: Uint8Array, disclosure: Disclosure): Result<Disclosure> {
  const failed = (why: string): Refused =>
    refuse("LEDGER_DISCLOSURE_FAILED", `${disclosure.field} of ${disclosure.entry} does not open: ${why}`);
  const read = readEntry(entry);
  if (fieldOf(read, "id") !== disclosure.entry) return failed("it belongs to another entry");
  const commitment = fieldOf(fieldsOf(fieldOf(read, "personal")), disclosure.field);
  if (commitment === undefined) return failed("the entry commits to no such field");
  const salt = saltOf(disclosure.salt);
  if (salt === undefined) return failed("the salt is not 32 bytes in base64");
  return recommit(salt, disclosure.value) === commitment
    ? { ok: true, value: disclosure }
    : failed("the value is not the one that was committed to");
}
