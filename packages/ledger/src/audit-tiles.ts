import { equalBytes } from "./bytes.ts";
import { cutBundle } from "./entry-bundle.ts";
import { appendLeaves, appendSubtrees, emptyFrontier, type Frontier, frontierRoot, rootOf } from "./frontier.ts";
import { hashesOfTile } from "./tile.ts";
import { addressesOfLevel, entriesPath, levelsOf, type TileAddress, tilePath, tileWidth } from "./tile-path.ts";
import { hashSizeBytes, leafHash } from "./tree-hash.ts";

/** The same hashes twice: as the tiles store them, and as they follow from the entries below. One array if they agree. */
type TwoViews<T> = Readonly<{ stored: T; derived: T }>;
type Hashes = readonly Uint8Array[];

/** A tile whose stored hashes are not those of the entries below it: one of the two was altered. */
export type Doubt = Readonly<{ address: TileAddress; positions: readonly number[]; roots: TwoViews<Uint8Array> }>;

/** A file that is missing or cannot be read as what it should be. */
type FileFault = Readonly<{
  code: "LEDGER_EXPORT_MISSING" | "LEDGER_TILE_MALFORMED";
  path: string;
  index: number;
  message: string;
}>;

/** What was found while reading; `judgeTiles` decides what it means, from the signed root down. */
export type TileAudit = Readonly<{
  size: number;
  /** Level 0 holds the last, partial tile alone; the levels above are whole, 1/256 of the log. */
  levels: readonly TwoViews<Hashes>[];
  doubts: readonly Doubt[];
  faults: readonly FileFault[];
  /** True when a bundle and its tile are both unusable: then no root can be computed. */
  incomplete: boolean;
  root: TwoViews<Uint8Array>;
  /** Roots at the sizes asked for. */
  rootsAt: ReadonlyMap<number, TwoViews<Uint8Array>>;
  entriesRead: number;
  /** Bundles that are gone within the range declared pruned: their entries are known by their hashes alone. */
  pruned: readonly EntryRange[];
}>;

/** Both included. */
export type EntryRange = Readonly<{ first: number; last: number }>;

export type AuditRequest = Readonly<{
  size: number;
  /** Bundles that end at or below this may be missing; 0 where nothing was shown to be pruned. */
  prunedSize?: number;
  /** Earlier sizes, up to `size`, whose roots are wanted. */
  wantedSizes: ReadonlySet<number>;
  read(path: string): Promise<Uint8Array | undefined>;
  onProgress?: ((entriesDone: number, size: number) => void) | undefined;
}>;

type State = {
  readonly request: AuditRequest;
  readonly levels: { stored: Uint8Array[]; derived: Uint8Array[] }[];
  readonly doubts: Doubt[];
  readonly faults: FileFault[];
  readonly rootsAt: Map<number, TwoViews<Uint8Array>>;
  frontiers: TwoViews<Frontier>;
  incomplete: boolean;
  entriesRead: number;
  readonly pruned: EntryRange[];
};

/** Reads every bundle and every tile once and hashes every entry and every node once. Keeps 1/256 of the hashes. */
export async function auditTiles(request: AuditRequest): Promise<TileAudit> {
  const { size } = request;
  const state: State = {
    request,
    levels: levelsOf(size).map(() => ({ stored: [], derived: [] })),
    doubts: [],
    faults: [],
    rootsAt: new Map(),
    frontiers: { stored: emptyFrontier, derived: emptyFrontier },
    incomplete: false,
    entriesRead: 0,
    pruned: [],
  };
  rememberRoots(state, 0, { stored: [], derived: [] });
  for (const address of addressesOfLevel(size, 0)) await auditLeafTile(state, address);
  for (const level of levelsOf(size).slice(1)) {
    for (const address of addressesOfLevel(size, level)) await auditUpperTile(state, address);
  }
  const { frontiers, request: _, ...found } = state;
  return { ...found, size, root: both(frontiers, frontierRoot) };
}

async function auditLeafTile(state: State, address: TileAddress): Promise<void> {
  const stored = await readTile(state, address);
  const derived = await readEntries(state, address, stored);
  if (stored === undefined && derived === undefined) state.incomplete = true;
  const placeholder = stored ?? derived ?? Array.from({ length: address.width }, () => new Uint8Array(hashSizeBytes));
  const views = { stored: stored ?? placeholder, derived: derived ?? placeholder };
  rememberRoots(state, address.index * tileWidth, views);
  const roots = compare(state, address, views);
  if (address.width === tileWidth) {
    state.levels[1]?.derived.push(roots.derived);
    state.frontiers = both2(state.frontiers, roots, (frontier, root) => appendSubtrees(frontier, [root], 8));
  } else {
    state.levels[0]?.stored.push(...views.stored);
    state.levels[0]?.derived.push(...views.derived);
    state.frontiers = both2(state.frontiers, views, appendLeaves);
  }
  state.request.onProgress?.(address.index * tileWidth + address.width, state.request.size);
}

