import {
  edgeAddresses,
  emptyRoot,
  frontierOfEdge,
  frontierRoot,
  hashesOfTile,
  levelsOf,
  proveConsistency,
  tileNodeReader,
  verifyConsistency,
  type NodeReader,
  type TileEdge,
} from "@tyr/ledger";
import type { ReadDatabase } from "#platform/database";
import { AuditDiverged } from "./errors.ts";
import { readTiles, type TileRow } from "./store.ts";

const HASH_BYTES = 32;

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

export type Tree = Readonly<{ size: number; root: Uint8Array }>;
export const emptyTree: Tree = { size: 0, root: emptyRoot() };

/**
 * Loads the right edge of the tree: at most one tile per level, whatever the size.
 *
 * @throws {AuditDiverged} `AUDIT_DIVERGED` when the stored tiles do not have the stored root
 */
export async function loadEdge(db: ReadDatabase, { size, root }: Tree): Promise<TileEdge> {
  const addresses = edgeAddresses(size);
  const tiles = await readTiles(
    db,
    addresses.map(({ level, index }) => ({ level, n: index })),
  );
  const levels = levelsOf(size).map((level): readonly Uint8Array[] => {
    const address = addresses.find((one) => one.level === level);
    if (address === undefined) return [];
    const tile = tiles.find((one) => one.level === level);
    if (tile?.hashes.length !== address.width * HASH_BYTES)
      throw new AuditDiverged(`the hash tile ${level}/${address.index} at the edge of the log is missing or cut`);
    return hashesOfTile(tile.hashes, address.width);
  });
  const edge = { size, levels };
  if (!sameBytes(frontierRoot(frontierOfEdge(edge)), root))
    throw new AuditDiverged(
      `the hash tiles at the edge of the log do not have the root stored for its ${size} entries`,
    );
  return edge;
}

/** Reads nodes from the stored tiles, each tile once per reader; those already `read` not at all. */
export function storedNodes(db: ReadDatabase, size: number, read: readonly TileRow[] = []): NodeReader {
  const seen = new Map(read.map(({ level, n, hashes }) => [`${level}/${n}`, Promise.resolve(hashes)]));
  return tileNodeReader(size, async ({ level, index, width }) => {
    const name = `${level}/${index}`;
    const known = seen.get(name) ?? loadTile(db, level, index);
    seen.set(name, known);
    const hashes = await known;
    if (hashes.length < width * HASH_BYTES) throw new AuditDiverged(`the hash tile ${name} is missing or cut`);
    return hashes.subarray(0, width * HASH_BYTES);
  });
}

/** The right edges of both trees in one go: what a proof needs that is about as old as the last checkpoint. */
async function readEdges(db: ReadDatabase, earlier: number, later: number): Promise<readonly TileRow[]> {
  if (earlier === later) return [];
  const edges = [...edgeAddresses(earlier), ...edgeAddresses(later)].map(({ level, index }) => [level, index] as const);
  const once = new Map(edges.map(([level, n]) => [`${level}/${n}`, { level, n }]));
  return await readTiles(db, [...once.values()]);
}

async function loadTile(db: ReadDatabase, level: number, n: number): Promise<Uint8Array> {
  const [tile] = await readTiles(db, [{ level, n }]);
  return tile?.hashes ?? new Uint8Array(0);
}

/**
 * Refuses unless `earlier` is the beginning of `later`, by the hash tiles.
 *
 * @throws {AuditDiverged} `AUDIT_DIVERGED`: smaller, or another history
 */
export async function assertContinues(db: ReadDatabase, earlier: Tree, later: Tree): Promise<void> {
  if (later.size < earlier.size)
    throw new AuditDiverged(
      `the log was signed over ${earlier.size} entries, but the database holds ${later.size}: ${earlier.size - later.size} are missing at the end`,
    );
  if (earlier.size === 0) return;
  const edges = await readEdges(db, earlier.size, later.size);
  const proof = await proveConsistency(earlier.size, later.size, storedNodes(db, later.size, edges));
  const claim = { oldSize: earlier.size, newSize: later.size, oldRoot: earlier.root, newRoot: later.root, proof };
  if (verifyConsistency(claim)) return;
  throw new AuditDiverged(
    `the log of ${later.size} entries does not continue the one that was signed over ${earlier.size}: history was changed`,
  );
}
