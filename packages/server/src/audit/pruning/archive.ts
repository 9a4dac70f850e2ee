import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { decodeBundle, encodeBundle, entriesPath, leafHash, tileWidth } from "@tyr/ledger";
import type { ReadDatabase } from "#platform/database";
import { AuditDiverged } from "../errors.ts";
import { readLeaves, readTiles } from "../store.ts";

const HASH_BYTES = 32;

/** On disk before it is seen under its name; whatever a crash left beside it is written anew. */
function writeWhole(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.partial`;
  const handle = openSync(beside, "w", 0o600);
  try {
    writeSync(handle, bytes);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(beside, path);
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Leaf hashes of the archived file, read from disk; undefined unless it is whole and hashes to `tile`. */
function hashesInFile(path: string, tile: Uint8Array): readonly Uint8Array[] | undefined {
  if (!existsSync(path)) return undefined;
  const decoded = decodeBundle(readFileSync(path), tileWidth);
  if (!decoded.ok) return undefined;
  const hashes = decoded.value.map(leafHash);
  return Buffer.compare(Buffer.concat(hashes), tile) === 0 ? hashes : undefined;
}

/** @throws {AuditDiverged} `AUDIT_DIVERGED` when the tile is gone or cut: then nothing may be dropped that hashes to it */
async function wholeTile(db: ReadDatabase, n: number): Promise<Uint8Array> {
  const [tile] = await readTiles(db, [{ level: 0, n }]);
  if (tile?.hashes.length === tileWidth * HASH_BYTES) return tile.hashes;
  throw new AuditDiverged(`the hash tile 0/${n} is missing or cut`);
}

/**
 * Puts one full bundle into the archive, in the layout of an export, unless it is there already; then reads it back from
 * disk and holds it to the log's own hash tile.
 *
 * @returns the leaf hashes of what is on disk
 * @throws {AuditDiverged} `AUDIT_DIVERGED` when the stored entries do not hash to their tile: nothing is dropped then
 */
export async function archiveBundle(db: ReadDatabase, folder: string, n: number): Promise<readonly Uint8Array[]> {
  const path = join(folder, ...entriesPath({ index: n, width: tileWidth }).split("/"));
  const tile = await wholeTile(db, n);
  const there = hashesInFile(path, tile);
  if (there !== undefined) return there;
  const leaves = await readLeaves(db, n * tileWidth, (n + 1) * tileWidth);
  if (leaves.length === tileWidth) writeWhole(path, encodeBundle(leaves.map((leaf) => leaf.bytes)));
  const written = hashesInFile(path, tile);
  if (written !== undefined) return written;
  throw new AuditDiverged(`the entries of bundle ${n} do not hash to the tile 0/${n}: they are kept as they are`);
}
