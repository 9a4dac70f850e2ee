import { base64, equalBytes, fromBase64, fromDecimal } from "./bytes.ts";
import { accept, demand, LedgerError, refuse, type Refused, type Result } from "./errors.ts";
import type { NoteSigner, NoteVerifier } from "./note-key.ts";
import { openNote, type OpenedNote, signNote } from "./signed-note.ts";
import { emptyRoot, hashSizeBytes } from "./tree-hash.ts";

/** A statement of a log about itself: at this size, this was the root (C2SP tlog-checkpoint). */
export type Checkpoint = Readonly<{
  origin: string;
  size: number;
  /** 32 bytes. */
  root: Uint8Array;
  /** Not recommended by the specification, and never written by Tyr; kept when read. */
  extensions: readonly string[];
}>;
export type SignedCheckpoint = Checkpoint & Readonly<{ note: OpenedNote }>;

/** Reads the text part of a checkpoint. Sizes beyond 2^53 - 1 are refused. */
export function parseCheckpointBody(body: string): Result<Checkpoint> {
  const lines = body.split("\n");
  const [origin = "", sizeText = "", rootText = "", ...extensions] = lines;
  if (lines.length < 4 || extensions.pop() !== "") return malformed("it needs three lines, each ended by a newline");
  if (origin === "") return malformed("the origin line is empty");
  if (extensions.includes("")) return malformed("an extension line is empty");
  const size = fromDecimal(sizeText);
  if (size === undefined) return malformed("the size is not a plain decimal number up to 2^53 - 1");
  const root = parseRoot(rootText, size);
  return root.ok ? accept({ origin, size, root: root.value, extensions }) : root;
}

function parseRoot(text: string, size: number): Result<Uint8Array> {
  const root = fromBase64(text);
  if (root === undefined || root.length === 0) return malformed("the root is not base64");
  if (root.length !== hashSizeBytes) {
    return refuse("LEDGER_CHECKPOINT_ROOT_LENGTH", `the root has ${root.length} bytes; SHA-256 has ${hashSizeBytes}`);
  }
  if (size === 0 && !equalBytes(root, emptyRoot()))
    return malformed("the root of an empty tree must be the hash of nothing");
  return accept(root);
}

export function formatCheckpointBody({
  origin,
  size,
  root,
  extensions = [],
}: Omit<Checkpoint, "extensions"> & Partial<Checkpoint>): string {
  return [origin, String(size), base64(root), ...extensions, ""].join("\n");
}

/**
 * Makes the signed checkpoint of a tree. Sign only a size and root that are durable: a checkpoint cannot be taken back.
 *
 * @param signers one key, or the old and the new one while a key is being replaced
 * @throws {LedgerError} `LEDGER_CHECKPOINT_MALFORMED` when origin, size or root cannot stand in a checkpoint
 */
export async function makeCheckpoint(
  checkpoint: Pick<Checkpoint, "origin" | "size" | "root">,
  signers: NoteSigner | readonly NoteSigner[],
): Promise<string> {
  const body = formatCheckpointBody(checkpoint);
  const read = demand(parseCheckpointBody(body));
  if (read.origin !== checkpoint.origin)
    throw new LedgerError("LEDGER_CHECKPOINT_MALFORMED", "the origin has a line break");
  return await signNote(body, "sign" in signers ? [signers] : signers);
}

/**
 * Opens a checkpoint. A key of the log must have signed it; witnesses alone only say that they saw it. Give the origin to refuse the
 * checkpoint of another log with the same key.
 */
export async function openCheckpoint(
  note: string | Uint8Array,
  keys: readonly NoteVerifier[],
  origin?: string,
): Promise<Result<SignedCheckpoint>> {
  const opened = await openNote(note, keys);
  if (!opened.ok) return opened;
  if (opened.value.verified.every(({ by }) => by.kind === "cosignature")) {
    return refuse("LEDGER_NOTE_UNTRUSTED", "witnesses signed the checkpoint, but no trusted key of the log did");
  }
  const body = parseCheckpointBody(opened.value.text);
  if (!body.ok) return body;
  if (origin !== undefined && body.value.origin !== origin) {
    return refuse(
      "LEDGER_CHECKPOINT_ORIGIN",
      `the checkpoint is of ${JSON.stringify(body.value.origin)}, not of ${JSON.stringify(origin)}`,
    );
  }
  return accept({ ...body.value, note: opened.value });
}

function malformed(what: string): Refused {
  return refuse("LEDGER_CHECKPOINT_MALFORMED", `this is not a checkpoint: ${what}`);
}
