import {
  appendLeaves,
  emptyEdge,
  emptyFrontier,
  frontierRoot,
  growTiles,
  leafHash,
  tileWidth,
  type Frontier,
  type Tile,
  type TileEdge,
} from "@tyr/ledger";
import type { AuditVerification } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { columnsOf } from "./entry.ts";
import { checkpointsBetween, readLeaves, readTiles, type CheckpointRow, type LeafRow } from "./store.ts";
import { sameBytes, type Tree } from "./tree.ts";

type Problem = AuditVerification["problems"][number];

/** Four tiles at a time: some milliseconds of hashing between two turns of the event loop. */
const PAGE = 4 * tileWidth;
const PROBLEMS_MAX = 100;

/** Keeps the first problems and counts on: a log rewritten as a whole must not fill the memory. */
class Findings {
  readonly problems: Problem[] = [];
  add(code: string, index: number | null, message: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ code, index, message });
  }
}

function checkLeaf(leaf: LeafRow, hash: Uint8Array, findings: Findings): void {
  if (!sameBytes(hash, leaf.leaf_hash))
    findings.add("LEDGER_ENTRY_ALTERED", leaf.index, `entry ${leaf.index} does not have its recorded hash`);
  const said = columnsOf(leaf.bytes);
  const fits =
    said === undefined ||
    (Object.keys(said) as (keyof typeof said)[]).every(
      (name) => said[name] === (name === "at" ? leaf.at.toISOString() : leaf[name]),
    );
  if (!fits)
    findings.add("AUDIT_COLUMN_ALTERED", leaf.index, `the search columns of entry ${leaf.index} differ from its bytes`);
}

/** Hashes of the page as derived from the bytes; undefined when rows are missing. */
function checkPage(leaves: readonly LeafRow[], from: number, findings: Findings): Uint8Array[] {
  return leaves.map((leaf, at) => {
    if (leaf.index !== from + at)
      findings.add(
        "LEDGER_EXPORT_MISSING",
        from + at,
        `entry ${from + at} is missing; the next stored is ${leaf.index}`,
      );
    const hash = leafHash(leaf.bytes);
    checkLeaf(leaf, hash, findings);
    return hash;
  });
}

async function checkTiles(db: ReadDatabase, tiles: readonly Tile[], findings: Findings): Promise<void> {
  const stored = await readTiles(
    db,
    tiles.map(({ level, index }) => ({ level, n: index })),
  );
  for (const { level, index, bytes } of tiles) {
    const found = stored.find((one) => one.level === level && one.n === index);
    // A partial tile may have grown since the checkpoint: its beginning is what was signed.
    if (found !== undefined && sameBytes(found.hashes.subarray(0, bytes.length), bytes)) continue;
    findings.add(
      "LEDGER_TILE_ALTERED",
      index * tileWidth ** (level + 1),
      `the hash tile ${level}/${index} is not that of its entries`,
    );
  }
}

/** The roots this history had where checkpoints were signed, compared with what was signed there. */
async function checkPast(
  db: ReadDatabase,
  page: Readonly<{ before: Frontier; hashes: readonly Uint8Array[] }>,
  findings: Findings,
): Promise<Frontier> {
  let frontier = page.before;
  const end = frontier.size + page.hashes.length;
  for (const past of await checkpointsBetween(db, frontier.size, end)) {
    frontier = appendLeaves(
      frontier,
      page.hashes.slice(frontier.size - page.before.size, past.size - page.before.size),
    );
    if (!sameBytes(frontierRoot(frontier), past.root))
      findings.add("LEDGER_HISTORY_REWRITTEN", null, `the checkpoint stored for ${past.size} entries has another root`);
  }
  return appendLeaves(frontier, page.hashes.slice(frontier.size - page.before.size));
}

export type StoredVerdict = Readonly<{ entriesRead: number; root: Uint8Array; problems: readonly Problem[] }>;

/**
 * Recomputes the stored log from its bytes: every leaf hash, every hash tile, the root at every stored checkpoint and
 * the root of `target`. One changed byte is named by the index of its entry. Memory does not depend on the size.
 *
 * @param target what was signed
 */
export async function verifyStored(
  db: ReadDatabase,
  target: Tree & Pick<CheckpointRow, "size">,
): Promise<StoredVerdict> {
  const findings = new Findings();
  let frontier: Frontier = emptyFrontier;
  let edge: TileEdge = emptyEdge;
  while (frontier.size < target.size) {
    const from = frontier.size;
    const leaves = await readLeaves(db, from, Math.min(from + PAGE, target.size));
    const hashes = checkPage(leaves, from, findings);
    const grown = growTiles(edge, hashes);
    edge = grown.edge;
    const last = from + hashes.length >= target.size;
    await checkTiles(db, last ? grown.tiles : grown.tiles.filter((tile) => tile.width === tileWidth), findings);
    frontier = await checkPast(db, { before: frontier, hashes }, findings);
    if (hashes.length < Math.min(PAGE, target.size - from)) break;
  }
  if (frontier.size < target.size)
    findings.add(
      "LEDGER_TRUNCATED",
      frontier.size,
      `a checkpoint over ${target.size} entries was signed, but ${target.size - frontier.size} of them are not stored`,
    );
  const root = frontierRoot(frontier);
  if (findings.problems.length === 0 && !sameBytes(root, target.root))
    findings.add("LEDGER_ROOT_MISMATCH", null, `the ${target.size} entries do not have the root that was signed`);
  return { entriesRead: frontier.size, root, problems: findings.problems };
}
