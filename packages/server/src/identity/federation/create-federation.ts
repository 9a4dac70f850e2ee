import { ok, refuse, type Actor, type Result } from "@tyr/contract";
import type { WriteTransaction } from "#platform/database";
import type { Origin, SignedIn } from "../sign-in.ts";
import type { Own } from "../prove.ts";
import { deleteSessionsOf, findSession, findSubject, isErased, lockActiveSubject } from "../store.ts";
import type { Administrator } from "../users.ts";
import { actorOf, admit, refuseFederated } from "./admit.ts";
import {
  beginFlow,
  noProvider,
  redeemFlow,
  unavailable,
  type Answer,
  type Begun,
  type FederationDeps,
  type Parts,
} from "./flows.ts";
import { readLogoutToken } from "./logout-token.ts";
import { beginProof, finishProof } from "./prove-there.ts";
import { createRelyingParty } from "./relying-party.ts";
import { digestOf } from "./settings.ts";
import * as store from "./store.ts";

type LinkWanted = Readonly<{ userId: string; provider: string; subject: string }>;
type LinkView = Readonly<{
  provider: string;
  issuer: string;
  subject: string;
  linkedAt: string;
  lastUsedAt: string | null;
}>;

export type Federation = Readonly<{
  providers(): readonly Readonly<{ id: string; name: string }>[];
  /** `again`: whoever is signed in at the provider must prove it again. Refusals `NOT_FOUND`, `SSO_UNAVAILABLE`. */
  begin(id: string, again: boolean): Promise<Result<Begun>>;
  /** Refusals `SSO_FAILED`, `SSO_UNKNOWN_USER`, `SSO_NO_ROLE`, `SSO_NAME_UNUSABLE`, `SSO_UNAVAILABLE`, `LAST_ADMINISTRATOR`. */
  finish(answer: Answer, origin: Origin): Promise<Result<SignedIn>>;
  /** Sends somebody signed in to prove anew, at a provider that knows them, who they are. Refusals `NOT_FOUND`, `SSO_UNAVAILABLE`. */
  beginProof(id: string, own: Own): Promise<Result<Begun>>;
  /** Refusals `NOT_FOUND`, `PROOF_WRONG`, `SSO_UNAVAILABLE`. The session goes on under a new token. */
  finishProof(answer: Answer, own: Own): Promise<Result<SignedIn>>;
  /** Where the provider ends its own session of whoever is signed in through it; null when there is none. */
  endSessionUrl(own: Own): Promise<string | null>;
  /** What a provider says of its own sessions' end (back-channel logout). Refusals `NOT_FOUND`, `VALIDATION_FAILED`, `SSO_UNAVAILABLE`. */
  endedThere(told: Readonly<{ provider: string; token: string }>, requestId: string): Promise<Result<undefined>>;
  links(userId: string): Promise<readonly LinkView[]>;
  /** Refusals `NOT_FOUND`, `NAME_TAKEN`. */
  link(wanted: LinkWanted, by: Administrator): Promise<Result<LinkView>>;
  /** Also ends the sessions that came from there. Refusal `NOT_FOUND`. */
  unlink(wanted: Omit<LinkWanted, "subject">, by: Administrator): Promise<Result<undefined>>;
  /** One's own; all other sessions end. Refusals `NOT_FOUND`, `SECOND_FACTOR_STATE` for the only way in. */
  unlinkOwn(provider: string, own: Own): Promise<Result<undefined>>;
}>;

async function finish(parts: Parts, answer: Answer, origin: Origin): Promise<Result<SignedIn>> {
  const party = parts.parties.get(answer.provider);
  if (party === undefined) return noProvider(answer.provider);
  const { provider } = party;
  const redeemed = await redeemFlow(parts, party, { ...answer, session: null });
  if (redeemed === undefined) return unavailable(provider);
  if (redeemed.ok) return await admit(parts, { provider, ...redeemed }, origin);
  return await refuseFederated(parts, { provider, code: "SSO_FAILED", why: redeemed.why }, origin);
}

