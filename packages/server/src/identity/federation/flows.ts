import { ok, refuse, type Refused, type Result, type SessionId } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Logger } from "#platform/log";
import { FLOW_LIFE_MS, hashSeed, newSeed, secretsOf } from "./flow-secrets.ts";
import type { Claims, Provider } from "./provider.ts";
import type { RelyingParty } from "./relying-party.ts";
import * as store from "./store.ts";

export type FederationDeps = Readonly<{
  database: Database;
  clock: Clock;
  log: Logger;
  providers: readonly Provider[];
  publicUrl: string;
}>;
type Party = Readonly<{ provider: Provider; relying: RelyingParty }>;
export type Parts = FederationDeps & Readonly<{ parties: ReadonlyMap<string, Party> }>;

/** `seed` goes into a cookie of the browser that began, and is stored nowhere. */
export type Begun = Readonly<{ url: string; seed: string }>;
export type Answer = Readonly<{ provider: string; query: string; seed: string | undefined }>;
/** `session`: whose proof is asked for; null for a sign-in. `again`: who is signed in at the provider proves it again. */
type Asking = Readonly<{ provider: string; again: boolean; session: SessionId | null }>;
/** `why` is for the log alone. */
type Failed = Readonly<{ ok: false; why: string }>;
export type Redeemed = Readonly<{ ok: true; claims: Claims; provedAt: Date; begunAt: Date }>;

export function noProvider(id: string): Refused {
  return refuse("NOT_FOUND", `there is no provider ${id}`);
}

export function unavailable({ name }: Provider): Refused {
  return refuse("SSO_UNAVAILABLE", `${name} does not answer`, { retryAfterSeconds: 10 });
}

function redirectUri({ publicUrl }: FederationDeps, id: string): string {
  return `${publicUrl}/sso/${id}`;
}

/** Refusals `NOT_FOUND`, `SSO_UNAVAILABLE`. */
export async function beginFlow(parts: Parts, { provider: id, again, session }: Asking): Promise<Result<Begun>> {
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
    await parts.database.bookkeep(
      "counters",
      async (tx) => await store.insertFlow(tx, { ...flow, session_id: session }, now),
    );
    return ok({ url, seed });
  } catch (err) {
    parts.log.warn({ err, provider: id }, "a provider of sign-ins does not answer");
    return unavailable(party.provider);
  }
}

/**
 * Takes what a browser brought back, once, and only for what was begun: an answer to a sign-in proves nothing in a
 * session, and one to a proof opens none.
 *
 * @returns undefined when the provider does not answer
 */
export async function redeemFlow(
  parts: Parts,
  { provider, relying }: Party,
  { query, seed, session }: Omit<Answer, "provider"> & Pick<Asking, "session">,
): Promise<Redeemed | Failed | undefined> {
  const failed = (why: string): Failed => ({ ok: false, why });
  if (seed === undefined) return failed("this browser began nothing");
  // Taken before anything is asked: an answer counts once, whatever becomes of it.
  const hash = hashSeed(seed);
  const flow = await parts.database.bookkeep("counters", async (tx) => await store.takeFlow(tx, hash));
  if (flow === undefined || flow.expires_at <= parts.clock.now()) return failed("over, or answered already");
  if (flow.provider !== provider.id) return failed("an answer of another provider");
  if (flow.session_id !== session) return failed("begun for something else");
  const maxAgeSeconds = flow.max_age_seconds;
  const asked = { redirectUri: redirectUri(parts, provider.id), secrets: secretsOf(seed), maxAgeSeconds };
  const redeemed = await relying.redeem(query, asked);
  if (redeemed.ok) return { ...redeemed, begunAt: new Date(flow.expires_at.getTime() - FLOW_LIFE_MS) };
  return redeemed.kind === "refused" ? failed(redeemed.reason) : undefined;
}
