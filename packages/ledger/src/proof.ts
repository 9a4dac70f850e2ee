import { equalBytes } from "./bytes.ts";
import { LedgerError } from "./errors.ts";
import { assertSize, hashSizeBytes, nodeHash } from "./tree-hash.ts";

/** Gives the root of the perfect subtree over leaves `index * 2^level` to `(index + 1) * 2^level - 1`. */
export type NodeReader = (level: number, index: number) => Uint8Array | Promise<Uint8Array>;

/** Leaves from `begin` up to but without `end`. */
type Range = Readonly<{ begin: number; end: number }>;

export type InclusionClaim = Readonly<{
  index: number;
  size: number;
  leafHash: Uint8Array;
  root: Uint8Array;
  proof: readonly Uint8Array[];
}>;
export type ConsistencyClaim = Readonly<{
  oldSize: number;
  newSize: number;
  oldRoot: Uint8Array;
  newRoot: Uint8Array;
  proof: readonly Uint8Array[];
}>;

/**
 * Proof that the leaf at `index` is in the tree of `size` leaves: at most ceil(log2 size) hashes (RFC 6962 2.1.1).
 * @throws {LedgerError} `LEDGER_SIZE_INVALID` when the index is not below the size
 */
export async function proveInclusion(index: number, size: number, read: NodeReader): Promise<Uint8Array[]> {
  assertSize(size, "the tree size");
  assertSize(index, "the index");
  if (index >= size) throw new LedgerError("LEDGER_SIZE_INVALID", `index ${index} is not below the size ${size}`);
  return await hashRanges(inclusionRanges(index, { begin: 0, end: size }), read);
}

/**
 * Proof that the tree of `oldSize` leaves is the beginning of the tree of `newSize` leaves (RFC 6962 2.1.2).
 * @throws {LedgerError} `LEDGER_SIZE_INVALID` unless 1 ≤ oldSize ≤ newSize: there is nothing to prove from an empty tree
 */
export async function proveConsistency(oldSize: number, newSize: number, read: NodeReader): Promise<Uint8Array[]> {
  assertSize(oldSize, "the old size");
  assertSize(newSize, "the new size");
  if (oldSize < 1 || oldSize > newSize) {
    throw new LedgerError("LEDGER_SIZE_INVALID", `no consistency proof leads from size ${oldSize} to ${newSize}`);
  }
  return await hashRanges(consistencyRanges(oldSize, { begin: 0, end: newSize }, true), read);
}

/** True only if the proof leads from the leaf hash to the root (RFC 9162 2.1.3.2). Anything malformed is false. */
export function verifyInclusion({ index, size, leafHash, root, proof }: InclusionClaim): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes([leafHash, root, ...proof])) return false;
  let at = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash);
      [at, last] = skipLonelyLevels(at, last);
    } else {
      hash = nodeHash(hash, sibling);
    }
    at = half(at);
    last = half(last);
  }
  return last === 0 && equalBytes(hash, root);
}

/** True only if the old tree is the beginning of the new one (RFC 9162 2.1.4.2). An old size of 0 proves nothing: false. */
export function verifyConsistency({ oldSize, newSize, oldRoot, newRoot, proof }: ConsistencyClaim): boolean {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize < 1 || oldSize > newSize) return false;
  // Nothing is hashed here, so the published vectors let roots of any length be equal.
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldRoot, newRoot);
  if (proof.length === 0 || !areHashes([oldRoot, newRoot, ...proof])) return false;
  // A perfect old tree is itself the first node of the path, so the proof leaves it out.
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof;
  const [first, ...rest] = path;
  return first !== undefined && followConsistency({ oldSize, newSize, oldRoot, newRoot, proof: rest }, first);
}

function followConsistency(
  { oldSize, newSize, oldRoot, newRoot, proof }: ConsistencyClaim,
  first: Uint8Array,
): boolean {
  let at = oldSize - 1;
  let last = newSize - 1;
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  let oldHash = first;
  let newHash = first;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      [at, last] = skipLonelyLevels(at, last);
    } else {
      newHash = nodeHash(newHash, sibling);
    }
    at = half(at);
    last = half(last);
  }
  return last === 0 && equalBytes(oldHash, oldRoot) && equalBytes(newHash, newRoot);
}

/** On the right edge a node without a sibling is carried up unchanged until it is a right child. */
function skipLonelyLevels(at: number, last: number): [number, number] {
  while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
  return [at, last];
}

function inclusionRanges(index: number, { begin, end }: Range): Range[] {
  if (end - begin === 1) return [];
  const middle = begin + largestPowerOfTwoBelow(end - begin);
  if (index < middle) return [...inclusionRanges(index, { begin, end: middle }), { begin: middle, end }];
  return [...inclusionRanges(index, { begin: middle, end }), { begin, end: middle }];
}

/** `known` means that the verifier holds the root of this very range already. */
function consistencyRanges(oldSize: number, { begin, end }: Range, known: boolean): Range[] {
  if (oldSize === end) return known ? [] : [{ begin, end }];
  const middle = begin + largestPowerOfTwoBelow(end - begin);
  if (oldSize <= middle) return [...consistencyRanges(oldSize, { begin, end: middle }, known), { begin: middle, end }];
  return [...consistencyRanges(oldSize, { begin: middle, end }, false), { begin, end: middle }];
}

async function hashRanges(ranges: readonly Range[], read: NodeReader): Promise<Uint8Array[]> {
  const hashes: Uint8Array[] = [];
  for (const range of ranges) hashes.push(await hashRange(range, read));
  return hashes;
}

async function hashRange({ begin, end }: Range, read: NodeReader): Promise<Uint8Array> {
  const width = end - begin;
  if (isPowerOfTwo(width)) return await read(Math.log2(width), begin / width);
  const middle = begin + largestPowerOfTwoBelow(width);
  return nodeHash(await hashRange({ begin, end: middle }, read), await hashRange({ begin: middle, end }, read));
}

/** For 2 and more: the largest power of two that is smaller than the value. Exact up to 2^53. */
function largestPowerOfTwoBelow(value: number): number {
  let power = 1;
  while (power * 2 < value) power *= 2;
  return power;
}

function isPowerOfTwo(value: number): boolean {
  return value === 1 || largestPowerOfTwoBelow(value) * 2 === value;
}

/** Bit operators would cut at 32 bits. */
function half(value: number): number {
  return Math.floor(value / 2);
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === hashSizeBytes);
}
