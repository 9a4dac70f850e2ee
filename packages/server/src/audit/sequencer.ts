import { append, frontierOfEdge, growTiles } from "@tyr/ledger";
import type { Database, WriteTransaction } from "#platform/database";
import { columnsOf, type EntryColumns } from "./entry.ts";
import { AuditDiverged } from "./errors.ts";
import {
  anyWaiting,
  lockTree,
  moveToLog,
  putTiles,
  readOldest,
  reclaimIntake,
  updateTree,
  type PlacedLeaf,
  type WaitingRow,
} from "./store.ts";
import { loadEdge } from "./tree.ts";

/** Short transactions: on the embedded engine nobody else reads or writes meanwhile. */
export const SEQUENCED_ROWS_MAX = 1_000;

/** Bytes that are no entry of ours are logged all the same: the sequencer never stalls and never drops. */
function foreign(id: string): EntryColumns {
  return {
    id,
    at: new Date(0).toISOString(),
    type: "unreadable",
    actor_id: "unknown",
    object_id: "unknown",
    outcome: "failure",
    request_id: null,
  };
}

function toLeaf({ number, id, bytes }: WaitingRow, index: number, leaf_hash: Uint8Array): PlacedLeaf {
  const { at, ...columns } = columnsOf(bytes) ?? foreign(id);
  return { ...columns, id, number, index, at: new Date(at), leaf_hash };
}

async function sequence(tx: WriteTransaction): Promise<number> {
  const tree = await lockTree(tx);
  // Only whoever holds that lock takes rows away.
  const rows = await readOldest(tx, SEQUENCED_ROWS_MAX);
  if (rows.length === 0) return 0;
  const edge = await loadEdge(tx, tree);
  const appended = append(
    frontierOfEdge(edge),
    rows.map((row) => row.bytes),
  );
  const leaves = rows.map((row, at) => toLeaf(row, tree.size + at, appended.leafHashes[at] ?? new Uint8Array(0)));
  const moved = await moveToLog(tx, leaves);
  if (moved !== rows.length)
    throw new AuditDiverged(
      `of ${rows.length} waiting entries ${rows.length - moved} were changed while they were hashed`,
    );
  const grown = growTiles(edge, appended.leafHashes);
  await putTiles(
    tx,
    grown.tiles.map(({ level, index, bytes }) => ({ level, n: index, hashes: bytes })),
  );
  await updateTree(tx, appended);
  return rows.length;
}

/**
 * Gives waiting entries their places in the tree, in one transaction that begins by locking the tree row: any number
 * of sequencers may run, one appends at a time. The intake number orders what is committed; it is never the index,
 * because numbers are not handed out in commit order.
 *
 * @returns how many entries were appended; `SEQUENCED_ROWS_MAX` means that more may wait
 * @throws {AuditDiverged} `AUDIT_DIVERGED` when the stored edge is not that of the stored root; nothing is appended
 */
export async function sequenceWaiting({ engine, read, bookkeep }: Database): Promise<number> {
  if (!(await anyWaiting(read))) return 0;
  const appended = await bookkeep("audit-tree", sequence);
  if (engine === "pglite" && appended > 0 && appended < SEQUENCED_ROWS_MAX) await bookkeep("audit-tree", reclaimIntake);
  return appended;
}
