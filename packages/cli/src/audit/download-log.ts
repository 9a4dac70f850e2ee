import {
  addressesOfLevel,
  canonicalBytes,
  decodeBundle,
  encodeBundle,
  entriesPath,
  levelsOf,
  parseCheckpointBody,
  prunedPath,
  tilePath,
  tileWidth,
  type ExportManifest,
  type TileAddress,
} from "@tyr/ledger";
import type { Api } from "../api.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";

export type LogFile = Readonly<{ path: string; bytes: Uint8Array }>;
export type DownloadOptions = Readonly<{
  api: Api;
  signal: AbortSignal;
  exportedAt: string;
  onProgress: (done: number, total: number) => void;
}>;

const HASH_BYTES = 32;
/** Requests on their way at once. */
const WINDOW = 8;

function bytesOf(answer: unknown): Uint8Array {
  if (answer instanceof Uint8Array) return answer;
  throw new CliFailure("the server's answer is not the bytes of a file", { exit: EXIT.failed });
}

function isMissing(error: unknown): boolean {
  return error instanceof CliFailure && error.parts.problemCode === "NOT_FOUND";
}

async function readIfThere(read: (path: string) => Promise<Uint8Array>, path: string): Promise<Uint8Array | undefined> {
  try {
    return await read(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

type Place = Readonly<{ partial: string; full: string; width: number; cut: (full: Uint8Array) => Uint8Array }>;

function cutBundle(full: Uint8Array, width: number): Uint8Array {
  const decoded = decodeBundle(full, tileWidth);
  // Damaged bundles are kept as they are: naming the damage is the verifier's work.
  return decoded.ok ? encodeBundle(decoded.value.slice(0, width)) : full;
}

/** One after the other: the size is the server's word, and a list of all places of a log that long would end the memory. */
function* placesOf(size: number): Generator<Place> {
  const place = (address: TileAddress, path: (address: TileAddress) => string, cut: Place["cut"]): Place => ({
    partial: path(address),
    full: path({ ...address, width: tileWidth }),
    width: address.width,
    cut,
  });
  for (const level of levelsOf(size))
    for (const address of addressesOfLevel(size, level)) {
      if (level === 0) yield place(address, entriesPath, (full) => cutBundle(full, address.width));
      yield place(address, tilePath, (full) => full.subarray(0, address.width * HASH_BYTES));
    }
}

/** How many places there are: tiles of each level, and as many bundles as tiles of the lowest. */
function countPlaces(size: number): number {
  const tiles = levelsOf(size).map((level) => Math.ceil(Math.floor(size / tileWidth ** level) / tileWidth));
  return tiles.reduce((sum, count) => sum + count, tiles[0] ?? 0);
}

function* windowsOf(places: Iterable<Place>): Generator<readonly Place[]> {
  let some: Place[] = [];
  for (const place of places) {
    some.push(place);
    if (some.length < WINDOW) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

/** A partial tile may be gone because the log has grown since: then the full one holds it (C2SP tlog-tiles). */
async function fetchPlace(place: Place, read: (path: string) => Promise<Uint8Array>): Promise<LogFile> {
  try {
    return { path: place.partial, bytes: await read(place.partial) };
  } catch (error) {
    if (!isMissing(error) || place.width === tileWidth) throw error;
    return { path: place.partial, bytes: place.cut(await read(place.full)) };
  }
}

function manifestOf(content: Omit<ExportManifest, "format" | "earlier">): Uint8Array {
  const manifest: ExportManifest = { format: "tyr-ledger-export/1", earlier: [], ...content };
  return canonicalBytes(manifest);
}

/** Origin and size as the checkpoint states them; whether it is signed is for the verifier to say. */
function readCheckpoint(note: string): { origin: string; size: number } {
  const end = note.indexOf("\n\n");
  const parsed = parseCheckpointBody(note.slice(0, end + 1));
  if (end >= 0 && parsed.ok) return { origin: parsed.value.origin, size: parsed.value.size };
  throw new CliFailure("the server's checkpoint is not one", {
    exit: EXIT.checkFailed,
    fix: "Run tyr audit tail and tyr doctor; keep the data directory as evidence.",
  });
}

/**
 * The whole log as files: bundles and tiles first, the checkpoint last. The checkpoint is read first, so that entries
 * added meanwhile do not enter.
 */
export async function* downloadLog({ api, signal, exportedAt, onProgress }: DownloadOptions): AsyncGenerator<LogFile> {
  const read = async (path: string): Promise<Uint8Array> =>
    bytesOf(await api.call("audit.log", { params: { "*": path } }, { signal }));
  const text = async (path: string): Promise<string> => new TextDecoder().decode(await read(path));
  const checkpoint = await text("checkpoint");
  const { origin, size } = readCheckpoint(checkpoint);
  const vkeys = (await text("vkey")).split("\n").filter((line) => line !== "");
  const pruned = await readIfThere(read, prunedPath);
  // Whether a bundle may be missing is for the verifier to say: here it is only left out.
  const fetch = async (place: Place): Promise<readonly LogFile[]> => {
    const isBundle = pruned !== undefined && place.full.startsWith("tile/entries/") && place.width === tileWidth;
    if (!isBundle) return [await fetchPlace(place, read)];
    const bytes = await readIfThere(read, place.full);
    return bytes === undefined ? [] : [{ path: place.full, bytes }];
  };
  const [places, total] = [placesOf(size), countPlaces(size)];
  if (pruned !== undefined) yield { path: prunedPath, bytes: pruned };
  let done = 0;
  for (const some of windowsOf(places)) {
    yield* (await Promise.all(some.map(fetch))).flat();
    done += some.length;
    onProgress(done, total);
  }
  yield { path: "export.json", bytes: manifestOf({ origin, vkeys, size, exportedAt }) };
  yield { path: "vkey", bytes: new TextEncoder().encode(vkeys.map((vkey) => `${vkey}\n`).join("")) };
  yield { path: "checkpoint", bytes: new TextEncoder().encode(checkpoint) };
}
