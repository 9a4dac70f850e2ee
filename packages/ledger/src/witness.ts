import { equalBytes, fromDecimal, fromUtf8, utf8 } from "./bytes.ts";
import { openCheckpoint, parseCheckpointBody, type SignedCheckpoint } from "./checkpoint.ts";
import { accept, refuse, type Result } from "./errors.ts";
import type { NoteSigner, NoteVerifier } from "./note-key.ts";
import { verifyConsistency } from "./proof.ts";
import { formatSignature } from "./signed-note.ts";
import { parseHashes } from "./tlog-proof.ts";

/** All that a witness remembers of a log: the largest checkpoint it cosigned. */
export type WitnessState = Readonly<{ size: number; root: Uint8Array }>;

export type WitnessRequest = Readonly<{
  /** Body of a `POST <prefix>/add-checkpoint` (C2SP tlog-witness). */
  body: string | Uint8Array;
  /** Keys by origin: the logs this witness serves. */
  logs: ReadonlyMap<string, readonly NoteVerifier[]>;
  /** Undefined for a log never cosigned. */
  latest(origin: string): WitnessState | undefined | Promise<WitnessState | undefined>;
}>;

/**
 * What to answer. For 200: store `next` for the origin, but only if `previous` still is what is stored, durably and
 * before answering; then answer with `cosign`. Whoever answers first and stores later can be made to sign a fork.
 */
export type WitnessDecision =
  | Readonly<{
      status: 200;
      origin: string;
      text: string;
      /** The checkpoint with the lines of the log's known keys alone: what to keep and to publish. */
      signed: string;
      previous: WitnessState | undefined;
      next: WitnessState;
    }>
  | Readonly<{ status: 400 | 403 | 404 | 422; body: string; contentType: string }>
  | Readonly<{ status: 409; body: string; contentType: string; fork?: WitnessedFork }>;

/** The log signed a second tree of the size it was cosigned at: whoever holds its key lies to somebody. Keep it. */
export type WitnessedFork = Readonly<{ origin: string; size: number; signed: string }>;

type Asked = Readonly<{ oldSize: number; proof: readonly Uint8Array[]; note: string; origin: string }>;
type Step = Readonly<{ asked: Asked; checkpoint: SignedCheckpoint; known: WitnessState | undefined }>;

/** Decides about one request, in the order of the specification. Pure but for reading the state. */
export async function decideAddCheckpoint({ body, logs, latest }: WitnessRequest): Promise<WitnessDecision> {
  const asked = parseRequest(body);
  if (!asked.ok) return answer(400, asked.refusal.message);
  const keys = logs.get(asked.value.origin);
  if (keys === undefined) return answer(404, "unknown log");
  const opened = await openCheckpoint(asked.value.note, keys, asked.value.origin);
  if (!opened.ok) return answer(403, `invalid signature: ${opened.refusal.message}`);
  const step = { asked: asked.value, checkpoint: opened.value, known: await latest(asked.value.origin) };
  return refuseStep(step) ?? grant(step);
}

/** The line to send back, for a decision that was stored. */
export async function cosign(text: string, cosigner: NoteSigner): Promise<string> {
  return formatSignature(cosigner, await cosigner.sign(utf8(text)));
}

function refuseStep(step: Step): WitnessDecision | undefined {
  const { asked, checkpoint, known } = step;
  const { size, root } = checkpoint;
  const knownSize = known?.size ?? 0;
  if (asked.oldSize > size) return answer(400, "the old size is larger than the checkpoint");
  const fork = forkOf(step);
  if (asked.oldSize !== knownSize || fork !== undefined) {
    const conflict = { status: 409, body: `${knownSize}\n`, contentType: "text/x.tlog.size" } as const;
    return fork === undefined ? conflict : { ...conflict, fork };
  }
  const claim = { oldSize: knownSize, newSize: size, oldRoot: known?.root ?? root, newRoot: root, proof: asked.proof };
  const isConsistent = knownSize === 0 ? asked.proof.length === 0 : verifyConsistency(claim);
  return isConsistent
    ? undefined
    : answer(422, "the consistency proof does not lead from the old size to the checkpoint");
}

function forkOf({ asked: { origin }, checkpoint, known }: Step): WitnessedFork | undefined {
  const { size, root } = checkpoint;
  if (known === undefined || size !== known.size || equalBytes(root, known.root)) return undefined;
  return { origin, size, signed: signedBy(checkpoint) };
}

function grant({ asked: { origin }, checkpoint, known }: Step): WitnessDecision {
  const { size, root, note } = checkpoint;
  const signed = signedBy(checkpoint);
  return { status: 200, origin, text: note.text, signed, previous: known, next: { size, root } };
}

/** Lines of keys nobody here knows are whatever somebody wrote: they are neither kept nor published. */
function signedBy({ note: { text, verified } }: SignedCheckpoint): string {
  return `${text}\n${verified.map(({ line }) => `${line}\n`).join("")}`;
}

function parseRequest(body: string | Uint8Array): Result<Asked> {
  const text = typeof body === "string" ? body : (fromUtf8(body) ?? "");
  const split = text.indexOf("\n\n");
  const [old = "", ...lines] = text.slice(0, Math.max(0, split)).split("\n");
  const oldSize = old.startsWith("old ") ? fromDecimal(old.slice(4)) : undefined;
  if (oldSize === undefined) return refuse("LEDGER_WITNESS_REQUEST", "the request does not begin with old <size>");
  const proof = parseHashes(lines);
  if (proof === undefined)
    return refuse("LEDGER_WITNESS_REQUEST", "a proof line is not a base64 hash of 32 bytes, or there are more than 63");
  const note = text.slice(split + 2);
  // Damaged signature lines are no valid signature (403); only a text that is no checkpoint is no request (400).
  const checkpoint = parseCheckpointBody(note.slice(0, note.lastIndexOf("\n\n") + 1));
  return checkpoint.ok ? accept({ oldSize, proof, note, origin: checkpoint.value.origin }) : checkpoint;
}

function answer(status: 400 | 403 | 404 | 422, body: string): WitnessDecision {
  return { status, body: `${body}\n`, contentType: "text/plain; charset=utf-8" };
}
