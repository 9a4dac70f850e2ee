import { jwtVerify, type JWTPayload, type JWTVerifyGetKey } from "jose";
import type { Provider } from "./provider.ts";

const EVENT = "http://schemas.openid.net/event/backchannel-logout";
/** Asymmetric only: whoever can check such a signature cannot make it. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
const AGE_MAX_SECONDS = 120;
const TOLERANCE_SECONDS = 30;
const TOKEN_CHARS_MAX = 16_384;

/** Whose sessions at the provider ended, and when it said so. */
export type LogoutToken = Readonly<{
  subject: string | undefined;
  providerSession: string | undefined;
  issuedAt: Date;
}>;

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.length > 0 && value.length <= 255 && !value.includes("\u0000")
    ? value
    : undefined;
}

function eventOf({ events }: JWTPayload): unknown {
  return typeof events === "object" && events !== null ? Reflect.get(events, EVENT) : undefined;
}

/**
 * Reads a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6; ASVS 5.0 10.5.5). Its type and event keep
 * an ID token from passing for one.
 *
 * @returns undefined when it is not one of this provider for us, now
 */
export async function readLogoutToken(
  token: string,
  { provider, keys, now }: Readonly<{ provider: Provider; keys: JWTVerifyGetKey; now: Date }>,
): Promise<LogoutToken | undefined> {
  if (token.length > TOKEN_CHARS_MAX) return undefined;
  const expected = {
    issuer: provider.issuer,
    audience: provider.clientId,
    typ: "logout+jwt",
    algorithms: ALGORITHMS,
    requiredClaims: ["iat", "jti"],
    maxTokenAge: AGE_MAX_SECONDS,
    clockTolerance: TOLERANCE_SECONDS,
    currentDate: now,
  };
  const payload = await jwtVerify(token, keys, expected).then(
    (verified) => verified.payload,
    () => undefined,
  );
  if (payload === undefined || "nonce" in payload) return undefined;
  const event = eventOf(payload);
  if (typeof event !== "object" || event === null) return undefined;
  const [subject, providerSession] = [textOf(payload.sub), textOf(payload["sid"])];
  if (subject === undefined && providerSession === undefined) return undefined;
  return { subject, providerSession, issuedAt: new Date((payload.iat ?? 0) * 1_000) };
}
