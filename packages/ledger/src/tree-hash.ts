import { type Bytes, concat } from "./bytes.ts";
import { LedgerError } from "./errors.ts";
import { sha256 } from "./sha256.ts";

export const hashSizeBytes = 32;

const leafPrefix = Uint8Array.of(0);
/** Filled again for every entry that fits, begins with the zero byte. */
const leafInput = new Uint8Array(16 * 1024 + 1);
/** Filled again for every node: hashing is synchronous, so nobody sees it half written. */
const nodeInput = new Uint8Array(1 + 2 * hashSizeBytes);
nodeInput[0] = 1;

/** Root of the tree without entries: SHA-256 of nothing (RFC 6962 section 2.1). */
export function emptyRoot(): Bytes {
  return sha256(new Uint8Array(0));
}

/** SHA-256 over a zero byte and the entry (RFC 6962 section 2.1): a node can never pass for an entry. */
export function leafHash(entry: Uint8Array): Bytes {
  if (entry.length >= leafInput.length) return sha256(concat(leafPrefix, entry));
  leafInput.set(entry, 1);
  return sha256(leafInput.subarray(0, 1 + entry.length));
}

/**
 * SHA-256 over a one byte and both children, 32 bytes each (RFC 6962 section 2.1).
 * @throws {LedgerError} `LEDGER_HASH_LENGTH`
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Bytes {
  if (left.length !== hashSizeBytes || right.length !== hashSizeBytes) {
    throw new LedgerError(
      "LEDGER_HASH_LENGTH",
      `a node joins two 32-byte hashes, not ${left.length} and ${right.length}`,
    );
  }
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + hashSizeBytes);
  return sha256(nodeInput);
}

export function assertSize(size: number, what: string): void {
  if (Number.isSafeInteger(size) && size >= 0) return;
  throw new LedgerError("LEDGER_SIZE_INVALID", `${what} is ${size}, not a whole number from 0 to 2^53 - 1`);
}
