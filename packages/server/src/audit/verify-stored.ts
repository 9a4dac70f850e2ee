import {
  appendLeaves,
  emptyEdge,
  emptyFrontier,
  entrySizeBytesMax,
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
import { columnsText, leafPages, type ReadLeaves, type StoredLeaf } from "./leaf-page-store.ts";
import { checkpointsBetween, readTiles, type CheckpointRow } from "./store.ts";
import { hashesLeft } from "./pruning/hashes-left.ts";
import { sameBytes, type Tree } from "./tree.ts";

type Problem = AuditVerification["problems"][number];

const PROBLEMS_MAX = 100;
const HASH_HEX = /^[0-9a-f]{64}$/;

/** Keeps the first problems and counts on: a log rewritten as a whole must not fill the memory. */
class Findings {
  readonly problems: Problem[] = [];
  add(code: string, index: number | null, message: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ code, index, message });
  }
}

function columnsFit(bytes: Uint8Array, columns: string): boolean {
  const said = columnsOf(bytes);
  return said === undefined || columnsText(said) === columns;
}

/** The hash as derived from the bytes; where there are none to derive it from, what was recorded, so that the walk can go on. */
function checkLeaf({ index, bytes, leafHashHex, columns }: StoredLeaf, findings: Findings): Uint8Array {
  if (bytes === undefined) {
    findings.add("LEDGER_ENTRY_ALTERED", index, `entry ${index} has no bytes, or more than ${entrySizeBytesMax}`);
    return Buffer.from(HASH_HEX.test(leafHashHex) ? leafHashHex : "00".repeat(32), "hex");
  }
  const hash = leafHash(bytes);
  if (Buffer.from(hash).toString("hex") !== leafHashHex)
    findings.add("LEDGER_ENTRY_ALTERED", index, `entry ${index} does not have its recorded hash`);
  if (!columnsFit(bytes, columns))
    findings.add("AUDIT_COLUMN_ALTERED", index, `the search columns of entry ${index} differ from its bytes`);
  return hash;
}

/** `gap`: an entry is missing after these, and nothing can be said of what follows. */
type Page = Readonly<{ hashes: readonly Uint8Array[]; gap: boolean }>;

/** Up to the first entry that is missing. */
function checkPage(leaves: readonly StoredLeaf[], from: number, findings: Findings): Page {
  const gap = leaves.findIndex(({ index }, at) => index !== from + at);
  const hashes = (gap < 0 ? leaves : leaves.slice(0, gap)).map((leaf) => checkLeaf(leaf, findings));
  if (gap >= 0) {
    const missing = from + gap;
    findings.add(
      "LEDGER_EXPORT_MISSING",
      missing,
      `entry ${missing} is missing; the next stored is ${leaves[gap]?.index}`,
    );
  }
  return { hashes, gap: gap >= 0 };
}

type Stretch = Readonly<{ from: number; declared: number; read: ReadLeaves }>;

/** `left`: how many of the hashes are all that is left of their entries. */
async function nextPage(
  db: ReadDatabase,
  { from, declared, read }: Stretch,
  findings: Findings,
): Promise<Page & Readonly<{ left: number }>> {
  const left = await hashesLeft(db, from, declared);
  if (left !== undefined) return { hashes: left, gap: false, left: left.length };
  return { ...checkPage(await read(from), from, findings), left: 0 };
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

const wholeOf = (tiles: readonly Tile[]): readonly Tile[] => tiles.filter(({ width }) => width === tileWidth);

/** The last word: everything before only explains why not. */
function checkRoot(root: Uint8Array, target: Tree, findings: Findings): void {
  if (findings.problems.length > 0 || sameBytes(root, target.root)) return;
  findings.add("LEDGER_ROOT_MISMATCH", null, `the ${target.size} entries do not have the root that was signed`);
}

const truncated = (signed: number, stored: number): string =>
  `a checkpoint over ${signed} entries was signed, but ${signed - stored} of them are not stored`;

export type StoredVerdict = Readonly<{
  entriesRead: number;
  /** Entries known by their hashes alone. */
  pruned: number;
  root: Uint8Array;
  problems: readonly Problem[];
}>;

/**
 * Recomputes the stored log from its bytes: every leaf hash, every hash tile, the root at every stored checkpoint and
 * the root of `target`. One changed byte is named by the index of its entry. Memory does not depend on the size.
 *
 * @param target what was signed
 * @param declared entries 0 up to but without this may have lost their bodies: their hashes must be there
 */
export async function verifyStored(
  db: ReadDatabase,
  target: Tree & Pick<CheckpointRow, "size">,
  declared = 0,
): Promise<StoredVerdict> {
  const findings = new Findings();
  const read = leafPages(db, target.size);
  let pruned = 0;
  let frontier: Frontier = emptyFrontier;
  let edge: TileEdge = emptyEdge;
  while (frontier.size < target.size) {
    const from = frontier.size;
    const { hashes, gap, left } = await nextPage(db, { from, declared, read }, findings);
    pruned += left;
    const grown = growTiles(edge, hashes);
    edge = grown.edge;
    const mayGrow = !gap && from + hashes.length < target.size;
    await checkTiles(db, mayGrow ? wholeOf(grown.tiles) : grown.tiles, findings);
    frontier = await checkPast(db, { before: frontier, hashes }, findings);
    if (hashes.length === 0 && !gap) findings.add("LEDGER_TRUNCATED", from, truncated(target.size, from));
    if (gap || hashes.length === 0) break;
  }
  const root = frontierRoot(frontier);
  checkRoot(root, target, findings);
  return { entriesRead: frontier.size - pruned, pruned, root, problems: findings.problems };
}
