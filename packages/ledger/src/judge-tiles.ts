import type { Doubt, TileAudit } from "./audit-tiles.ts";
import { equalBytes } from "./bytes.ts";
import type { LedgerCode } from "./errors.ts";
import { frontierRoot, rootOf } from "./frontier.ts";
import { frontierOfEdge } from "./tile.ts";
import { entriesPath, levelsOf, tilePath, tilesOfLevel, tileWidth } from "./tile-path.ts";

export type Finding = Readonly<{ code: LedgerCode; message: string; index?: number; path?: string }>;

type Place = Readonly<{ level: number; index: number }>;
type Hashes = readonly Uint8Array[];
/** The right edge that has the signed root, by level; undefined when neither view, nor any mix of them, has it. */
type TrustedEdge = readonly Hashes[] | undefined;

/**
 * Decides, from the signed root down, whether the entries or the stored hashes were altered, and names each place.
 * A hash is trusted if it is part of the edge that has the signed root, or of a tile whose root is a trusted hash.
 */
export function judgeTiles(audit: TileAudit, signedRoot: Uint8Array): Finding[] {
  const edge = audit.incomplete ? undefined : findEdge(audit, signedRoot);
  const trust = new Trust(audit, edge);
  return audit.doubts.flatMap((doubt) => explain(doubt, trust)).sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
}

/** Partial tiles have no parent: together they make the root. With at most seven levels all mixes can be tried. */
function findEdge(audit: TileAudit, signedRoot: Uint8Array): TrustedEdge {
  let mixes: Hashes[][] = [[]];
  for (const level of levelsOf(audit.size)) {
    const { full, partialWidth } = tilesOfLevel(audit.size, level);
    const start = level === 0 ? 0 : full * tileWidth;
    const views = audit.levels[level] ?? { stored: [], derived: [] };
    const stored = views.stored.slice(start, start + partialWidth);
    const derived = views.derived.slice(start, start + partialWidth);
    const choices = sameHashes(stored, derived) ? [derived] : [derived, stored];
    mixes = mixes.flatMap((mix) => choices.map((choice) => [...mix, choice]));
  }
  return mixes.find((levels) => equalBytes(frontierRoot(frontierOfEdge({ size: audit.size, levels })), signedRoot));
}

class Trust {
  readonly #audit: TileAudit;
  readonly #edge: TrustedEdge;
  readonly #known = new Map<string, Hashes | undefined>();
  readonly #doubted: ReadonlySet<string>;

  constructor(audit: TileAudit, edge: TrustedEdge) {
    this.#audit = audit;
    this.#edge = edge;
    this.#doubted = new Set(audit.doubts.map(({ address }) => keyOf(address)));
  }

  /** Nothing is left of the entries below but their hashes. */
  isPruned({ level, index }: Place): boolean {
    const first = index * tileWidth ** (level + 1);
    const last = first + tileWidth ** (level + 1) - 1;
    return this.#audit.pruned.some((range) => range.first <= first && last <= range.last);
  }

  isDoubted(tile: Place): boolean {
    return this.#doubted.has(keyOf(tile));
  }

  /** Which view of the tile is the one that was signed; undefined when neither can be shown to be. */
  viewOf({ address, roots }: Doubt): "stored" | "derived" | undefined {
    const { level, index, width } = address;
    if (width < tileWidth) return this.#viewOfEdge(level);
    const parent = this.#hashesOf(level + 1, Math.floor(index / tileWidth))?.[index % tileWidth];
    if (parent === undefined) return undefined;
    if (equalBytes(roots.stored, parent)) return "stored";
    return equalBytes(roots.derived, parent) ? "derived" : undefined;
  }

  #viewOfEdge(level: number): "stored" | "derived" | undefined {
    const chosen = this.#edge?.[level];
    if (chosen === undefined) return undefined;
    const { partialWidth } = tilesOfLevel(this.#audit.size, level);
    const derived = this.#audit.levels[level]?.derived.slice(-partialWidth) ?? [];
    return sameHashes(chosen, derived) ? "derived" : "stored";
  }

