import { randomBytes } from "node:crypto";
import { permissionsOf, refuse, type DelegationId, type Role, type StatementSignature } from "@tyr/contract";
import type { WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { canonicalText } from "../canonical-digest.ts";
import type { Account } from "../ports.ts";
import type { By, Room } from "../room.ts";
import { checkSignature, invalid, notSigned, type Taken } from "../signatures/check-signature.ts";
import { challengeOf, STATEMENT_LIFE_MS } from "../signatures/statement.ts";
import { takeHandOver, type HandOverRow } from "./hand-over-store.ts";

/** To whom, until when and why. */
export type HandOver = Readonly<{ by: By; to: Account; endsAt: Date; reason: string }>;
type Stated = HandOver & Readonly<{ installation: string; id: DelegationId; nonce: string; expiresAt: Date }>;

/** What of somebody's roles approves, and so is handed over. */
export const lentRoles = (roles: readonly Role[]): readonly Role[] =>
  roles.filter((role) => permissionsOf([role]).has("action:approve")).toSorted();

/** What somebody puts their name under who hands their approving over, as `statementText` says it of actions. */
function handOverText({ installation, id, by, to, endsAt, reason, nonce, expiresAt }: Stated): string {
  return canonicalText({
    v: 1,
    installation,
    statement: "delegate",
    delegation_id: id,
    to: to.id,
    roles: lentRoles(by.roles),
    ends_at: endsAt.toISOString(),
    reason,
    signer: by.actor.id,
    signer_roles: by.roles.toSorted(),
    nonce,
    expires_at: expiresAt.toISOString(),
  });
}

/** A text to sign, of a delegation that is not there yet. */
export function newHandOver({ installation, clock }: Room, wanted: HandOver): HandOverRow {
  const now = clock.now();
  const id = newId("delegation", now);
  const nonce = randomBytes(32).toString("base64url");
  const expiresAt = new Date(now.getTime() + STATEMENT_LIFE_MS);
  const text = handOverText({ ...wanted, installation, id, nonce, expiresAt });
  return {
    digest: challengeOf(text).toString("hex"),
    delegation_id: id,
    subject_id: wanted.by.actor.id,
    nonce,
    text,
    created_at: now,
    expires_at: expiresAt,
  };
}

export const UNSIGNED = refuse("SIGNATURE_REQUIRED", "handing approving over is signed, as approving is");

type Taking = HandOver & Readonly<{ signature: StatementSignature; at: Date }>;

/**
 * Takes the text somebody signed to hand their approving over, once whatever comes of it. Their account is held by the
 * caller.
 *
 * @returns refusals `SIGNATURE_INVALID`, `APPROVAL_STALE` (it is not what the text says, or their roles changed)
 */
export async function takeSignedHandOver(
  room: Room,
  tx: WriteTransaction,
  { signature: shown, at, ...wanted }: Taking,
): Promise<Readonly<{ row: HandOverRow | undefined; taken: Taken }>> {
  const row = await takeHandOver(tx, shown.statement);
  const not = (why: string) => ({ row, taken: notSigned(invalid(why)) });
  const { by } = wanted;
  if (row === undefined) return not("there is no such statement, or it was used already: each counts once");
  if (row.subject_id !== by.actor.id) return not("the statement is somebody else's");
  if (row.expires_at <= at) return not("the statement was to be signed within five minutes");
  const { delegation_id: id, nonce, expires_at: expiresAt, text } = row;
  const now = handOverText({ ...wanted, installation: room.installation, id, nonce, expiresAt });
  if (now === text) return { row, taken: await checkSignature(room, tx, { by, at, text, shown }) };
  const stale = refuse("APPROVAL_STALE", "to whom, until when, why or your roles are not as the statement says");
  return { row, taken: notSigned(stale) };
}
