import { LedgerError } from "./errors.ts";
import { appendLeaves, type Frontier, frontierRoot } from "./frontier.ts";
import { leafHash } from "./tree-hash.ts";

/** Our own limit for one entry; anything larger belongs elsewhere, behind its digest. */
export const entrySizeBytesMax: number = 16 * 1024;

export type Appended = Readonly<{
  frontier: Frontier;
  /** In the order of the entries; the first belongs to the index that was the old size. */
  leafHashes: readonly Uint8Array[];
  root: Uint8Array;
  size: number;
}>;

/**
 * Appends entries to the right edge of the log. Pure: store entries, leaf hashes, frontier and root in one transaction,
 * and sign the checkpoint only after its commit.
 *
 * @param entries the bytes that will be stored, in their final order
 * @throws {LedgerError} `LEDGER_ENTRY_TOO_LARGE` beyond `entrySizeBytesMax`, before anything is appended
 */
export function append(frontier: Frontier, entries: readonly Uint8Array[]): Appended {
  entries.forEach(assertEntrySize);
  const leafHashes = entries.map(leafHash);
  const next = appendLeaves(frontier, leafHashes);
  return { frontier: next, leafHashes, root: frontierRoot(next), size: next.size };
}

/** To be called before an entry is taken in, so that it can never block the sequencer. */
export function assertEntrySize(entry: Uint8Array): void {
  if (entry.length <= entrySizeBytesMax) return;
  throw new LedgerError(
    "LEDGER_ENTRY_TOO_LARGE",
    `an entry has at most ${entrySizeBytesMax} bytes, this one ${entry.length}`,
  );
}