  /** Trusted hashes of a tile above the leaves. */
  #hashesOf(level: number, index: number): Hashes | undefined {
    const { full } = tilesOfLevel(this.#audit.size, level);
    if (index >= full) return this.#edge?.[level];
    const key = keyOf({ level, index });
    if (!this.#known.has(key)) this.#known.set(key, this.#findHashes(level, index));
    return this.#known.get(key);
  }

  #findHashes(level: number, index: number): Hashes | undefined {
    const parent = this.#hashesOf(level + 1, Math.floor(index / tileWidth))?.[index % tileWidth];
    const { stored = [], derived = [] } = this.#audit.levels[level] ?? {};
    return [stored, derived]
      .map((hashes) => hashes.slice(index * tileWidth, (index + 1) * tileWidth))
      .find((hashes) => parent !== undefined && equalBytes(rootOf(hashes), parent));
  }
}

function explain(doubt: Doubt, trust: Trust): Finding[] {
  const view = trust.viewOf(doubt);
  if (view === "derived") return doubt.positions.map((position) => tileFinding(doubt, position));
  if (doubt.address.level === 0) return doubt.positions.map((position) => entryFinding(doubt, position, view));
  if (view === undefined)
    return doubt.positions.map((position) => tileFinding(doubt, position, "LEDGER_ENTRY_OR_TILE_ALTERED"));
  return doubt.positions.flatMap((position) => rangeFinding(doubt, position, trust));
}

function tileFinding({ address }: Doubt, position: number, code: LedgerCode = "LEDGER_TILE_ALTERED"): Finding {
  const path = tilePath(address);
  const index = (address.index * tileWidth + position) * tileWidth ** address.level;
  const what =
    code === "LEDGER_TILE_ALTERED"
      ? "was altered"
      : "does not fit the entries below it, and neither fits the signed root";
  return {
    code,
    path,
    index,
    message: `hash ${position} of the tile ${path} ${what} (it covers ${covered(index, address.level)})`,
  };
}

function entryFinding({ address }: Doubt, position: number, view: "stored" | undefined): Finding {
  const index = address.index * tileWidth + position;
  const path = entriesPath(address);
  if (view === "stored")
    return {
      code: "LEDGER_ENTRY_ALTERED",
      path,
      index,
      message: `entry ${index} is not the one that was signed (${path})`,
    };
  const message = `entry ${index} and its hash in ${tilePath(address)} differ, and neither fits the signed root`;
  return { code: "LEDGER_ENTRY_OR_TILE_ALTERED", path, index, message };
}

/** The hash above is the signed one, so what is below is not. If the tile below is itself in doubt, it says more. */
function rangeFinding({ address }: Doubt, position: number, trust: Trust): Finding[] {
  const child = { level: address.level - 1, index: address.index * tileWidth + position };
  if (trust.isDoubted(child)) return [];
  const path = tilePath({ ...child, width: tileWidth });
  const index = child.index * tileWidth ** address.level;
  if (trust.isPruned(child)) {
    const message = `hashes of pruned entries in the tile ${path} were altered (among ${covered(index, address.level)})`;
    return [{ code: "LEDGER_TILE_ALTERED", path, index, message }];
  }
  const message = `among ${covered(index, address.level)} some were altered together with their hashes in ${path}`;
  return [{ code: "LEDGER_ENTRY_ALTERED", path, index, message }];
}

function keyOf({ level, index }: Place): string {
  return `${level}/${index}`;
}

function covered(index: number, level: number): string {
  return level === 0 ? `entry ${index}` : `the entries ${index} to ${index + tileWidth ** level - 1}`;
}

function sameHashes(a: Hashes, b: Hashes): boolean {
  return a.length === b.length && a.every((hash, at) => equalBytes(hash, b[at] ?? new Uint8Array(0)));
}
