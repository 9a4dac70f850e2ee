import type { PasskeyProof, SubjectId } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import type { RelyingParty } from "./relying-party.ts";
import { findPasskey, updatePasskey, type PasskeyRow } from "./store.ts";
import { verifyProof, type Reason } from "./verify.ts";

/** What somebody shows, for which challenge; `party` is undefined where passkeys are not to be had. */
export type ShownPasskey = Readonly<{ proof: PasskeyProof; challenge: Uint8Array; party: RelyingParty }>;
type Use = ShownPasskey & Readonly<{ subjectId: SubjectId; now: Date }>;

export type UseReason = Reason | "unknown passkey" | "a copy is suspected" | "its counter went backwards";
/** `suspected`: it counts no more from now on, which is a change of its own to be logged. */
export type Used =
  | Readonly<{ ok: true; passkey: PasskeyRow }>
  | Readonly<{ ok: false; reason: UseReason; suspected?: PasskeyRow }>;

export function credentialIdOf({ id }: Pick<PasskeyProof, "id">): Uint8Array {
  return Buffer.from(id, "base64url");
}

/** The user handle of an account: its random id. */
export function userHandleOf(subjectId: string): string {
  return Buffer.from(subjectId).toString("base64url");
}

/** Zero on both sides: the authenticator counts nothing (WebAuthn Level 3, section 6.1.1). */
function wentBackwards(before: number, now: number): boolean {
  return (before > 0 || now > 0) && now <= before;
}

/**
 * Uses a passkey of an account whose row the caller has locked. One whose counter goes backwards may have been copied: it
 * counts no more, for either of the two who hold it.
 */
export async function usePasskey(tx: WriteTransaction, use: Use): Promise<Used> {
  const { proof, subjectId, now } = use;
  const passkey = await findPasskey(tx, credentialIdOf(proof));
  const isTheirs = proof.userHandle === undefined || proof.userHandle === userHandleOf(subjectId);
  if (passkey === undefined || passkey.subject_id !== subjectId || !isTheirs)
    return { ok: false, reason: "unknown passkey" };
  const checked = await verifyProof(proof, { ...use, passkey });
  if (!checked.ok) return checked;
  if (passkey.refused_since !== null) return { ok: false, reason: "a copy is suspected" };
  const { counter, synced } = checked;
  if (wentBackwards(passkey.counter, counter)) {
    await updatePasskey(tx, { id: passkey.id, refused_since: now });
    return { ok: false, reason: "its counter went backwards", suspected: passkey };
  }
  await updatePasskey(tx, { id: passkey.id, counter, synced, last_used_at: now });
  return { ok: true, passkey };
}

/** The entry for a passkey that counts no more; who showed it is not known to be its owner. */
export function suspectedFact(passkey: PasskeyRow, by: Pick<Fact, "actor"> & Readonly<{ requestId: string }>): Fact {
  return {
    type: "passkey.suspected",
    ...by,
    // Its owner, so that erasing them takes the name along.
    object: { kind: "subject", id: passkey.subject_id },
    outcome: "refused",
    before: "usable",
    after: "refused",
    details: { passkey: passkey.id, name: passkey.name },
  };
}
