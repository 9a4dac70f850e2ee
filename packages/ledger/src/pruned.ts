import { base64, fromBase64, fromDecimal } from "./bytes.ts";
import { accept, LedgerError, refuse, type Refused, type Result } from "./errors.ts";
import type { NoteSigner, NoteVerifier } from "./note-key.ts";
import { fieldOf, fieldsOf, readEntry } from "./read-entry.ts";
import { openNote, signNote } from "./signed-note.ts";
import { hashSizeBytes } from "./tree-hash.ts";
import { tileWidth } from "./tile-path.ts";

/**
 * A log may drop the bodies of its first entries and keep their hashes (C2SP tlog-tiles: a minimum index). It says so
 * itself: a statement signed with its own key, logged as an entry behind the range it is about. Whoever can only write
 * to the database cannot sign one, and whoever holds the key cannot hide that he did.
 */
export type PrunedRange = Readonly<{
  origin: string;
  /** Entries 0 to `size` - 1; a multiple of 256, because a bundle is kept or dropped as a whole. */
  size: number;
  /** Root of those entries, 32 bytes. */
  root: Uint8Array;
}>;

/** Names the entry that holds the statement, in decimal. It is only a pointer: a wrong one proves nothing. */
export const prunedPath = "pruned";
/** Cannot be read as a checkpoint: there the second line is a number. */
const header = "tyr-ledger-pruned/1";

const bodyOf = ({ origin, size, root }: PrunedRange): string =>
  [header, `origin ${origin}`, String(size), base64(root), ""].join("\n");

function isPrunable(size: number): boolean {
  return Number.isSafeInteger(size) && size > 0 && size % tileWidth === 0;
}

/**
 * The statement that the log's first entries are pruned, to be logged as `details.statement` of an entry.
 *
 * @throws {LedgerError} `LEDGER_SIZE_INVALID` for anything but whole bundles
 */
export async function makePrunedStatement(range: PrunedRange, signers: readonly NoteSigner[]): Promise<string> {
  if (!isPrunable(range.size))
    throw new LedgerError("LEDGER_SIZE_INVALID", `${range.size} entries are not whole bundles of ${tileWidth}`);
  return await signNote(bodyOf(range), signers);
}

const unproven = (why: string): Refused => refuse("LEDGER_PRUNED_UNPROVEN", `nothing proves what is pruned: ${why}`);

function parseBody(body: string): PrunedRange | undefined {
  const [first, second = "", sizeText = "", rootText = ""] = body.split("\n");
  const size = fromDecimal(sizeText);
  const root = fromBase64(rootText);
  if (first !== header || size === undefined || !isPrunable(size) || root?.length !== hashSizeBytes) return undefined;
  const range = { origin: second.slice("origin ".length), size, root };
  return bodyOf(range) === body ? range : undefined;
}

/**
 * Opens the statement in an entry. That the entry is in the log, at `index`, is for the caller to prove.
 *
 * @returns refusals `LEDGER_PRUNED_UNPROVEN`: no statement, another log's, not signed by the log, or about its own future
 */
export async function openPrunedStatement(
  entry: Uint8Array,
  { index, keys, origin }: Readonly<{ index: number; keys: readonly NoteVerifier[]; origin: string }>,
): Promise<Result<PrunedRange>> {
  const statement = fieldOf(fieldsOf(fieldOf(readEntry(entry), "details")), "statement");
  if (typeof statement !== "string") return unproven(`entry ${index} holds no statement about it`);
  const logs = keys.filter(({ kind }) => kind !== "cosignature");
  const opened = await openNote(statement, logs);
  if (!opened.ok) return unproven(`the statement in entry ${index}: ${opened.refusal.message}`);
  const range = parseBody(opened.value.text);
  if (range === undefined) return unproven(`the statement in entry ${index} cannot be read`);
  if (range.origin !== origin) return unproven(`the statement in entry ${index} is of another log`);
  if (range.size > index) return unproven(`the statement in entry ${index} is about entries behind itself`);
  return accept(range);
}
