import { refuse, type Refused, type StatementKind, type StatementSignature, type SubjectId } from "@tyr/contract";
import type { Fact, FactValue, WriteTransaction } from "#platform/database";
import type { Standing } from "../delegations/standing.ts";
import { refuseMove } from "../move-action.ts";
import type { By, Room, Settled } from "../room.ts";
import type { ActionRow } from "../store.ts";
import { isStatementSigned, stateOfKey } from "./approval-key.ts";
import { challengeOf, statementText } from "./statement.ts";
import { findApprovalKey, takeStatement, type StatementRow } from "./store.ts";

/** Everything somebody needs who trusts nobody here: kept with the approval and in the log. Bytes in base64url. */
export type Evidence = Readonly<{
  kind: "passkey" | "ed25519";
  /** The passkey (`psk_…`) or the personal key (`apk_…`). */
  keyId: string;
  /** COSE_Key (RFC 9052) of a passkey, SubjectPublicKeyInfo of a personal key. */
  publicKey: string;
  signature: string;
  /** Of a passkey: the signature is over these bytes and the SHA-256 of `clientDataJSON`. */
  authenticatorData: string | null;
  clientDataJSON: string | null;
}>;
export type Signed = Readonly<{ text: string; digest: string; evidence: Evidence }>;

export type Signing = Readonly<{
  action: ActionRow;
  by: By;
  statement: StatementKind;
  /** In whose place. */
  standing: Standing | undefined;
  reason: string | undefined;
  signature: StatementSignature | undefined;
  at: Date;
}>;
type Taken =
  | Readonly<{ ok: true; signed: Signed }>
  /** `facts`: what else changed, such as a passkey that is suspected of being a copy. */
  | Readonly<{ ok: false; refused: Refused; facts: readonly Fact[] }>;
type Checked = Readonly<{ ok: true; evidence: Evidence }> | Extract<Taken, { ok: false }>;

const not = (refused: Refused, facts: readonly Fact[] = []): Extract<Taken, { ok: false }> => ({
  ok: false,
  refused,
  facts,
});
const invalid = (detail: string): Refused => refuse("SIGNATURE_INVALID", detail);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

type Check<K extends StatementSignature["kind"]> = Readonly<{
  room: Room;
  tx: WriteTransaction;
  signing: Signing;
  stated: string;
  shown: Extract<StatementSignature, { kind: K }>;
}>;

async function checkPasskey({ room, tx, signing, stated, shown }: Check<"passkey">): Promise<Checked> {
  const { kind, statement: handle, ...proof } = shown;
  const { by, at: now } = signing;
  const checked = await room.ports.passkeys.check(tx, {
    proof: { handle, ...proof },
    subjectId: by.actor.id as SubjectId,
    challenge: challengeOf(stated),
    requestId: by.requestId,
    now,
  });
  if (!checked.ok)
    return not(invalid(`the passkey: ${checked.reason}`), checked.suspected === undefined ? [] : [checked.suspected]);
  const { clientDataJSON, authenticatorData, signature } = shown;
  const publicKey = text(checked.publicKey);
  return {
    ok: true,
    evidence: { kind, keyId: checked.passkeyId, publicKey, signature, authenticatorData, clientDataJSON },
  };
}

async function checkKey({ tx, signing, stated, shown }: Check<"ed25519">): Promise<Checked> {
  const { kind, keyId, signature } = shown;
  const key = await findApprovalKey(tx, { id: keyId, subjectId: signing.by.actor.id });
  if (key === undefined) return not(invalid(`you have no key ${keyId}`));
  const state = stateOfKey(key, signing.at);
  if (state !== "active") return not(invalid(`the key ${keyId} is ${state}`));
  if (!(await isStatementSigned(key, stated, signature)))
    return not(invalid("the signature is not that of the statement by this key"));
  const publicKey = text(key.public_key);
  return { ok: true, evidence: { kind, keyId, publicKey, signature, authenticatorData: null, clientDataJSON: null } };
}

/** Why what was handed out is not this: another person's, action's or purpose, or over. */
function refusedStatement(row: StatementRow | undefined, { action, by, statement, at }: Signing): Refused | undefined {
  if (row === undefined) return invalid("there is no such statement, or it was used already: each counts once");
  if (row.subject_id !== by.actor.id) return invalid("the statement is somebody else's");
  if (row.action_id !== action.id) return invalid("the statement is about another action");
  if (row.statement !== statement) return invalid(`the statement is for: ${row.statement}`);
  return row.expires_at <= at ? invalid("the statement was to be signed within five minutes") : undefined;
}

/** Where nothing was signed: what one could sign with. */
const UNSIGNED = refuse("SIGNATURE_REQUIRED", "decisions about actions are signed by whoever makes them");

/**
 * Takes the statement somebody signed, once whatever comes of it, and checks that it says what would be recorded now and
 * that they signed it. The action and their account are held by the caller.
 *
 * @returns refusals `SIGNATURE_REQUIRED`, `SIGNATURE_INVALID`, `APPROVAL_STALE` (the action changed since it was stated)
 */
async function takeSignature(room: Room, tx: WriteTransaction, signing: Signing): Promise<Taken> {
  const { signature: shown, action, by, statement, standing, reason = null } = signing;
  if (shown === undefined) return not(UNSIGNED);
  const row = await takeStatement(tx, shown.statement);
  const refused = refusedStatement(row, signing);
  if (row === undefined || refused !== undefined) return not(refused ?? UNSIGNED);
  const { nonce, expires_at: expiresAt } = row;
  const { installation } = room;
  const now = statementText({ installation, action, by, statement, standing, reason, nonce, expiresAt });
  if (now !== row.text)
    return not(refuse("APPROVAL_STALE", "the action, your roles or your words changed since the statement was made"));
  const check = { room, tx, signing, stated: row.text };
  const checked =
    shown.kind === "passkey" ? await checkPasskey({ ...check, shown }) : await checkKey({ ...check, shown });
  return checked.ok
    ? { ok: true, signed: { text: row.text, digest: row.digest, evidence: checked.evidence } }
    : checked;
}

/** What the entry of a signed move says besides. */
export function signedDetails({ text: statement, digest, evidence }: Signed): Readonly<Record<string, FactValue>> {
  return {
    statement,
    statement_digest: digest,
    signature_kind: evidence.kind,
    key_id: evidence.keyId,
    public_key: evidence.publicKey,
    signature: evidence.signature,
    ...(evidence.authenticatorData === null ? {} : { authenticator_data: evidence.authenticatorData }),
    ...(evidence.clientDataJSON === null ? {} : { client_data: evidence.clientDataJSON }),
  };
}

/** Does `work` with what was signed; where the signature does not count, refuses it and logs that. */
export async function withSignature(
  room: Room,
  tx: WriteTransaction,
  { work, ...signing }: Signing & Readonly<{ work(signed: Signed): Promise<Settled<ActionRow>> }>,
): Promise<Settled<ActionRow>> {
  const taken = await takeSignature(room, tx, signing);
  if (taken.ok) return await work(taken.signed);
  const { action, by, statement: move } = signing;
  const { answer, facts } = refuseMove(action, by, { move, refused: taken.refused });
  return { answer, facts: [...taken.facts, ...facts] };
}
