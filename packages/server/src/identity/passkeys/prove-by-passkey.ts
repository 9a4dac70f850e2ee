import { ok, refuse, type PasskeyProof, type PasskeyRequest, type Result } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { ownerOf, ownFact, sessionOver, type Own } from "../prove.ts";
import { hashToken, newToken } from "../session-rules.ts";
import type { SignedIn, SignInDeps } from "../sign-in.ts";
import { lockUnchanged, renewSession, type SessionOwner } from "../store.ts";
import { sessionView } from "../view.ts";
import { takeChallenge } from "./challenges.ts";
import { beginRequest, noPasskeysHere, passkeyRefused } from "./passkey-sign-in.ts";
import type { RelyingParty } from "./relying-party.ts";
import { listPasskeys, type PasskeyRow } from "./store.ts";
import { suspectedFact, usePasskey, type UseReason } from "./use-passkey.ts";

/** Asks for one's own passkeys, those that count. Refusals `PASSKEYS_UNAVAILABLE`, `SECOND_FACTOR_STATE`. */
export async function beginProof(deps: SignInDeps, { caller }: Own): Promise<Result<PasskeyRequest>> {
  const all = await listPasskeys(deps.database.read, caller.actor.id);
  const known = all.filter(({ refused_since }) => refused_since === null);
  if (known.length === 0)
    return refuse("SECOND_FACTOR_STATE", "you have no passkey that counts: add one on your account page");
  return await beginRequest(deps, { purpose: "prove again", sessionId: caller.sessionId, known });
}

type Reason = UseReason | "no such challenge" | "changed meanwhile" | "session over";
type Proved = Readonly<{ ok: true }> | Readonly<{ ok: false; reason: Reason; suspected?: PasskeyRow }>;
type Entry = Readonly<{
  proof: PasskeyProof;
  challenge: Uint8Array;
  party: RelyingParty;
  owner: SessionOwner;
  token: string;
  now: Date;
}>;

async function renew(tx: WriteTransaction, entry: Entry): Promise<Proved> {
  const { subject, session } = entry.owner;
  if ((await lockUnchanged(tx, subject)) === undefined) return { ok: false, reason: "changed meanwhile" };
  const used = await usePasskey(tx, { ...entry, subjectId: subject.id });
  if (!used.ok) return used;
  const renewed = { id: session.id, token_hash: hashToken(entry.token), factor: "passkey", proved_at: entry.now };
  return (await renewSession(tx, renewed)) ? { ok: true } : { ok: false, reason: "session over" };
}

function refusedFact(own: Own, reason: Reason): Fact {
  return { ...ownFact(own, "session.proof_refused", { reason, factor: "passkey" }), outcome: "refused" };
}

function factsOf(done: Proved, own: Own, { owner: { session }, now }: Entry): readonly Fact[] {
  if (done.ok) {
    const states = { before: session.proved_at.toISOString(), after: now.toISOString() };
    const object = { kind: "session", id: session.id };
    return [{ ...ownFact(own, "session.proved", { factor: "passkey" }), object, ...states }];
  }
  const { requestId, caller } = own;
  const suspected =
    done.suspected === undefined ? [] : [suspectedFact(done.suspected, { actor: caller.actor, requestId })];
  return [...suspected, refusedFact(own, done.reason)];
}

/**
 * Proves again who holds a session, by one of their passkeys. The session goes on under a new token (ASVS 5.0 7.2.4).
 *
 * @returns refusals `PASSKEY_REFUSED`, `PASSKEYS_UNAVAILABLE`, `NOT_AUTHENTICATED`
 */
export async function proveByPasskey(deps: SignInDeps, proof: PasskeyProof, own: Own): Promise<Result<SignedIn>> {
  const { database, clock, party } = deps;
  if (party === undefined) return noPasskeysHere();
  const owner = await ownerOf(deps, own);
  if (owner === undefined) return sessionOver();
  const place = { handle: proof.handle, purpose: "prove again", sessionId: own.caller.sessionId } as const;
  const challenge = await takeChallenge(deps, place);
  if (challenge === undefined) {
    await database.audited(refusedFact(own, "no such challenge"), async () => undefined);
    return passkeyRefused();
  }
  const entry: Entry = { proof, challenge, party, owner, token: newToken(), now: clock.now() };
  const done = await database.audited(
    (value: Proved) => factsOf(value, own, entry),
    async (tx) => await renew(tx, entry),
  );
  if (!done.ok) return passkeyRefused();
  return ok({ session: await sessionView(database.read, owner.subject, owner.session), token: entry.token });
}
