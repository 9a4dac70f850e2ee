import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, hex, utf8 } from "./bytes.ts";
import { decodeBundle, encodeBundle } from "./entry-bundle.ts";
import { frontierRoot, rootOf } from "./frontier.ts";
import { proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from "./proof.ts";
import { sha256 } from "./sha256.ts";
import { codeOf, hexBytes, readVector, value } from "./testing/vectors.ts";
import { emptyEdge, frontierOfEdge, growTiles, hashesOfTile, type TileEdge, tileNodeReader } from "./tile.ts";
import {
  addressesOfLevel,
  edgeAddresses,
  entriesPath,
  levelsOf,
  parseLogPath,
  tilePath,
  tilesOfLevel,
} from "./tile-path.ts";
import { leafHash } from "./tree-hash.ts";

type Paths = {
  encode: { index: number; level: number; path: string; width: number }[];
  partialWidths: { size: number; [key: string]: number }[];
  reject: string[];
};
type Large = {
  rightmostTiles: { size: number; rightmost: { path: string; bytes: number; sha256: string; width: number }[] }[];
};
type SmallLog = { entries: string[]; entryBundleHex: string; level0TileHex: string };

const paths = readVector<Paths>("tlog/tile-paths");
const large = readVector<Large>("tlog/generated-large-tree");
const entries = Array.from({ length: 70_000 }, (_, at) => utf8(`leaf-${at}`));
const leaves = entries.map(leafHash);

/** Grows in portions and keeps every tile ever made, as a log's directory does. */
function growAll(portions: readonly number[]): { edge: TileEdge; files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  let edge = emptyEdge;
  for (const portion of portions) {
    const grown = growTiles(edge, leaves.slice(edge.size, edge.size + portion));
    for (const tile of grown.tiles) files.set(tilePath(tile), tile.bytes);
    edge = grown.edge;
  }
  return { edge, files };
}

describe("paths", () => {
  test.each(paths.encode)("$path is written and read", ({ path, level, index, width }) => {
    expect(tilePath({ level, index, width })).toBe(path);
    expect(value(parseLogPath(path))).toEqual({ kind: "tile", level, index, width });
    const bundle = path.replace(/^tile\/[0-9]+/, "tile/entries");
    expect(entriesPath({ index, width })).toBe(bundle);
    expect(value(parseLogPath(bundle))).toEqual({ kind: "entries", index, width });
  });

  test.each([
    ...paths.reject,
    "tile/0/x000/000",
    "tile/0/000.p/",
    "tile/0/000/",
    "/tile/0/000",
    "tile/0/../../etc",
    "tile/entries/00",
    "",
  ])("%j is refused", (path) => {
    expect(codeOf(parseLogPath(path))).toBe("LEDGER_TILE_PATH");
  });

  test.each(paths.partialWidths)("a log of $size entries has the published numbers of tiles", ({ size, ...want }) => {
    for (const [name, count] of Object.entries(want)) {
      const { full, partialWidth } = tilesOfLevel(size, Number(/[0-9]/.exec(name)?.[0]));
      expect(name.endsWith("Full") ? full : partialWidth).toBe(count);
    }
  });
});

describe("tiles of the generated tree", () => {
  test.each(large.rightmostTiles)("at size $size the right edge has the published bytes", ({ size, rightmost }) => {
    const { files } = growAll([size]);
    for (const { path, bytes, sha256: digest, width } of rightmost) {
      const { kind, index } = value(parseLogPath(path));
      const made = kind === "tile" ? files.get(path) : encodeBundle(entries.slice(index * 256, index * 256 + width));
      expect({ path, bytes: made?.length, digest: hex(sha256(made ?? new Uint8Array(0))) }).toEqual({
        path,
        bytes,
        digest,
      });
    }
  });

  test("the whole list of tiles is what the size says, no more and no less", () => {
    const { files } = growAll([70_000]);
    const expected = levelsOf(70_000).flatMap((level) => [...addressesOfLevel(70_000, level)].map(tilePath));
    expect([...files.keys()].sort()).toEqual(expected.sort());
    expect(files.size).toBe(277);
    expect(edgeAddresses(70_000).map(tilePath)).toEqual(["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
  });

  test("growing in any portions gives the same edge, root and full tiles as growing at once", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 6 }), (portions) => {
        const total = portions.reduce((sum, portion) => sum + portion, 0);
        const once = growAll([total]);
        const grown = growAll(portions);
        expect(grown.edge.levels.map((level) => hex(concat(...level)))).toEqual(
          once.edge.levels.map((level) => hex(concat(...level))),
        );
        expect(hex(frontierRoot(frontierOfEdge(grown.edge)))).toBe(hex(rootOf(leaves.slice(0, total))));
        for (const [path, bytes] of once.files)
          expect(hex(grown.files.get(path) ?? new Uint8Array(0))).toBe(hex(bytes));
      }),
      { numRuns: 40 },
    );
  });

  test("inclusion and consistency are proven from tiles alone", async () => {
    const size = 66_000;
    const { files, edge } = growAll([size]);
    const read = tileNodeReader(size, async (address) => files.get(tilePath(address)) ?? new Uint8Array(0));
    const root = frontierRoot(frontierOfEdge(edge));
    for (const index of [0, 255, 256, 65_535, 65_536, 65_999]) {
      const proof = await proveInclusion(index, size, read);
      expect(verifyInclusion({ index, size, leafHash: leafHash(utf8(`leaf-${index}`)), root, proof })).toBe(true);
    }
    for (const oldSize of [1, 255, 256, 257, 65_535, 65_536, 65_537, 66_000]) {
      const proof = await proveConsistency(oldSize, size, read);
      const oldRoot = rootOf(leaves.slice(0, oldSize));
      expect(verifyConsistency({ oldSize, newSize: size, oldRoot, newRoot: root, proof })).toBe(true);
    }
  });
});

