import {
  canonicalBytes,
  ledgerAdvice,
  parseCheckpointBody,
  parseTlogProof,
  parseVerifierKey,
  verifyExport,
  verifyTlogProof,
  type LedgerCode,
  type VerifyReport,
} from "@tyr/ledger";

/** What was found, in one shape for a whole log and for the proof of one entry. */
export type Outcome = Readonly<{
  ok: boolean;
  what: "log" | "proof";
  origin?: string;
  /** Entries of the log the checkpoint speaks of. */
  size?: number;
  entriesChecked: number;
  root?: string;
  signedBy: readonly string[];
  earlierConfirmed: number;
  /** Entries the log declared pruned: present as hashes alone. */
  pruned?: VerifyReport["pruned"];
  declaredPruned?: VerifyReport["declaredPruned"];
  problems: VerifyReport["problems"];
  problemsOmitted: number;
  /** The proven entry as it was logged. */
  entry?: string;
  index?: number;
  checkpoint?: string;
}>;
export type ReadFile = (path: string) => Promise<Uint8Array | undefined>;
export type LogTrust = Readonly<{
  vkey: string;
  /** A checkpoint somebody kept: this log must continue it. */
  earlier?: string | undefined;
  onProgress?: (done: number, size: number) => void;
}>;

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Verifies an export, read file by file, against a key that came from somewhere else. */
export async function verifyLog(read: ReadFile, { vkey, earlier, onProgress }: LogTrust): Promise<Outcome> {
  const checkpoint = textOf(await read("checkpoint"));
  const report = await verifyExport({
    read: async (path) => (path === "checkpoint" && checkpoint !== "" ? bytesOf(checkpoint) : await read(path)),
    trustedKeys: [vkey.trim()],
    ...(earlier === undefined ? {} : { earlier: [earlier] }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return { ...report, what: "log", checkpoint };
}

/**
 * The files of a log that is served and not exported: what only describes an export is made here, and the checkpoint is
 * read once, so that what is added meanwhile stays out.
 */
export async function servedLog(read: ReadFile, exportedAt: string): Promise<ReadFile> {
  const checkpoint = await read("checkpoint");
  const vkey = await read("vkey");
  const note = textOf(checkpoint);
  const body = parseCheckpointBody(note.slice(0, note.indexOf("\n\n") + 1));
  const vkeys = textOf(vkey)
    .split("\n")
    .filter((line) => line !== "");
  const described = body.ok ? { origin: body.value.origin, size: body.value.size } : { origin: "", size: 0 };
  const manifest = canonicalBytes({ format: "tyr-ledger-export/1", ...described, vkeys, exportedAt, earlier: [] });
  const known: Readonly<Record<string, Uint8Array | undefined>> = { checkpoint, vkey, "export.json": manifest };
  return async (path) => (Object.hasOwn(known, path) ? known[path] : await read(path));
}

function refusedProof(code: LedgerCode, message: string, index?: number): Outcome {
  const problem = { code, message, todo: ledgerAdvice[code], ...(index === undefined ? {} : { index }) };
  const nothing = { entriesChecked: 0, signedBy: [], earlierConfirmed: 0, problemsOmitted: 0 };
  return { ok: false, what: "proof", ...nothing, problems: [problem], ...(index === undefined ? {} : { index }) };
}

/** Verifies a `.tlog-proof` that carries its entry, as Tyr gives them. */
export async function verifyProofText(text: string, vkey: string): Promise<Outcome> {
  const key = parseVerifierKey(vkey.trim());
  if (!key.ok) return refusedProof(key.refusal.code, key.refusal.message);
  const proof = parseTlogProof(text);
  if (!proof.ok) return refusedProof(proof.refusal.code, proof.refusal.message);
  const { index, extra } = proof.value;
  if (extra === undefined)
    return refusedProof(
      "LEDGER_PROOF_MALFORMED",
      "the proof does not carry its entry; verify it with tyr audit verify --entry",
      index,
    );
  const verified = await verifyTlogProof(text, extra, { keys: [key.value] });
  if (!verified.ok) return refusedProof(verified.refusal.code, verified.refusal.message, index);
  const { origin, size, note } = verified.value.checkpoint;
  return {
    ok: true,
    what: "proof",
    origin,
    size,
    index,
    entry: textOf(extra),
    entriesChecked: 1,
    signedBy: note.verified.map(({ by }) => by.name),
    earlierConfirmed: 0,
    problems: [],
    problemsOmitted: 0,
  };
}
