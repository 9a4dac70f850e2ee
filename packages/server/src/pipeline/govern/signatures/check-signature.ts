import { refuse, type Refused, type StatementSignature, type SubjectId } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import type { By, Room } from "../room.ts";
import { isStatementSigned, stateOfKey } from "./approval-key.ts";
import type { Evidence, Signed } from "./evidence.ts";
import { challengeOf } from "./statement.ts";
import { findApprovalKey } from "./store.ts";

/** `facts`: what else changed, such as a passkey that is suspected of being a copy. */
export type NotSigned = Readonly<{ ok: false; refused: Refused; facts: readonly Fact[] }>;
export type Taken = Readonly<{ ok: true; signed: Signed }> | NotSigned;
type Checked = Readonly<{ ok: true; evidence: Evidence }> | NotSigned;

export const notSigned = (refused: Refused, facts: readonly Fact[] = []): NotSigned => ({ ok: false, refused, facts });
export const invalid = (detail: string): Refused => refuse("SIGNATURE_INVALID", detail);
const encoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

/** Who signed which text when; `shown`: what came with the call. */
type Check<K extends StatementSignature["kind"] = StatementSignature["kind"]> = Readonly<{
  by: By;
  at: Date;
  text: string;
  shown: Extract<StatementSignature, { kind: K }>;
}>;

async function checkPasskey(
  room: Room,
  tx: WriteTransaction,
  { by, at: now, text, shown }: Check<"passkey">,
): Promise<Checked> {
  const { kind, statement: handle, ...proof } = shown;
  const checked = await room.ports.passkeys.check(tx, {
    proof: { handle, ...proof },
    subjectId: by.actor.id as SubjectId,
    challenge: challengeOf(text),
    requestId: by.requestId,
    now,
  });
  if (!checked.ok)
    return notSigned(
      invalid(`the passkey: ${checked.reason}`),
      checked.suspected === undefined ? [] : [checked.suspected],
    );
  const { clientDataJSON, authenticatorData, signature } = shown;
  const publicKey = encoded(checked.publicKey);
  const keyId = checked.passkeyId;
  return { ok: true, evidence: { kind, keyId, publicKey, signature, authenticatorData, clientDataJSON } };
}

async function checkKey(tx: WriteTransaction, { by, at, text, shown }: Check<"ed25519">): Promise<Checked> {
  const { kind, keyId, signature } = shown;
  const key = await findApprovalKey(tx, { id: keyId, subjectId: by.actor.id });
  if (key === undefined) return notSigned(invalid(`you have no key ${keyId}`));
  const state = stateOfKey(key, at);
  if (state !== "active") return notSigned(invalid(`the key ${keyId} is ${state}`));
  if (!(await isStatementSigned(key, text, signature)))
    return notSigned(invalid("the signature is not that of the statement by this key"));
  const publicKey = encoded(key.public_key);
  return { ok: true, evidence: { kind, keyId, publicKey, signature, authenticatorData: null, clientDataJSON: null } };
}

/** Whether its person signed this text with a key of theirs that counts; the caller holds their account. */
export async function checkSignature(
  room: Room,
  tx: WriteTransaction,
  { text, shown, ...signer }: Check,
): Promise<Taken> {
  const checked =
    shown.kind === "passkey"
      ? await checkPasskey(room, tx, { ...signer, text, shown })
      : await checkKey(tx, { ...signer, text, shown });
  if (!checked.ok) return checked;
  return { ok: true, signed: { text, digest: challengeOf(text).toString("hex"), evidence: checked.evidence } };
}
