/**
 * Every code this package can give, with what the reader should do about it.
 * A table, so that the error reference can be compared with it.
 */
export const ledgerAdvice = {
  LEDGER_JSON_INVALID: "Send text that is valid JSON.",
  LEDGER_JSON_DUPLICATE_NAME: "Give every member of an object a name of its own.",
  LEDGER_JSON_NOT_PLAIN: "Use only plain objects, arrays, strings, numbers, booleans and null.",
  LEDGER_JSON_NUMBER: "Write fractions and integers beyond 2^53 as strings.",
  LEDGER_JSON_SURROGATE: "Replace the lone surrogate; the text is not valid Unicode.",
  LEDGER_JSON_TOO_DEEP: "Flatten the value: it nests too deeply or contains itself.",
  LEDGER_ENTRY_TOO_LARGE: "Keep the large part elsewhere and log its digest.",
  LEDGER_HASH_LENGTH: "Pass SHA-256 hashes of exactly 32 bytes.",
  LEDGER_SIZE_INVALID: "Pass tree sizes and indexes as whole numbers from 0 to 2^53 - 1.",
  LEDGER_FRONTIER_INVALID: "Rebuild the right edge from the stored leaves.",
  LEDGER_KEY_MALFORMED: "Copy the key again in full, from its owner.",
  LEDGER_KEY_WEAK: "Make a new key: this one lets several texts share a signature.",
  LEDGER_NOTE_MALFORMED: "Fetch the signed note again; it was damaged or is something else.",
  LEDGER_NOTE_UNTRUSTED: "Check that the trusted key belongs to this log.",
  LEDGER_SIGNATURE_INVALID: "Treat the text as forged or altered.",
  LEDGER_KEY_AMBIGUOUS: "List every trusted key once.",
  LEDGER_CHECKPOINT_MALFORMED: "Fetch the checkpoint again; it was damaged or is something else.",
  LEDGER_CHECKPOINT_ROOT_LENGTH: "Use a log that hashes with SHA-256.",
  LEDGER_CHECKPOINT_ORIGIN: "Use the checkpoint of this log, not of another one.",
  LEDGER_TILE_MALFORMED: "Fetch the file again from the log or from the export.",
  LEDGER_TILE_PATH: "Use the paths of the C2SP tlog-tiles layout.",
  LEDGER_PROOF_MALFORMED: "Fetch the proof again; it was damaged or is something else.",
  LEDGER_PROOF_FAILED: "Treat the entry as not being in the log.",
  LEDGER_POLICY_MALFORMED: "Correct the named line of the policy file.",
  LEDGER_QUORUM_MISSED: "Ask the missing witnesses, or wait until they have cosigned.",
  LEDGER_WITNESS_REQUEST: "Send the request as the C2SP tlog-witness text describes.",
  LEDGER_EXPORT_MISMATCH: "Export again with the entries and the checkpoint of the same size.",
  LEDGER_EXPORT_MISSING: "Copy the export again in full.",
  LEDGER_EXPORT_EMPTY_TRUST: "Name at least one key you trust, received from somewhere else than the export.",
  LEDGER_ENTRY_ALTERED: "Ask who could write this entry; compare it with another copy of the log.",
  LEDGER_TILE_ALTERED: "The entries are intact; replace the hash tile with one rebuilt from them.",
  LEDGER_ENTRY_OR_TILE_ALTERED: "Compare the entry and the tile with another copy of the log.",
  LEDGER_ROOT_MISMATCH: "Treat the whole export as altered; compare it with another copy of the log.",
  LEDGER_TRUNCATED: "Entries that were once published are gone; ask for the complete log.",
  LEDGER_FORKED: "Two histories were signed for the same size; keep both as evidence.",
  LEDGER_HISTORY_REWRITTEN: "Published history was rewritten; keep both checkpoints as evidence.",
  LEDGER_PRUNED_UNPROVEN: "Treat the missing entries as deleted: the log itself did not say that it pruned them.",
  LEDGER_DISCLOSURE_FAILED: "Treat the disclosed value as made up; ask for the disclosure again.",
  LEDGER_EARLIER_UNUSABLE: "Check the earlier checkpoint: it cannot be used as evidence.",
} as const;

export type LedgerCode = keyof typeof ledgerAdvice;

/** Something this package was asked to do cannot be done with the given values. Nothing was changed. */
export class LedgerError extends Error {
  override readonly name = "LedgerError";
  readonly code: LedgerCode;
  constructor(code: LedgerCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Why a text from outside was not accepted. */
export type Refusal = Readonly<{ code: LedgerCode; message: string }>;
export type Result<T> = Readonly<{ ok: true; value: T }> | Refused;
export type Refused = Readonly<{ ok: false; refusal: Refusal }>;

export function accept<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function refuse(code: LedgerCode, message: string): Refused {
  return { ok: false, refusal: { code, message } };
}

/** For values that our own configuration vouches for: a refusal there is breakage. */
export function demand<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new LedgerError(result.refusal.code, result.refusal.message);
}
