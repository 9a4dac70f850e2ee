import { type Bytes, concat } from "./bytes.ts";
import { LedgerError } from "./errors.ts";
import { appendSubtrees, emptyFrontier, type Frontier, rootOf } from "./frontier.ts";
import type { NodeReader } from "./proof.ts";
import { type TileAddress, tilesOfLevel, tileWidth } from "./tile-path.ts";
import { hashSizeBytes } from "./tree-hash.ts";

export type Tile = TileAddress & Readonly<{ /** 32 bytes per hash, left to right. */ bytes: Bytes }>;

/** The partial tile of every level, lowest first; an empty array where a level has none. */
export type TileEdge = Readonly<{ size: number; levels: readonly (readonly Uint8Array[])[] }>;

export const emptyEdge: TileEdge = { size: 0, levels: [] };

/**
 * Appends leaf hashes to the tiles of a log.
 *
 * @returns the new edge, and every tile whose bytes are new: those that became full, then the partial ones.
 * Full tiles never change again; a partial tile is replaced by the next one of the same index.
 */
export function growTiles(
  edge: TileEdge,
  leafHashes: readonly Uint8Array[],
): { edge: TileEdge; tiles: readonly Tile[] } {
  const tiles: Tile[] = [];
  const levels: Uint8Array[][] = [];
  const size = edge.size + leafHashes.length;
  let incoming = leafHashes;
  for (let level = 0; incoming.length > 0 || level < edge.levels.length; level++) {
    const grown = growLevel(
      { level, before: tilesOfLevel(edge.size, level).full, partial: edge.levels[level] ?? [] },
      incoming,
    );
    tiles.push(...grown.tiles);
    levels.push(grown.partial);
    incoming = grown.roots;
  }
  return { edge: { size, levels }, tiles };
}

type LevelEdge = { level: number; /** full tiles so far */ before: number; partial: readonly Uint8Array[] };

function growLevel(
  { level, before, partial }: LevelEdge,
  incoming: readonly Uint8Array[],
): { tiles: Tile[]; roots: Uint8Array[]; partial: Uint8Array[] } {
  const hashes = [...partial, ...incoming];
  const tiles: Tile[] = [];
  const roots: Uint8Array[] = [];
  const full = Math.floor(hashes.length / tileWidth);
  for (let at = 0; at < full; at++) {
    const own = hashes.slice(at * tileWidth, (at + 1) * tileWidth);
    tiles.push({ level, index: before + at, width: tileWidth, bytes: concat(...own) });
    roots.push(rootOf(own));
  }
  const rest = hashes.slice(full * tileWidth);
  if (rest.length > 0 && incoming.length > 0)
    tiles.push({ level, index: before + full, width: rest.length, bytes: concat(...rest) });
  return { tiles, roots, partial: rest };
}

/** The right edge of the tree that ends in these partial tiles; its root is `frontierRoot` of it. */
export function frontierOfEdge(edge: TileEdge): Frontier {
  return edge.levels.reduceRight(
    (frontier, hashes, level) => appendSubtrees(frontier, hashes, 8 * level),
    emptyFrontier,
  );
}

/** @throws {LedgerError} `LEDGER_TILE_MALFORMED` when the bytes are not `width` hashes */
export function hashesOfTile(bytes: Uint8Array, width: number): Uint8Array[] {
  if (bytes.length !== width * hashSizeBytes) {
    throw new LedgerError(
      "LEDGER_TILE_MALFORMED",
      `a tile of ${width} hashes has ${width * hashSizeBytes} bytes, not ${bytes.length}`,
    );
  }
  return Array.from({ length: width }, (_, at) => bytes.subarray(at * hashSizeBytes, (at + 1) * hashSizeBytes));
}

/**
 * Lets `proveInclusion` and `proveConsistency` read from the tiles of a log of this size.
 * @param readTile gives the bytes of a tile; a wider version of a partial tile is as good
 */
export function tileNodeReader(size: number, readTile: (address: TileAddress) => Promise<Uint8Array>): NodeReader {
  return async (level, index) => {
    const tileLevel = Math.floor(level / 8);
    const count = 2 ** (level % 8);
    const first = index * count;
    const tileIndex = Math.floor(first / tileWidth);
    const { full, partialWidth } = tilesOfLevel(size, tileLevel);
    const width = tileIndex < full ? tileWidth : partialWidth;
    const bytes = await readTile({ level: tileLevel, index: tileIndex, width });
    const start = first % tileWidth;
    return rootOf(hashesOfTile(bytes, bytes.length / hashSizeBytes).slice(start, start + count));
  };
}
