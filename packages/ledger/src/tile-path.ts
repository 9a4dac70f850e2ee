import { fromDecimal } from "./bytes.ts";
import { accept, refuse, type Result } from "./errors.ts";

/** Hashes per tile and entries per bundle (C2SP tlog-tiles). */
export const tileWidth = 256;
/** The specification's limit; a tree of 2^53 leaves reaches level 6. */
const levelMax = 63;

/** A tile of hashes. Level 0 holds leaf hashes; every full tile gives one hash to the level above. */
export type TileAddress = Readonly<{
  level: number;
  index: number;
  /** 1 to 256; less than 256 is a partial tile, which later appends outgrow. */
  width: number;
}>;
export type BundleAddress = Omit<TileAddress, "level">;
export type LogPath = (TileAddress & { readonly kind: "tile" }) | (BundleAddress & { readonly kind: "entries" });

export function tilePath({ level, index, width }: TileAddress): string {
  return `tile/${level}/${indexPath(index)}${widthPath(width)}`;
}

export function entriesPath({ index, width }: BundleAddress): string {
  return `tile/entries/${indexPath(index)}${widthPath(width)}`;
}

/** Reads a path and accepts only its one canonical spelling, so that a file cannot hide under a second name. */
export function parseLogPath(path: string): Result<LogPath> {
  const read = splitPath(path);
  const spelling = read?.kind === "tile" ? tilePath(read) : read === undefined ? undefined : entriesPath(read);
  if (read !== undefined && spelling === path) return accept(read);
  return refuse(
    "LEDGER_TILE_PATH",
    `${JSON.stringify(path.slice(0, 100))} is not the path of a tile or an entry bundle`,
  );
}

function splitPath(path: string): LogPath | undefined {
  const match = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path);
  const [, place = "", digits = "", partial = "256"] = match ?? [];
  const width = Number(partial);
  const index = fromDecimal(digits.replaceAll(/x|\//g, "").replace(/^0+(?=[0-9])/, ""));
  if (index === undefined || width < 1 || width > tileWidth) return undefined;
  if (place === "entries") return { kind: "entries", index, width };
  return Number(place) <= levelMax ? { kind: "tile", level: Number(place), index, width } : undefined;
}

/** Tiles of one level that a tree of this size has: all full but perhaps the last. */
export function tilesOfLevel(size: number, level: number): { full: number; partialWidth: number } {
  const hashes = Math.floor(size / tileWidth ** level);
  return { full: Math.floor(hashes / tileWidth), partialWidth: hashes % tileWidth };
}

/** Addresses of one level, left to right. */
export function* addressesOfLevel(size: number, level: number): Generator<TileAddress> {
  const { full, partialWidth } = tilesOfLevel(size, level);
  for (let index = 0; index < full; index++) yield { level, index, width: tileWidth };
  if (partialWidth > 0) yield { level, index: full, width: partialWidth };
}

/** The partial tiles of a tree, lowest level first: what a sequencer loads before it appends. */
export function edgeAddresses(size: number): TileAddress[] {
  return levelsOf(size).flatMap((level) => {
    const { full, partialWidth } = tilesOfLevel(size, level);
    return partialWidth > 0 ? [{ level, index: full, width: partialWidth }] : [];
  });
}

/** Levels that hold at least one hash, lowest first; none for an empty tree. */
export function levelsOf(size: number): number[] {
  const levels: number[] = [];
  for (let level = 0; size >= tileWidth ** level; level++) levels.push(level);
  return levels;
}

/** Groups of three digits, all but the last marked with an x: 1234067 is `x001/x234/067`. */
function indexPath(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g) ?? [];
  return groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join("/");
}

function widthPath(width: number): string {
  return width === tileWidth ? "" : `.p/${width}`;
}
