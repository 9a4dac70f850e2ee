import { auditTiles, type EntryRange, type TileAudit } from "./audit-tiles.ts";
import { base64, equalBytes, fromUtf8, hex, uint32 } from "./bytes.ts";
import { openCheckpoint, type SignedCheckpoint } from "./checkpoint.ts";
import { readPruned, type Pruned } from "./read-pruned.ts";
import { accept, ledgerAdvice, type LedgerCode } from "./errors.ts";
import { parseManifest } from "./export-log.ts";
import { type Finding, judgeTiles } from "./judge-tiles.ts";
import { type NoteVerifier, parseVerifierKey } from "./note-key.ts";
import { parseNote } from "./signed-note.ts";
import { openByPolicy, parseTlogPolicy, type TlogPolicy } from "./tlog-policy.ts";

export type VerifyRequest = Readonly<{
  /** Gives the bytes of a file of the export, undefined if there is none. May throw when reading fails. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Keys of the log, received from somewhere else than the export: they are all the trust there is. */
  trustedKeys: readonly string[];
  /** Give it when a trusted key signs for several logs. */
  origin?: string;
  /** A C2SP tlog-policy: its logs are trusted too, and its quorum of witnesses must have cosigned the checkpoint. */
  policy?: string;
  /** Signed checkpoints somebody kept: the only thing that shows a truncated or rewritten log of the key's owner. */
  earlier?: readonly string[];
  onProgress?: (entriesDone: number, size: number) => void;
}>;

export type VerifyProblem = Readonly<{
  code: LedgerCode;
  /** In plain words. */
  message: string;
  /** What to do about it. */
  todo: string;
  /** Number of the entry, where one can be named: the first concerned. */
  index?: number;
  path?: string;
}>;

export type VerifyReport = Readonly<{
  ok: boolean;
  origin?: string;
  size?: number;
  /** Base64, as in the checkpoint. */
  root?: string;
  /** `<name>+<key id>` of every trusted key whose signature was checked, witnesses included. */
  signedBy: readonly string[];
  entriesChecked: number;
  /** Entries whose bodies the log pruned, as it declared and signed: their hashes are present and chained, they were not read. */
  pruned: readonly EntryRange[];
  /** Entries 0 up to but without `size` were declared pruned, in the entry `declaredAt`; their bodies may still be there. */
  declaredPruned?: Readonly<{ size: number; declaredAt: number }>;
  /** Earlier checkpoints that were shown to be a beginning of this log. */
  earlierConfirmed: number;
  /** By entry, the first 100. */
  problems: readonly VerifyProblem[];
  problemsOmitted: number;
}>;

const problemsMax = 100;
const noWitnesses: TlogPolicy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: undefined };

/**
 * Verifies an export without the server: the signature, every entry, every hash, the root, and every earlier checkpoint.
 * Whatever is missing, surplus or unreadable is a problem; the report is ok only if there is none.
 */
export async function verifyExport(request: VerifyRequest): Promise<VerifyReport> {
  const findings: Finding[] = [];
  const policy = readPolicy(request, findings);
  const keys = policy.logs;
  const checkpoint = await readCheckpoint(request, policy, findings);
  if (checkpoint === undefined) return report({ findings });
  const kept = await readManifest(request, checkpoint, findings);
  const { earlier, mine } = await openEarlier([...(request.earlier ?? []), ...kept], keys, checkpoint);
  findings.push(...mine);
  const pruned = await readPruned(request.read, { checkpoint, keys });
  findings.push(...pruned.findings);
  const audit = await auditTiles({
    size: checkpoint.size,
    prunedSize: pruned.range?.size ?? 0,
    wantedSizes: new Set([...earlier, ...(pruned.range === undefined ? [] : [pruned.range])].map(({ size }) => size)),
    read: pruned.read,
    onProgress: request.onProgress,
  });
  findings.push(...audit.faults, ...judgeTiles(audit, checkpoint.root), ...checkPrunedRoot(pruned, audit));
  const confirmed = confirmEarlier(earlier, audit, checkpoint);
  findings.push(...confirmed.findings);
  if (findings.length === 0 && !isProven(audit, checkpoint)) findings.push(rootMismatch(checkpoint));
  return report({ findings, checkpoint, audit, pruned, earlierConfirmed: confirmed.count });
}

