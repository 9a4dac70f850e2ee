import { tileWidth, hashesOfTile } from "@tyr/ledger";
import type { ReadDatabase } from "#platform/database";
import { readTiles } from "../store.ts";
import { oldestKeptFrom } from "./pruned-store.ts";

/** Tiles a page: as much hashing between two turns of the event loop as with bodies. */
const TILES = 4;
const HASH_BYTES = 32;

/**
 * What is left of entries whose bodies were pruned: whole tiles of leaf hashes, from entry `from` on.
 *
 * @returns undefined when the entry is not one of them; fewer hashes, or none, where a tile is gone too
 */
export async function hashesLeft(
  db: ReadDatabase,
  from: number,
  declared: number,
): Promise<readonly Uint8Array[] | undefined> {
  if (from >= declared || from % tileWidth !== 0) return undefined;
  const kept = await oldestKeptFrom(db, from);
  if (kept === from) return undefined;
  const end = Math.min(declared, kept ?? declared, from + TILES * tileWidth);
  const hashes: Uint8Array[] = [];
  for (let n = from / tileWidth; (n + 1) * tileWidth <= end; n += 1) {
    const [tile] = await readTiles(db, [{ level: 0, n }]);
    if (tile?.hashes.length !== tileWidth * HASH_BYTES) break;
    hashes.push(...hashesOfTile(tile.hashes, tileWidth));
  }
  return hashes;
}
