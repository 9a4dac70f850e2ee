import { createRemoteJWKSet, type JWTVerifyGetKey } from "jose";
import * as client from "openid-client";
import type { Clock } from "#platform/clock";
import type { FlowSecrets } from "./flow-secrets.ts";
import type { Claims, Provider } from "./provider.ts";

/** What a provider published is asked for again after this; keys it rotates in between are found as they are needed. */
const PUBLISHED_KEPT_MS = 10 * 60_000;
const TIMEOUT_SECONDS = 10;
/** Clocks of two machines differ; a token is never taken for longer than this after its end. */
const TOLERANCE_SECONDS = 30;
const ID_TOKEN_AGE_MAX_SECONDS = 600;

type Asked = Readonly<{ redirectUri: string; secrets: FlowSecrets; maxAgeSeconds: number }>;
/** `reason` is for the log; whoever signs in learns only that it did not work. */
type Redeemed = Readonly<
  { ok: true; claims: Claims; provedAt: Date } | { ok: false; kind: "refused" | "unavailable"; reason: string }
>;

export type RelyingParty = Readonly<{
  /** Where to send the browser. Rejects when the provider does not answer. */
  authorizationUrl(asked: Asked): Promise<string>;
  /** Exchanges what came back for claims whose signature, issuer, audience, times and nonce were checked. */
  redeem(query: string, asked: Asked): Promise<Redeemed>;
  /** Where the provider ends its own session; undefined when it publishes none. */
  endSessionUrl(returnTo: string): Promise<string | undefined>;
  /** The keys it signs with, as it publishes them; asked for again when an unknown one is met, twice a minute at most. */
  keys(): Promise<JWTVerifyGetKey>;
}>;

type Published = Readonly<{ config: client.Configuration; keys: JWTVerifyGetKey; atMs: number }>;

function memberOf(error: unknown, name: string): string | undefined {
  const value: unknown = typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === "string" ? value : undefined;
}

/** Names and codes of the library and of the provider's protocol; never a message, which may quote a token. */
function reasonOf(error: unknown): string {
  const parts = [
    memberOf(error, "code"),
    memberOf(error, "error"),
    memberOf(Reflect.get(Object(error), "cause"), "claim"),
  ];
  const words = parts.filter((part) => part !== undefined).map((part) => part.replace(/[^\w.-]/g, "").slice(0, 60));
  return words.length === 0 ? "unexpected answer" : words.join(" ");
}

function isUnreachable(error: unknown): boolean {
  const code = memberOf(error, "code");
  return code === "OAUTH_TIMEOUT" || (error instanceof TypeError && error.message === "fetch failed");
}

async function discover(provider: Provider, clock: Clock): Promise<client.Configuration> {
  const { issuer, clientId, clientSecret } = provider;
  const authentication = clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret);
  const execute = [client.enableNonRepudiationChecks];
  // The settings allow plain http for this machine only.
  if (issuer.startsWith("http:")) execute.push(client.allowInsecureRequests);
  const config = await client.discovery(
    new URL(issuer),
    clientId,
    {
      [client.clockSkew]: Math.round((clock.now().getTime() - Date.now()) / 1_000),
      [client.clockTolerance]: TOLERANCE_SECONDS,
    },
    authentication,
    { execute, timeout: TIMEOUT_SECONDS },
  );
  return config;
}

/**
 * Where a provider publishes its keys. The library for tokens asks wherever it is sent: by plain http anybody on the way
 * could put in a key of their own, and a hostile provider could send us to services that only this machine reaches.
 *
 * @throws {TypeError} when there is none, or it is not https although the issuer is
 */
export function keysAddress(jwksUri: string | undefined, issuer: string): URL {
  if (jwksUri === undefined) throw new TypeError("the provider publishes no keys");
  const address = new URL(jwksUri);
  // The settings allow an issuer by plain http on this machine only.
  if (address.protocol === "https:" || (address.protocol === "http:" && issuer.startsWith("http:"))) return address;
  throw new TypeError("the provider publishes its keys elsewhere than over https");
}