/** What was declared pruned is what the log still says of it. One view is enough: where two differ, that is told by itself. */
function checkPrunedRoot({ range }: Pruned, { rootsAt }: TileAudit): Finding[] {
  if (range === undefined) return [];
  const { stored, derived } = rootsAt.get(range.size) ?? {};
  if ([stored, derived].some((root) => root !== undefined && equalBytes(root, range.root))) return [];
  const message = `the first ${range.size} entries are not those that were declared pruned`;
  return [{ code: "LEDGER_PRUNED_UNPROVEN", index: 0, message }];
}

function countOf(ranges: readonly EntryRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** The last word: as many entries as signed, and their root. Everything before only explains why not. */
function isProven(audit: TileAudit, { size, root }: SignedCheckpoint): boolean {
  return (
    !audit.incomplete &&
    audit.entriesRead + countOf(audit.pruned) === size &&
    equalBytes(audit.root.derived, root) &&
    equalBytes(audit.root.stored, root)
  );
}

function rootMismatch({ size }: SignedCheckpoint): Finding {
  return { code: "LEDGER_ROOT_MISMATCH", message: `the ${size} entries do not have the root that was signed` };
}

/** The trusted keys as a policy of their own, joined with the one that was given. */
function readPolicy({ trustedKeys, policy }: VerifyRequest, findings: Finding[]): TlogPolicy {
  const given = policy === undefined ? accept(noWitnesses) : parseTlogPolicy(policy);
  if (!given.ok) findings.push(given.refusal);
  const { logs, ...rest } = given.ok ? given.value : noWitnesses;
  const keys = new Map(logs.map((key) => [key.vkey, key]));
  for (const vkey of trustedKeys) {
    const key = parseVerifierKey(vkey);
    if (key.ok) keys.set(key.value.vkey, key.value);
    else findings.push(key.refusal);
  }
  if (keys.size === 0)
    findings.push({
      code: "LEDGER_EXPORT_EMPTY_TRUST",
      message: "no trusted key was given, so nothing can be verified",
    });
  return { logs: [...keys.values()], ...rest };
}

async function readCheckpoint(
  { read, origin }: VerifyRequest,
  policy: TlogPolicy,
  findings: Finding[],
): Promise<SignedCheckpoint | undefined> {
  const path = "checkpoint";
  const bytes = await read(path);
  if (bytes === undefined) {
    findings.push({
      code: "LEDGER_EXPORT_MISSING",
      path,
      message: "the file checkpoint is missing: this is not an export, or not a whole one",
    });
    return undefined;
  }
  const opened = await openByPolicy(bytes, policy, origin);
  if (opened.ok) return opened.value.checkpoint;
  findings.push({ ...opened.refusal, path, message: `checkpoint: ${opened.refusal.message}${signers(bytes)}` });
  return undefined;
}

/** Helps whoever gave the wrong key. The names come from the file and prove nothing. */
function signers(note: Uint8Array): string {
  const parsed = parseNote(note);
  if (!parsed.ok) return "";
  return `; it says it is signed by ${parsed.value.signatures.slice(0, 3).map(keyLabel).join(", ")}`;
}

function keyLabel({ name, keyId }: { name: string; keyId: number }): string {
  return `${name}+${hex(uint32(keyId))}`;
}

/** @returns the earlier checkpoints that the export itself carries */
async function readManifest(
  { read }: VerifyRequest,
  checkpoint: SignedCheckpoint,
  findings: Finding[],
): Promise<readonly string[]> {
  const path = "export.json";
  const bytes = await read(path);
  const vkeys = fromUtf8((await read("vkey")) ?? new Uint8Array(0));
  if (bytes === undefined || vkeys === "") {
    findings.push({
      code: "LEDGER_EXPORT_MISSING",
      path,
      message: "export.json or vkey is missing: the export is not whole",
    });
    return [];
  }
  const manifest = parseManifest(bytes);
  if (!manifest.ok) {
    findings.push({ ...manifest.refusal, path });
    return [];
  }
  const { origin, size, earlier, vkeys: listed } = manifest.value;
  const fits =
    origin === checkpoint.origin && size === checkpoint.size && listed.map((vkey) => `${vkey}\n`).join("") === vkeys;
  const isSigner = checkpoint.note.verified.some(({ by }) => listed.includes(by.vkey));
  if (!fits || !isSigner)
    findings.push({
      code: "LEDGER_EXPORT_MISMATCH",
      path,
      message: "export.json, vkey and the checkpoint do not belong together",
    });
  return earlier;
}

type Earlier = Readonly<{ earlier: readonly SignedCheckpoint[]; mine: readonly Finding[] }>;

async function openEarlier(
  notes: readonly string[],
  keys: readonly NoteVerifier[],
  now: SignedCheckpoint,
): Promise<Earlier> {
  const earlier: SignedCheckpoint[] = [];
  const mine: Finding[] = [];
  for (const [at, note] of notes.entries()) {
    const opened = await openCheckpoint(note, keys, now.origin);
    if (!opened.ok) {
      mine.push({
        code: "LEDGER_EARLIER_UNUSABLE",
        message: `earlier checkpoint ${at + 1} of ${notes.length}: ${opened.refusal.message}`,
      });
    } else if (opened.value.size > now.size) {
      const message = `a checkpoint over ${opened.value.size} entries was signed, but this log ends after ${now.size}: ${opened.value.size - now.size} entries are missing at the end`;
      mine.push({ code: "LEDGER_TRUNCATED", index: now.size, message });
    } else if (opened.value.size === now.size && !equalBytes(opened.value.root, now.root)) {
      mine.push({
        code: "LEDGER_FORKED",
        message: `an earlier checkpoint over the same ${now.size} entries has another root`,
      });
    } else {
      earlier.push(opened.value);
    }
  }
  return { earlier, mine };
}

/** Judged by the view that has the signed root. If neither has it, the log is damaged and its past cannot be judged. */
function confirmEarlier(
  earlier: readonly SignedCheckpoint[],
  audit: TileAudit,
  now: SignedCheckpoint,
): { count: number; findings: Finding[] } {
  const view = (["derived", "stored"] as const).find(
    (name) => !audit.incomplete && equalBytes(audit.root[name], now.root),
  );
  if (view === undefined) return { count: 0, findings: [] };
  const fits = (checkpoint: SignedCheckpoint): boolean => {
    const roots = audit.rootsAt.get(checkpoint.size);
    return roots !== undefined && equalBytes(roots[view], checkpoint.root);
  };
  const good = earlier.filter(fits);
  const findings = earlier
    .filter((checkpoint) => !fits(checkpoint))
    .map(({ size }): Finding => {
      const from = Math.max(0, ...good.map((other) => other.size).filter((other) => other < size));
      const message = `an earlier checkpoint over ${size} entries does not fit: something among the entries ${from} to ${size - 1} was changed and signed again`;
      return { code: "LEDGER_HISTORY_REWRITTEN", index: from, message };
    });
  return { count: good.length, findings };
}

type Outcome = Readonly<{
  findings: readonly Finding[];
  checkpoint?: SignedCheckpoint;
  audit?: TileAudit;
  pruned?: Pruned;
  earlierConfirmed?: number;
}>;

function report({ findings, checkpoint, audit, pruned, earlierConfirmed = 0 }: Outcome): VerifyReport {
  const problems = findings.slice(0, problemsMax).map((finding) => ({ ...finding, todo: ledgerAdvice[finding.code] }));
  return {
    ok: checkpoint !== undefined && findings.length === 0,
    ...(checkpoint && { origin: checkpoint.origin, size: checkpoint.size, root: base64(checkpoint.root) }),
    signedBy: checkpoint?.note.verified.map(keyLabel) ?? [],
    entriesChecked: audit?.entriesRead ?? 0,
    pruned: audit?.pruned ?? [],
    ...(pruned?.range && { declaredPruned: { size: pruned.range.size, declaredAt: pruned.range.declaredAt } }),
    earlierConfirmed,
    problems,
    problemsOmitted: findings.length - problems.length,
  };
}
