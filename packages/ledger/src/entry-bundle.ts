import { type Bytes, concat } from "./bytes.ts";
import { accept, LedgerError, refuse, type Result } from "./errors.ts";

/** Bundles give the length of an entry in 16 bits (C2SP tlog-tiles). */
const bundledEntrySizeBytesMax = 65_535;

/**
 * Entries one after another, each behind its length in two big-endian bytes.
 * @throws {LedgerError} `LEDGER_ENTRY_TOO_LARGE` beyond 65,535 bytes
 */
export function encodeBundle(entries: readonly Uint8Array[]): Bytes {
  return concat(...entries.flatMap((entry) => [lengthPrefix(entry), entry]));
}

export type DecodedBundle = Readonly<{
  /** Views on the bundle. When the bundle is damaged: those before the damage, the last perhaps cut wrongly. */
  entries: readonly Uint8Array[];
  /** True if there were exactly the entries expected and not one byte more. */
  whole: boolean;
}>;

/** Cuts a bundle into entries as far as possible: an auditor wants to know where the damage begins. */
export function cutBundle(bytes: Uint8Array, width: number): DecodedBundle {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (entries.length < width && at + 2 <= bytes.length) {
    const start = at + 2;
    at = start + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
    entries.push(bytes.subarray(start, at));
  }
  return { entries, whole: entries.length === width && at === bytes.length };
}

/** Reads a bundle that must hold exactly `width` entries. */
export function decodeBundle(bytes: Uint8Array, width: number): Result<readonly Uint8Array[]> {
  const { entries, whole } = cutBundle(bytes, width);
  return whole ? accept(entries) : refuse("LEDGER_TILE_MALFORMED", `the bundle does not hold exactly ${width} entries`);
}

function lengthPrefix({ length }: Uint8Array): Bytes {
  if (length <= bundledEntrySizeBytesMax) return Uint8Array.of(length >> 8, length & 0xff);
  throw new LedgerError(
    "LEDGER_ENTRY_TOO_LARGE",
    `a bundled entry has at most ${bundledEntrySizeBytesMax} bytes, this one ${length}`,
  );
}