describe("entry bundles", () => {
  test("the log made by Tessera has the bundle and the tile we make", () => {
    const small = readVector<SmallLog>("tlog/small-log");
    const bundle = encodeBundle(small.entries.map(utf8));
    expect(hex(bundle)).toBe(small.entryBundleHex);
    expect(value(decodeBundle(bundle, 15)).map((entry) => new TextDecoder().decode(entry))).toEqual(small.entries);
    expect(hex(concat(...small.entries.map(utf8).map(leafHash)))).toBe(small.level0TileHex);
    expect(hashesOfTile(hexBytes(small.level0TileHex), 15)).toHaveLength(15);
  });

  test("any entries survive; a bundle cut short, lengthened or read with another count is refused", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 20 }), (some) => {
        const bundle = encodeBundle(some);
        expect(value(decodeBundle(bundle, some.length)).map((entry) => hex(entry))).toEqual(
          some.map((entry) => hex(entry)),
        );
        expect(codeOf(decodeBundle(bundle.slice(0, -1), some.length))).toBe("LEDGER_TILE_MALFORMED");
        expect(codeOf(decodeBundle(concat(bundle, Uint8Array.of(0)), some.length))).toBe("LEDGER_TILE_MALFORMED");
        expect(codeOf(decodeBundle(bundle, some.length + 1))).toBe("LEDGER_TILE_MALFORMED");
      }),
    );
  });

  test("an entry that needs more than 16 bits of length cannot be bundled", () => {
    expect(encodeBundle([new Uint8Array(65_535)])).toHaveLength(65_537);
    expect(() => encodeBundle([new Uint8Array(65_536)])).toThrow(
      expect.objectContaining({ code: "LEDGER_ENTRY_TOO_LARGE" }),
    );
  });

  test("bytes that are not whole hashes are no tile", () => {
    expect(() => hashesOfTile(new Uint8Array(33), 1)).toThrow(
      expect.objectContaining({ code: "LEDGER_TILE_MALFORMED" }),
    );
  });
});
