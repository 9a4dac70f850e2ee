import { openByPolicy, parseTlogPolicy, parseTlogProof, parseVerifierKey, verifyTlogProof } from "@tyr/ledger";
import type { NoteVerifier, Refusal, Result, TlogPolicy } from "@tyr/ledger";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { visible } from "../output/visible-text.ts";

export type ProofRequest = Readonly<{
  text: string;
  trustedKeys: readonly string[];
  policy: string | undefined;
  /** Without it the bytes are those of the proof's `extra` line: that they hash to the leaf is what proves them. */
  entry: Uint8Array | undefined;
}>;
export type ProofReport = Readonly<{
  ok: boolean;
  index?: number;
  origin?: string;
  size?: number;
  signedBy?: readonly string[];
  /** The proven bytes as text. */
  entry?: string;
  problem?: Refusal;
}>;

const noPolicy: TlogPolicy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: undefined };

function readTrust({ trustedKeys, policy }: ProofRequest): Result<TlogPolicy> {
  const given: Result<TlogPolicy> = policy === undefined ? { ok: true, value: noPolicy } : parseTlogPolicy(policy);
  if (!given.ok) return given;
  const logs = new Map<string, NoteVerifier>(given.value.logs.map((key) => [key.vkey, key]));
  for (const vkey of trustedKeys) {
    const key = parseVerifierKey(vkey);
    if (!key.ok) return key;
    logs.set(key.value.vkey, key.value);
  }
  return { ok: true, value: { ...given.value, logs: [...logs.values()] } };
}

/** Verifies the proof of one entry with nothing but the file and the trusted keys. */
export async function checkProof(request: ProofRequest): Promise<ProofReport> {
  const trust = readTrust(request);
  if (!trust.ok) return { ok: false, problem: trust.refusal };
  const proof = parseTlogProof(request.text);
  if (!proof.ok) return { ok: false, problem: proof.refusal };
  const witnessed = await openByPolicy(proof.value.checkpoint, trust.value);
  if (!witnessed.ok) return { ok: false, problem: witnessed.refusal };
  const entry = request.entry ?? proof.value.extra;
  if (entry === undefined) {
    const message = "the proof does not carry its entry; give the entry's bytes with --entry FILE";
    return { ok: false, index: proof.value.index, problem: { code: "LEDGER_PROOF_MALFORMED", message } };
  }
  const verified = await verifyTlogProof(request.text, entry, { keys: trust.value.logs });
  if (!verified.ok) return { ok: false, index: proof.value.index, problem: verified.refusal };
  const { origin, size } = verified.value.checkpoint;
  const signedBy = witnessed.value.checkpoint.note.verified.map(({ by }) => by.name);
  return { ok: true, index: verified.value.index, origin, size, signedBy, entry: new TextDecoder().decode(entry) };
}

export function printProofReport({ print }: Context, report: ProofReport): ExitCode {
  const { paint } = print;
  print.one(report, () => {
    if (!report.ok) {
      const place = report.index === undefined ? "" : `entry ${report.index}: `;
      return [`${paint("red", "✕")} ${place}${visible(report.problem?.message ?? "")} [${report.problem?.code}]`];
    }
    const { index, size, origin = "", signedBy = [], entry = "" } = report;
    const by = signedBy.map(visible).join(", ");
    return [
      `${paint("green", "✓")} entry ${index} of the ${size} in ${visible(origin)}, signed by ${by}`,
      visible(entry),
    ];
  });
  return report.ok ? EXIT.ok : EXIT.checkFailed;
}
