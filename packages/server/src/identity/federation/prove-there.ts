import { ok, refuse, type Refused, type Result } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { ownFact, sessionOver, type Own } from "../prove.ts";
import { hashToken, newToken } from "../session-rules.ts";
import type { SignedIn } from "../sign-in.ts";
import { findSession, lockUnchanged, renewSession, type SessionOwner } from "../store.ts";
import { sessionView } from "../view.ts";
import {
  beginFlow,
  noProvider,
  redeemFlow,
  unavailable,
  type Answer,
  type Begun,
  type Parts,
  type Redeemed,
} from "./flows.ts";
import { shownBy, tooWeak, type Provider } from "./provider.ts";
import { findFederatedSession, findLink, listLinks, putFederatedSession } from "./store.ts";

/** Whole seconds at the provider, and two clocks. */
const TOLERANCE_MS = 30_000;

async function ownerOf({ database }: Parts, { caller }: Own): Promise<SessionOwner | undefined> {
  return await findSession(database.read, { id: caller.sessionId ?? "" });
}

/** Sends somebody signed in to a provider that knows them, to prove it there anew. Refusals `NOT_FOUND`, `SSO_UNAVAILABLE`. */
export async function beginProof(parts: Parts, id: string, own: Own): Promise<Result<Begun>> {
  const party = parts.parties.get(id);
  const owner = await ownerOf(parts, own);
  if (owner === undefined) return sessionOver();
  const links = await listLinks(parts.database.read, owner.subject.id);
  if (party === undefined || !links.some((link) => link.issuer === party.provider.issuer)) return noProvider(id);
  return await beginFlow(parts, { provider: id, again: true, session: owner.session.id });
}

async function refuseProof({ database }: Parts, own: Own, why: string): Promise<Refused> {
  const fact: Fact = { ...ownFact(own, "session.proof_refused", { reason: why }), outcome: "refused" };
  await database.audited(fact, async () => undefined);
  return refuse("PROOF_WRONG", "the other system did not prove that it is you, just now");
}

type Proving = Readonly<{ owner: SessionOwner; provider: Provider; redeemed: Redeemed; own: Own; token: string }>;
type Proved = Readonly<{ ok: true; provedAt: Date }> | Readonly<{ ok: false; why: string }>;

/**
 * What the provider said must be of now and of the same person: a browser left alone has a session there too, and
 * whoever sits before it can take `prompt` and `max_age` out of the address (ASVS 5.0 6.8.4, 7.5.3).
 */
function oddOf({ provider, redeemed: { claims, provedAt, begunAt } }: Proving, now: Date): string | undefined {
  if (typeof claims["auth_time"] !== "number") return "the provider does not say when it was proved";
  if (provedAt.getTime() < begunAt.getTime() - TOLERANCE_MS) return "proved before it was asked for";
  if (provedAt.getTime() > now.getTime() + TOLERANCE_MS) return "proved in the future";
  return tooWeak(provider, claims);
}

async function prove(tx: WriteTransaction, parts: Parts, proving: Proving): Promise<Proved> {
  const { owner, provider, redeemed, token } = proving;
  const { subject, session } = owner;
  const { claims } = redeemed;
  if ((await lockUnchanged(tx, subject)) === undefined) return { ok: false, why: "changed meanwhile" };
  const link = await findLink(tx, { issuer: claims.iss, subject: claims.sub });
  if (link?.subject_id !== subject.id) return { ok: false, why: "somebody else at the provider" };
  const now = parts.clock.now();
  const provedAt = redeemed.provedAt < now ? redeemed.provedAt : now;
  const factor = `sso:${provider.id}`;
  const renewed = { id: session.id, token_hash: hashToken(token), factor, proved_at: provedAt };
  if (!(await renewSession(tx, renewed))) return { ok: false, why: "changed meanwhile" };
  // A session that another provider opened stays that one's to end: else whoever is let go there proves it elsewhere and stays.
  const from = await findFederatedSession(tx, session.id);
  if (from === undefined || from.issuer === claims.iss) await putFederatedSession(tx, session.id, claims);
  return { ok: true, provedAt };
}

/**
 * Proves again who holds a session, through a provider. The session goes on under a new token.
 *
 * @returns refusals `NOT_FOUND`, `PROOF_WRONG` (why stands in the log), `SSO_UNAVAILABLE`, `NOT_AUTHENTICATED`
 */
export async function finishProof(parts: Parts, answer: Answer, own: Own): Promise<Result<SignedIn>> {
  const party = parts.parties.get(answer.provider);
  if (party === undefined) return noProvider(answer.provider);
  const owner = await ownerOf(parts, own);
  if (owner === undefined) return sessionOver();
  const redeemed = await redeemFlow(parts, party, { ...answer, session: owner.session.id });
  if (redeemed === undefined) return unavailable(party.provider);
  if (!redeemed.ok) return await refuseProof(parts, own, redeemed.why);
  const { provider } = party;
  const proving = { owner, provider, redeemed, own, token: newToken() };
  const odd = oddOf(proving, parts.clock.now());
  if (odd !== undefined) return await refuseProof(parts, own, odd);
  const details = { factor: `sso:${provider.id}`, ...shownBy(redeemed.claims) };
  const fact = {
    ...ownFact(own, "session.proved", details),
    object: { kind: "session", id: owner.session.id },
    before: owner.session.proved_at.toISOString(),
  };
  const done = await parts.database.audited(
    (proved: Proved): readonly Fact[] => (proved.ok ? [{ ...fact, after: proved.provedAt.toISOString() }] : []),
    async (tx) => await prove(tx, parts, proving),
  );
  if (!done.ok) return await refuseProof(parts, own, done.why);
  return ok({ session: await sessionView(parts.database.read, owner.subject, owner.session), token: proving.token });
}
