import { concat, readUint64, uint64 } from "./bytes.ts";
import { accept, LedgerError, refuse, type Result } from "./errors.ts";
import { emptyRoot, hashSizeBytes, nodeHash } from "./tree-hash.ts";

/**
 * The right edge of a tree: the roots of its perfect subtrees, largest first, one per set bit of `size`.
 * All that is needed to append and to know the root; at most 53 hashes.
 */
export type Frontier = Readonly<{ size: number; hashes: readonly Uint8Array[] }>;

export const emptyFrontier: Frontier = { size: 0, hashes: [] };

/** Appends leaf hashes; the given frontier is not changed. Costs one hash per leaf on average. */
export function appendLeaves(frontier: Frontier, leafHashes: Iterable<Uint8Array>): Frontier {
  return appendSubtrees(frontier, leafHashes, 0);
}

/**
 * Appends the roots of perfect subtrees of 2^level leaves each.
 * @throws {LedgerError} `LEDGER_FRONTIER_INVALID` when the size is not a multiple of 2^level
 */
export function appendSubtrees(frontier: Frontier, roots: Iterable<Uint8Array>, level: number): Frontier {
  const width = 2 ** level;
  if (frontier.size % width !== 0) {
    throw new LedgerError("LEDGER_FRONTIER_INVALID", `size ${frontier.size} is not a multiple of ${width}`);
  }
  const hashes = [...frontier.hashes];
  let count = frontier.size / width;
  for (const root of roots) {
    let merged = root;
    for (let rest = count; rest % 2 === 1; rest = Math.floor(rest / 2)) merged = nodeHash(lastOf(hashes), merged);
    hashes.push(merged);
    count++;
  }
  return { size: count * width, hashes };
}

/** Root over everything appended (RFC 6962 section 2.1). */
export function frontierRoot(frontier: Frontier): Uint8Array {
  return frontier.hashes.length === 0
    ? emptyRoot()
    : frontier.hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** Root of the tree over these leaf hashes. */
export function rootOf(leafHashes: Iterable<Uint8Array>): Uint8Array {
  return frontierRoot(appendLeaves(emptyFrontier, leafHashes));
}

/** Eight bytes of size, big-endian, then the hashes: fit for one database column. */
export function encodeFrontier(frontier: Frontier): Uint8Array {
  return concat(uint64(frontier.size), ...frontier.hashes);
}

export function decodeFrontier(bytes: Uint8Array): Result<Frontier> {
  const size = bytes.length < 8 ? undefined : readUint64(bytes);
  if (size === undefined) return refuse("LEDGER_FRONTIER_INVALID", "the size is missing or beyond 2^53 - 1");
  const count = bitCount(size);
  if (bytes.length !== 8 + count * hashSizeBytes) {
    return refuse("LEDGER_FRONTIER_INVALID", `size ${size} needs ${count} hashes, found ${bytes.length - 8} bytes`);
  }
  const hashes = Array.from({ length: count }, (_, at) =>
    bytes.slice(8 + at * hashSizeBytes, 8 + (at + 1) * hashSizeBytes),
  );
  return accept({ size, hashes });
}

function bitCount(value: number): number {
  return value.toString(2).replaceAll("0", "").length;
}

function lastOf(hashes: Uint8Array[]): Uint8Array {
  const last = hashes.pop();
  if (last === undefined)
    throw new LedgerError("LEDGER_FRONTIER_INVALID", "the right edge has fewer hashes than its size");
  return last;
}