async function auditUpperTile(state: State, address: TileAddress): Promise<void> {
  const start = address.index * tileWidth;
  const derived = state.levels[address.level]?.derived.slice(start, start + address.width) ?? [];
  const views = { stored: (await readTile(state, address)) ?? derived, derived };
  state.levels[address.level]?.stored.push(...views.stored);
  const roots = compare(state, address, views);
  if (address.width === tileWidth) state.levels[address.level + 1]?.derived.push(roots.derived);
}

/** Notes where the two views differ, and gives the root of each. */
function compare(state: State, address: TileAddress, views: TwoViews<Hashes>): TwoViews<Uint8Array> {
  const positions = views.derived.flatMap((hash, at) => (equalBytes(hash, views.stored[at] ?? hash) ? [] : [at]));
  const derived = rootOf(views.derived);
  if (positions.length === 0) return { stored: derived, derived };
  const roots = { stored: rootOf(views.stored), derived };
  state.doubts.push({ address, positions, roots });
  return roots;
}

/** Notes the roots of all wanted sizes that end within this tile. `first` is the index of its first entry. */
function rememberRoots(state: State, first: number, views: TwoViews<Hashes>): void {
  for (const size of state.request.wantedSizes) {
    const count = size - first;
    const isHere = count > 0 ? count <= views.derived.length : size === 0 && !state.rootsAt.has(0);
    if (!isHere) continue;
    const frontiers = both2(state.frontiers, views, (frontier, hashes) =>
      appendLeaves(frontier, hashes.slice(0, count)),
    );
    state.rootsAt.set(size, both(frontiers, frontierRoot));
  }
}

async function readTile(state: State, address: TileAddress): Promise<Hashes | undefined> {
  const path = tilePath(address);
  const index = address.index * tileWidth ** (address.level + 1);
  const bytes = await state.request.read(path);
  if (bytes?.length === address.width * hashSizeBytes) return hashesOfTile(bytes, address.width);
  if (bytes === undefined)
    state.faults.push({ code: "LEDGER_EXPORT_MISSING", path, index, message: `the hash tile ${path} is missing` });
  else {
    const message = `the hash tile ${path} has ${bytes.length} bytes instead of ${address.width * hashSizeBytes}`;
    state.faults.push({ code: "LEDGER_TILE_MALFORMED", path, index, message });
  }
  return undefined;
}

/** Leaf hashes of the entries; undefined when the bundle is missing or is not cut into entries as it should be. */
async function readEntries(
  state: State,
  address: TileAddress,
  stored: Hashes | undefined,
): Promise<Hashes | undefined> {
  const path = entriesPath(address);
  const first = address.index * tileWidth;
  const bytes = await state.request.read(path);
  if (bytes === undefined && first + address.width <= (state.request.prunedSize ?? 0)) {
    notePruned(state, { first, last: first + address.width - 1 });
    return undefined;
  }
  if (bytes === undefined) {
    const message = `the entries ${first} to ${first + address.width - 1} are missing (${path})`;
    state.faults.push({ code: "LEDGER_EXPORT_MISSING", path, index: first, message });
    return undefined;
  }
  const { entries, whole } = cutBundle(bytes, address.width);
  const hashes = entries.map(leafHash);
  state.entriesRead += entries.length;
  if (whole) return hashes;
  const differs = hashes.findIndex((hash, at) => !equalBytes(hash, stored?.[at] ?? hash));
  const index = first + (differs >= 0 ? differs : Math.max(0, entries.length - 1));
  const message = `the entries in ${path} are damaged from entry ${index} on: their lengths do not add up`;
  state.faults.push({ code: "LEDGER_TILE_MALFORMED", path, index, message });
  return undefined;
}

function notePruned({ pruned }: State, { first, last }: EntryRange): void {
  const before = pruned.at(-1);
  if (before?.last === first - 1) pruned[pruned.length - 1] = { first: before.first, last };
  else pruned.push({ first, last });
}

function both<A, B>(views: TwoViews<A>, work: (view: A) => B): TwoViews<B> {
  return { stored: work(views.stored), derived: work(views.derived) };
}

function both2<A, B, C>(a: TwoViews<A>, b: TwoViews<B>, work: (one: A, other: B) => C): TwoViews<C> {
  return { stored: work(a.stored, b.stored), derived: work(a.derived, b.derived) };
}
