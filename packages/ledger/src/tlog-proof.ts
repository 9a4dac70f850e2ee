import { base64, fromBase64, fromDecimal } from "./bytes.ts";
import { openCheckpoint, type SignedCheckpoint } from "./checkpoint.ts";
import { accept, refuse, type Result } from "./errors.ts";
import type { NoteVerifier } from "./note-key.ts";
import { verifyInclusion } from "./proof.ts";
import { hashSizeBytes, leafHash } from "./tree-hash.ts";

/** The text of a `.tlog-proof` file: one entry is in the log, shown to anybody who has the key and the entry. */
export type TlogProof = Readonly<{
  index: number;
  hashes: readonly Uint8Array[];
  /** Signed. */
  checkpoint: string;
  /** Anything; nobody signed it. */
  extra?: Uint8Array;
}>;

const header = "c2sp.org/tlog-proof@v1";
/** A tree of 2^53 leaves needs 53; the witness protocol allows 63. */
const hashesMax = 63;

export function formatTlogProof({ index, hashes, checkpoint, extra }: TlogProof): string {
  const lines = [
    header,
    ...(extra ? [`extra ${base64(extra)}`] : []),
    `index ${index}`,
    ...hashes.map(base64),
    "",
    checkpoint,
  ];
  return lines.join("\n");
}

export function parseTlogProof(text: string): Result<TlogProof> {
  const [head = "", ...body] = text.split("\n\n");
  const [first, ...lines] = head.split("\n");
  if (first !== header) return malformed(`it does not begin with ${header}`);
  const extra = parseExtra(lines);
  if (extra === "malformed") return malformed("the extra line is not base64");
  const [indexLine = "", ...hashLines] = extra === undefined ? lines : lines.slice(1);
  const index = indexLine.startsWith("index ") ? fromDecimal(indexLine.slice(6)) : undefined;
  if (index === undefined)
    return malformed("the index line is missing or is not a plain decimal number up to 2^53 - 1");
  const hashes = parseHashes(hashLines);
  if (hashes === undefined)
    return malformed("a line after the index is not a base64 hash of 32 bytes, or there are too many");
  const checkpoint = body.join("\n\n");
  if (checkpoint === "") return malformed("there is no checkpoint after the blank line");
  return accept({ index, hashes, checkpoint, ...(extra && { extra }) });
}

function parseExtra([line = ""]: readonly string[]): Uint8Array | "malformed" | undefined {
  return line.startsWith("extra ") ? (fromBase64(line.slice(6)) ?? "malformed") : undefined;
}

/** Checks that the entry is in the log: the log's signature, and the path from the entry to the signed root. */
export async function verifyTlogProof(
  text: string,
  entry: Uint8Array,
  trust: Readonly<{ keys: readonly NoteVerifier[]; origin?: string }>,
): Promise<Result<{ index: number; checkpoint: SignedCheckpoint }>> {
  const proof = parseTlogProof(text);
  if (!proof.ok) return proof;
  const { index, hashes } = proof.value;
  const checkpoint = await openCheckpoint(proof.value.checkpoint, trust.keys, trust.origin);
  if (!checkpoint.ok) return checkpoint;
  const { size, root } = checkpoint.value;
  if (verifyInclusion({ index, size, root, leafHash: leafHash(entry), proof: hashes })) {
    return accept({ index, checkpoint: checkpoint.value });
  }
  return refuse("LEDGER_PROOF_FAILED", `this entry is not the one at index ${index} of the log of ${size} entries`);
}

/** Base64 hashes, one per line; undefined if any is not one. */
export function parseHashes(lines: readonly string[]): Uint8Array[] | undefined {
  const hashes = lines.flatMap((line) => fromBase64(line) ?? []);
  const areHashes = hashes.length === lines.length && hashes.every(({ length }) => length === hashSizeBytes);
  return areHashes && hashes.length <= hashesMax ? hashes : undefined;
}

function malformed(what: string): Result<TlogProof> {
  return refuse("LEDGER_PROOF_MALFORMED", `this is not a proof file: ${what}`);
}
