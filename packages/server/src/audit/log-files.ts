import {
  encodeBundle,
  formatTlogProof,
  parseLogPath,
  proveInclusion,
  tilesOfLevel,
  tileWidth,
  type LogPath,
} from "@tyr/ledger";
import { ok, refuse, type Result } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { findLeaf, isWaiting, readLeaves, readTiles, type CheckpointRow } from "./store.ts";
import { storedNodes } from "./tree.ts";

const HASH_BYTES = 32;

async function readTile(db: ReadDatabase, path: LogPath & { kind: "tile" }): Promise<Uint8Array | undefined> {
  const [tile] = await readTiles(db, [{ level: path.level, n: path.index }]);
  const bytes = tile?.hashes.subarray(0, path.width * HASH_BYTES);
  return bytes?.length === path.width * HASH_BYTES ? bytes : undefined;
}

async function readBundle(db: ReadDatabase, path: LogPath & { kind: "entries" }): Promise<Uint8Array | undefined> {
  const from = path.index * tileWidth;
  const leaves = await readLeaves(db, from, from + path.width);
  return leaves.length === path.width ? encodeBundle(leaves.map((leaf) => leaf.bytes)) : undefined;
}

/** Hashes or entries of a tile that the checkpoint covers. Beyond it nothing is signed, so nothing is served. */
function coveredWidth(size: number, path: LogPath): number {
  const { full, partialWidth } = tilesOfLevel(size, path.kind === "tile" ? path.level : 0);
  if (path.index < full) return tileWidth;
  return path.index === full ? partialWidth : 0;
}

/** A hash tile or an entry bundle of C2SP tlog-tiles, at any width up to what the checkpoint covers. */
export async function readLogFile(db: ReadDatabase, size: number, path: string): Promise<Result<Uint8Array>> {
  const missing = refuse("NOT_FOUND", `the log has no file ${JSON.stringify(path)}`);
  const parsed = parseLogPath(path);
  if (!parsed.ok || parsed.value.width > coveredWidth(size, parsed.value)) return missing;
  const read = parsed.value.kind === "tile" ? readTile(db, parsed.value) : readBundle(db, parsed.value);
  const bytes = await read;
  return bytes === undefined ? missing : ok(bytes);
}

/**
 * The `.tlog-proof` of one entry: everything somebody needs who has the log's public key. The bytes of the entry stand in
 * its `extra` line; nobody signed that line, but only the bytes that were logged hash to the leaf.
 */
export async function proveEntry(db: ReadDatabase, checkpoint: CheckpointRow, id: string): Promise<Result<string>> {
  const leaf = await findLeaf(db, id);
  if (leaf === undefined && !(await isWaiting(db, id))) return refuse("NOT_FOUND", `there is no audit entry ${id}`);
  if (leaf === undefined || leaf.index >= checkpoint.size)
    return refuse("NOT_READY", "the entry is written, but not yet in a checkpoint", { retryAfterSeconds: 2 });
  const hashes = await proveInclusion(leaf.index, checkpoint.size, storedNodes(db, checkpoint.size));
  return ok(formatTlogProof({ index: leaf.index, hashes, checkpoint: checkpoint.note, extra: leaf.bytes }));
}