function keysOf(config: client.Configuration, { issuer }: Provider): JWTVerifyGetKey {
  const address = keysAddress(config.serverMetadata().jwks_uri, issuer);
  return createRemoteJWKSet(address, { timeoutDuration: 5_000, cooldownDuration: 30_000 });
}

/** What the library leaves to its callers (OpenID Connect Core 3.1.3.7, 6 and 10). */
function oddities(claims: client.IDToken, { clientId, issuer }: Provider, now: Date): string | undefined {
  const nowSeconds = now.getTime() / 1_000;
  if (claims.iss !== issuer) return "another issuer";
  if (claims.azp !== undefined && claims.azp !== clientId) return "another authorised party";
  if (claims.iat > nowSeconds + TOLERANCE_SECONDS) return "issued in the future";
  if (claims.iat < nowSeconds - ID_TOKEN_AGE_MAX_SECONDS) return "issued too long ago";
  if (claims.sub.length === 0 || claims.sub.length > 255 || claims.sub.includes("\u0000")) return "an odd subject";
  return undefined;
}

/** Speaks OpenID Connect with one provider: authorization code with PKCE (S256), state and nonce. */
export function createRelyingParty(provider: Provider, clock: Clock): RelyingParty {
  let published: Promise<Published> | undefined;
  const current = async (): Promise<Published> => {
    const kept = await published?.catch(() => undefined);
    if (kept !== undefined && clock.now().getTime() - kept.atMs < PUBLISHED_KEPT_MS) return kept;
    published = discover(provider, clock).then((config) => ({
      config,
      keys: keysOf(config, provider),
      atMs: clock.now().getTime(),
    }));
    return await published;
  };
  const configured = async (): Promise<client.Configuration> => (await current()).config;
  const grant = async (query: string, { redirectUri, secrets, maxAgeSeconds }: Asked): Promise<Redeemed> => {
    const config = await configured();
    const tokens = await client.authorizationCodeGrant(config, new URL(`${redirectUri}?${query}`), {
      pkceCodeVerifier: secrets.verifier,
      expectedState: secrets.state,
      expectedNonce: secrets.nonce,
      idTokenExpected: true,
      // The library reckons 0 from the token's making; a minute is what typing a password takes.
      maxAge: Math.max(maxAgeSeconds, 60),
    });
    const claims = tokens.claims();
    const odd = claims === undefined ? "no token" : oddities(claims, provider, clock.now());
    if (claims === undefined || odd !== undefined) return { ok: false, kind: "refused", reason: odd ?? "no token" };
    return { ok: true, claims, provedAt: new Date((claims.auth_time ?? 0) * 1_000) };
  };
  return {
    async authorizationUrl({ redirectUri, secrets, maxAgeSeconds }) {
      const url = client.buildAuthorizationUrl(await configured(), {
        redirect_uri: redirectUri,
        scope: provider.scopes.join(" "),
        state: secrets.state,
        nonce: secrets.nonce,
        code_challenge: secrets.challenge,
        code_challenge_method: "S256",
        max_age: String(maxAgeSeconds),
        ...(maxAgeSeconds === 0 ? { prompt: "login" } : {}),
        ...(provider.acr.length === 0 ? {} : { acr_values: provider.acr.join(" ") }),
      });
      return url.href;
    },
    async redeem(query, asked) {
      try {
        return await grant(query, asked);
      } catch (error) {
        return { ok: false, kind: isUnreachable(error) ? "unavailable" : "refused", reason: reasonOf(error) };
      }
    },
    keys: async () => (await current()).keys,
    async endSessionUrl(returnTo) {
      const config = await configured();
      if (config.serverMetadata().end_session_endpoint === undefined) return undefined;
      return client.buildEndSessionUrl(config, { post_logout_redirect_uri: returnTo }).href;
    },
  };
}