async function endSessionUrl(parts: Parts, { caller }: Own): Promise<string | null> {
  const from = await store.findFederatedSession(parts.database.read, caller.sessionId ?? "");
  const party = [...parts.parties.values()].find(({ provider }) => provider.issuer === from?.issuer);
  if (party === undefined) return null;
  const url = await party.relying.endSessionUrl(`${parts.publicUrl}/login`).catch((err: unknown) => {
    parts.log.warn({ err, provider: party.provider.id }, "a provider of sign-ins does not answer");
  });
  return url ?? null;
}

async function endedThere(
  { parties, database, clock, log }: Parts,
  { provider: id, token }: Readonly<{ provider: string; token: string }>,
  requestId: string,
): Promise<Result<undefined>> {
  const party = parties.get(id);
  if (party === undefined) return noProvider(id);
  const { provider, relying } = party;
  const keys = await relying.keys().catch((err: unknown) => {
    log.warn({ err, provider: id }, "a provider of sign-ins does not answer");
  });
  if (keys === undefined)
    return refuse("SSO_UNAVAILABLE", `${provider.name} does not answer`, { retryAfterSeconds: 10 });
  const ended = await readLogoutToken(token, { provider, keys, now: clock.now() });
  if (ended === undefined) return refuse("VALIDATION_FAILED", "this is no logout token of that provider for Tyr");
  const { issuedAt, ...whose } = ended;
  // The time in a token has whole seconds: a session opened within its second is meant too.
  const before = new Date(issuedAt.getTime() + 999);
  await database.audited(
    (sessions: Awaited<ReturnType<typeof store.endFederatedSessions>>) =>
      sessions.map((session) => ({
        type: "session.ended" as const,
        actor: actorOf(provider),
        object: { kind: "session", id: session.id },
        requestId,
        before: "open",
        after: "ended by the provider",
        details: { subject: session.subject_id },
      })),
    async (tx) => await store.endFederatedSessions(tx, { issuer: provider.issuer, ...whose, before }),
  );
  return ok(undefined);
}

function viewOf(parts: Parts, link: store.Link): LinkView {
  const party = [...parts.parties.values()].find(({ provider }) => provider.issuer === link.issuer);
  return {
    provider: party?.provider.id ?? "",
    issuer: link.issuer,
    subject: link.subject,
    linkedAt: link.linked_at.toISOString(),
    lastUsedAt: link.last_used_at?.toISOString() ?? null,
  };
}

async function link(parts: Parts, wanted: LinkWanted, by: Administrator): Promise<Result<LinkView>> {
  const party = parts.parties.get(wanted.provider);
  if (party === undefined) return noProvider(wanted.provider);
  const { database, clock } = parts;
  return await database.audited(
    {
      type: "identity.linked",
      ...by,
      object: { kind: "subject", id: wanted.userId },
      after: "linked",
      details: { provider: wanted.provider },
    },
    async (tx): Promise<Result<LinkView>> => {
      const user = await findSubject(tx, wanted.userId);
      if (user === undefined || isErased(user)) return refuse("NOT_FOUND", `there is no user ${wanted.userId}`);
      const place = { issuer: party.provider.issuer, subject: wanted.subject };
      const row = { ...place, subject_id: user.id, linked_at: clock.now(), last_used_at: null };
      if (await store.insertLink(tx, row)) return ok(viewOf(parts, row));
      return refuse("NAME_TAKEN", "that person of the provider is linked to an account already");
    },
  );
}

/** `keep`: the session of whoever ends a link of their own. */
type Unlinking = Readonly<{ userId: string; provider: string; keep?: string }>;

/**
 * Whoever proved it another way has another way in. An account that a provider made has a password nobody knows, so that
 * it has one says nothing.
 */
