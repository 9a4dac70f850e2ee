import { ok, refuse, type Actor, type Result } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Logger } from "#platform/log";
import type { Origin, SignedIn } from "../sign-in.ts";
import type { Own } from "../prove.ts";
import { deleteSessionsOf, findSubject } from "../store.ts";
import type { Administrator } from "../users.ts";
import { actorOf, admit, refuseFederated } from "./admit.ts";
import { FLOW_LIFE_MS, hashSeed, newSeed, secretsOf } from "./flow-secrets.ts";
import { readLogoutToken } from "./logout-token.ts";
import type { Provider } from "./provider.ts";
import { createRelyingParty, type RelyingParty } from "./relying-party.ts";
import { digestOf } from "./settings.ts";
import * as store from "./store.ts";

export type FederationDeps = Readonly<{
  database: Database;
  clock: Clock;
  log: Logger;
  providers: readonly Provider[];
  publicUrl: string;
}>;

/** `seed` goes into a cookie of the browser that began, and is stored nowhere. */
type Begun = Readonly<{ url: string; seed: string }>;
type Answer = Readonly<{ provider: string; query: string; seed: string | undefined }>;
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
  /** Where the provider ends its own session of whoever is signed in through it; null when there is none. */
  endSessionUrl(own: Own): Promise<string | null>;
  /** What a provider says of its own sessions' end (back-channel logout). Refusals `NOT_FOUND`, `VALIDATION_FAILED`, `SSO_UNAVAILABLE`. */
  endedThere(told: Readonly<{ provider: string; token: string }>, requestId: string): Promise<Result<undefined>>;
  links(userId: string): Promise<readonly LinkView[]>;
  /** Refusals `NOT_FOUND`, `NAME_TAKEN`. */
  link(wanted: LinkWanted, by: Administrator): Promise<Result<LinkView>>;
  /** Also ends the sessions that came from there. Refusal `NOT_FOUND`. */
  unlink(wanted: Omit<LinkWanted, "subject">, by: Administrator): Promise<Result<undefined>>;
}>;

type Party = Readonly<{ provider: Provider; relying: RelyingParty }>;
type Parts = FederationDeps & Readonly<{ parties: ReadonlyMap<string, Party> }>;

function redirectUri({ publicUrl }: FederationDeps, id: string): string {
  return `${publicUrl}/sso/${id}`;
}

function noProvider(id: string) {
  return refuse("NOT_FOUND", `there is no provider ${id}`);
}

async function begin(parts: Parts, id: string, again: boolean): Promise<Result<Begun>> {
  const party = parts.parties.get(id);
  if (party === undefined) return noProvider(id);
  const seed = newSeed();
  const maxAgeSeconds = again ? 0 : party.provider.maxAgeSeconds;
  const asked = { redirectUri: redirectUri(parts, id), secrets: secretsOf(seed), maxAgeSeconds };
  try {
    const url = await party.relying.authorizationUrl(asked);
    const now = parts.clock.now();
    const expires_at = new Date(now.getTime() + FLOW_LIFE_MS);
    const flow = { seed_hash: hashSeed(seed), provider: id, max_age_seconds: maxAgeSeconds, expires_at };
    await parts.database.bookkeep("counters", async (tx) => await store.insertFlow(tx, flow, now));
    return ok({ url, seed });
  } catch (err) {
    parts.log.warn({ err, provider: id }, "a provider of sign-ins does not answer");
    return refuse("SSO_UNAVAILABLE", `${party.provider.name} does not answer`, { retryAfterSeconds: 10 });
  }
}

async function finish(parts: Parts, { provider: id, query, seed }: Answer, origin: Origin): Promise<Result<SignedIn>> {
  const party = parts.parties.get(id);
  if (party === undefined) return noProvider(id);
  const { provider, relying } = party;
  const failed = async (why: string) => await refuseFederated(parts, { provider, code: "SSO_FAILED", why }, origin);
  const hash = seed === undefined ? undefined : hashSeed(seed);
  if (seed === undefined || hash === undefined) return await failed("this browser began no sign-in");
  // Taken before anything is asked: an answer counts once, whatever becomes of it.
  const flow = await parts.database.bookkeep("counters", async (tx) => await store.takeFlow(tx, hash));
  if (flow === undefined || flow.expires_at <= parts.clock.now()) return await failed("over, or answered already");
  if (flow.provider !== id) return await failed("an answer of another provider");
  const asked = { redirectUri: redirectUri(parts, id), secrets: secretsOf(seed), maxAgeSeconds: flow.max_age_seconds };
  const redeemed = await relying.redeem(query, asked);
  if (redeemed.ok) return await admit(parts, { provider, ...redeemed }, origin);
  if (redeemed.kind === "refused") return await failed(redeemed.reason);
  return refuse("SSO_UNAVAILABLE", `${provider.name} does not answer`, { retryAfterSeconds: 10 });
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
      if (user === undefined) return refuse("NOT_FOUND", `there is no user ${wanted.userId}`);
      const place = { issuer: party.provider.issuer, subject: wanted.subject };
      const row = { ...place, subject_id: user.id, linked_at: clock.now(), last_used_at: null };
      if (await store.insertLink(tx, row)) return ok(viewOf(parts, row));
      return refuse("NAME_TAKEN", "that person of the provider is linked to an account already");
    },
  );
}

/** The sessions end with the link: whoever was let in by it is out at the next request. */
async function unlink(
  { database, parties }: Parts,
  { userId, provider: id }: Omit<LinkWanted, "subject">,
  by: Administrator,
): Promise<Result<undefined>> {
  const party = parties.get(id);
  if (party === undefined) return noProvider(id);
  const done = await database.audited(
    (value: Result<number>) =>
      value.ok
        ? [
            {
              type: "identity.unlinked" as const,
              ...by,
              object: { kind: "subject", id: userId },
              before: "linked",
              details: { provider: id, sessionsEnded: value.value },
            },
          ]
        : [],
    async (tx): Promise<Result<number>> => {
      const links = await store.deleteLinks(tx, userId, party.provider.issuer);
      if (links.length === 0) return refuse("NOT_FOUND", `no link of ${userId} to ${id}`);
      return ok((await deleteSessionsOf(tx, userId, undefined)).length);
    },
  );
  return done.ok ? ok(undefined) : done;
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
    begin: async (id, again) => await begin(parts, id, again),
    finish: async (answer, origin) => await finish(parts, answer, origin),
    endSessionUrl: async (own) => await endSessionUrl(parts, own),
    endedThere: async (told, requestId) => await endedThere(parts, told, requestId),
    links: async (userId) => (await store.listLinks(deps.database.read, userId)).map((one) => viewOf(parts, one)),
    link: async (wanted, by) => await link(parts, wanted, by),
    unlink: async (wanted, by) => await unlink(parts, wanted, by),
  };
}
