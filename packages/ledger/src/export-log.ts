import { concat, equalBytes, fromUtf8, utf8 } from "./bytes.ts";
import { canonicalBytes } from "./canonical-json.ts";
import { openCheckpoint, type SignedCheckpoint } from "./checkpoint.ts";
import { encodeBundle } from "./entry-bundle.ts";
import { accept, demand, LedgerError, refuse, type Result } from "./errors.ts";
import { frontierRoot } from "./frontier.ts";
import { parseVerifierKey } from "./note-key.ts";
import { type ParsedJson, parseJson } from "./parse-json.ts";
import { emptyEdge, frontierOfEdge, growTiles, type Tile, type TileEdge } from "./tile.ts";
import { entriesPath, tilePath, tileWidth } from "./tile-path.ts";
import { leafHash } from "./tree-hash.ts";

/** A file of an export. The paths are those of a C2SP tlog-tiles log, so that other verifiers can read it too. */
export type ExportFile = Readonly<{ path: string; bytes: Uint8Array }>;

export type ExportRequest = Readonly<{
  origin: string;
  /** In order from index 0. Those beyond the size of the checkpoint are not read: the log may have grown meanwhile. */
  entries: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Signed. */
  checkpoint: string;
  /** Every key that signs for this log: one, or two while a key is being replaced. */
  vkeys: readonly string[];
  /** RFC 3339, UTC. */
  exportedAt: string;
  /** Checkpoints published before, signed. Each must be a beginning of this log. */
  earlier?: readonly string[];
}>;

/** The content of `export.json`. A convenience for people: nothing in it is trusted by the verifier. */
export type ExportManifest = Readonly<{
  format: string;
  origin: string;
  vkeys: readonly string[];
  size: number;
  exportedAt: string;
  earlier: readonly string[];
}>;

const manifestFormat = "tyr-ledger-export/1";

/**
 * Makes the files of an export: entry bundles and hash tiles as they fill, then `export.json` and `vkey`, and the
 * checkpoint last, so that an interrupted export is seen to be incomplete. Holds at most 256 entries in memory.
 *
 * @throws {LedgerError} `LEDGER_EXPORT_MISMATCH` when the entries do not have the root the checkpoint states; any code
 * of `openCheckpoint` when the checkpoint is not signed by one of the keys
 */
export async function* buildExport(request: ExportRequest): AsyncGenerator<ExportFile> {
  const keys = request.vkeys.map((vkey) => demand(parseVerifierKey(vkey)));
  const checkpoint = demand(await openCheckpoint(request.checkpoint, keys, request.origin));
  let edge = emptyEdge;
  for await (const entries of inBundles(request.entries, checkpoint.size)) {
    const grown = growTiles(edge, entries.map(leafHash));
    yield {
      path: entriesPath({ index: Math.floor(edge.size / tileWidth), width: entries.length }),
      bytes: encodeBundle(entries),
    };
    // Until the last bundle every partial tile is about to be outgrown.
    yield* grown.tiles.filter(({ width }) => width === tileWidth).map(fileOf);
    edge = grown.edge;
  }
  assertMatches(edge, checkpoint);
  yield* partialTiles(edge);
  yield { path: "export.json", bytes: manifestBytes(request, checkpoint.size) };
  yield { path: "vkey", bytes: utf8(request.vkeys.map((vkey) => `${vkey}\n`).join("")) };
  yield { path: "checkpoint", bytes: utf8(request.checkpoint) };
}

async function* inBundles(entries: ExportRequest["entries"], size: number): AsyncGenerator<Uint8Array[]> {
  let bundle: Uint8Array[] = [];
  let taken = 0;
  if (size === 0) return;
  for await (const entry of entries) {
    bundle.push(entry);
    taken++;
    if (bundle.length === tileWidth || taken === size) {
      yield bundle;
      bundle = [];
    }
    if (taken === size) return;
  }
}

function assertMatches(edge: TileEdge, { size, root }: SignedCheckpoint): void {
  if (edge.size === size && equalBytes(frontierRoot(frontierOfEdge(edge)), root)) return;
  throw new LedgerError(
    "LEDGER_EXPORT_MISMATCH",
    `the entries given do not make the root of the checkpoint at size ${size}`,
  );
}

function partialTiles(edge: TileEdge): ExportFile[] {
  return edge.levels.flatMap((hashes, level) => {
    const index = Math.floor(edge.size / tileWidth ** (level + 1));
    return hashes.length === 0 ? [] : [fileOf({ level, index, width: hashes.length, bytes: concat(...hashes) })];
  });
}

function fileOf(tile: Tile): ExportFile {
  return { path: tilePath(tile), bytes: tile.bytes };
}

function manifestBytes({ origin, vkeys, exportedAt, earlier = [] }: ExportRequest, size: number): Uint8Array {
  const manifest: ExportManifest = { format: manifestFormat, origin, vkeys, size, exportedAt, earlier };
  return canonicalBytes(manifest);
}

export function parseManifest(bytes: Uint8Array): Result<ExportManifest> {
  const json = parseManifestJson(bytes);
  if (json === null || typeof json !== "object" || Array.isArray(json))
    return refuseManifest("it is not a JSON object");
  const { format, origin, vkeys, size, exportedAt, earlier } = json;
  if (format !== manifestFormat) return refuseManifest(`its format is not ${manifestFormat}`);
  if (typeof origin !== "string" || typeof size !== "number" || typeof exportedAt !== "string")
    return refuseManifest("origin, size or exportedAt is missing");
  if (!isTextList(vkeys) || !isTextList(earlier)) return refuseManifest("vkeys and earlier are not lists of texts");
  return accept({ format, origin, vkeys, size, exportedAt, earlier });
}

function parseManifestJson(bytes: Uint8Array): ParsedJson {
  try {
    return parseJson(fromUtf8(bytes) ?? "");
  } catch (error) {
    if (error instanceof LedgerError) return null;
    throw error;
  }
}

function isTextList(value: ParsedJson | undefined): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function refuseManifest(what: string): Result<ExportManifest> {
  return refuse("LEDGER_EXPORT_MISMATCH", `export.json does not describe an export: ${what}`);
}