async function isOnlyWayIn(tx: WriteTransaction, parts: Parts, { userId, provider: id, keep = "" }: Unlinking) {
  const owner = await findSession(tx, { id: keep });
  if (owner?.session.factor.startsWith("sso:") === false) return false;
  const others = [...parts.parties.values()].filter(({ provider }) => provider.id !== id);
  const links = await store.listLinks(tx, userId);
  return !links.some((one) => others.some(({ provider }) => provider.issuer === one.issuer));
}

async function removeLink(tx: WriteTransaction, parts: Parts, unlinking: Unlinking & Readonly<{ issuer: string }>) {
  const { userId, provider, issuer, keep } = unlinking;
  // One after the other: of two links that end at once, the second is the only way in.
  await lockActiveSubject(tx, userId);
  if (keep !== undefined && (await isOnlyWayIn(tx, parts, unlinking)))
    return refuse("SECOND_FACTOR_STATE", "prove first with a password or a passkey that there is another way in");
  const links = await store.deleteLinks(tx, userId, issuer);
  if (links.length === 0) return refuse("NOT_FOUND", `no link of ${userId} to ${provider}`);
  return ok((await deleteSessionsOf(tx, userId, keep)).length);
}

/** The sessions end with the link: whoever was let in by it is out at the next request. */
async function unlink(parts: Parts, unlinking: Unlinking, by: Administrator): Promise<Result<undefined>> {
  const { userId, provider: id } = unlinking;
  const party = parts.parties.get(id);
  if (party === undefined) return noProvider(id);
  const { issuer } = party.provider;
  const object = { kind: "subject", id: userId };
  const done = await parts.database.audited(
    (value: Result<number>) =>
      value.ok
        ? [
            {
              type: "identity.unlinked" as const,
              ...by,
              object,
              before: "linked",
              details: { provider: id, sessionsEnded: value.value },
            },
          ]
        : [],
    async (tx): Promise<Result<number>> => await removeLink(tx, parts, { ...unlinking, issuer }),
  );
  return done.ok ? ok(undefined) : done;
}

async function unlinkOwn(parts: Parts, provider: string, { caller, requestId }: Own): Promise<Result<undefined>> {
  const wanted = { userId: caller.actor.id, provider, keep: caller.sessionId ?? "" };
  return await unlink(parts, wanted, { actor: caller.actor, requestId });
}

const system: Actor = { kind: "system", id: "system", name: "system" };

/** Sign-in through other systems. Call once per process, after the database is open; no provider is asked yet. */
export async function createFederation(deps: FederationDeps): Promise<Federation> {
  const parties = new Map(
    deps.providers.map((provider) => [provider.id, { provider, relying: createRelyingParty(provider, deps.clock) }]),
  );
  const parts = { ...deps, parties };
  const ids = deps.providers.map((provider) => provider.id);
  const object = { kind: "settings", id: "single sign-on" };
  const digest = digestOf(deps.providers);
  await deps.database.audited(
    (isNew: boolean) =>
      isNew
        ? [{ type: "sso.configured", actor: system, object, after: digest, details: { providers: ids, digest } }]
        : [],
    async (tx) => await store.keepDigest(tx, digest, ids.length === 0),
  );
  return {
    providers: () => deps.providers.map(({ id, name }) => ({ id, name })),
    begin: async (id, again) => await beginFlow(parts, { provider: id, again, session: null }),
    beginProof: async (id, own) => await beginProof(parts, id, own),
    finishProof: async (answer, own) => await finishProof(parts, answer, own),
    finish: async (answer, origin) => await finish(parts, answer, origin),
    endSessionUrl: async (own) => await endSessionUrl(parts, own),
    endedThere: async (told, requestId) => await endedThere(parts, told, requestId),
    links: async (userId) => (await store.listLinks(deps.database.read, userId)).map((one) => viewOf(parts, one)),
    link: async (wanted, by) => await link(parts, wanted, by),
    unlink: async (wanted, by) => await unlink(parts, wanted, by),
    unlinkOwn: async (provider, own) => await unlinkOwn(parts, provider, own),
  };
}
