import { randomUUID } from "node:crypto";
import type { Permission } from "@tyr/contract";
import { decodeProtectedHeader, errors, jwtVerify, SignJWT, type JWTPayload } from "jose";
import type { KeyRing } from "./key-ring.ts";
import type { TokenKeyPair } from "./key-pair.ts";
import { SKEW_SECONDS, TOKEN_LIFE_MINUTES } from "./token-rules.ts";

/** Who issues, and what the tokens are for: this API and nothing else. */
export type TokenPlace = Readonly<{ issuer: string; audience: string }>;
export type Claims = Readonly<{
  /** The person or the service account. */
  subject: string;
  /** The API key. */
  client: string;
  scopes: readonly Permission[];
  family: string;
  jti: string;
}>;

const TYPE = "at+jwt";
/** Ours have some 700 characters, with RS256 and every scope 1,700. */
const CHARS_MAX = 4_096;
const HEADER = new Set(["alg", "kid", "typ"]);

export function newJti(): string {
  return randomUUID();
}

type Signing = Readonly<{ place: TokenPlace; claims: Claims; now: Date; lifeSeconds: number }>;

/** An access token as RFC 9068 has it. */
export async function signAccessToken(
  { algorithm, kid, privateKey }: TokenKeyPair,
  { place, claims, now, lifeSeconds }: Signing,
): Promise<string> {
  const at = Math.floor(now.getTime() / 1_000);
  return await new SignJWT({ client_id: claims.client, scope: claims.scopes.join(" "), family: claims.family })
    .setProtectedHeader({ alg: algorithm, kid, typ: TYPE })
    .setIssuer(place.issuer)
    .setAudience(place.audience)
    .setSubject(claims.subject)
    .setIssuedAt(at)
    .setNotBefore(at)
    .setExpirationTime(at + lifeSeconds)
    .setJti(claims.jti)
    .sign(privateKey);
}

/** True for text that claims to be a JWT: no session and no key has a dot in it. */
export function looksLikeToken(text: string): boolean {
  return text.includes(".");
}

const IN_TEXT = /(eyJ[A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g;

/**
 * Whether an address carries an access token (RFC 9700 section 4.3.2, RFC 6750 section 2.3). Other JWTs are let through:
 * what providers of sign-ins send back may look like one.
 */
export function holdsAccessToken(url: string): boolean {
  return [...url.matchAll(IN_TEXT)].some(([, header = ""]) => {
    const text = Buffer.from(header, "base64url").toString("utf8");
    return /"typ"\s*:\s*"(application\/)?at\+jwt"/i.test(text);
  });
}

/** The id of the key, when the header says nothing but what ours say: no key and no address of keys is taken from a token. */
function kidOf(token: string): string | undefined {
  try {
    const header = decodeProtectedHeader(token);
    return Object.keys(header).every((name) => HEADER.has(name)) && typeof header.kid === "string"
      ? header.kid
      : undefined;
  } catch {
    return undefined;
  }
}

function claimsOf(payload: JWTPayload): Claims | undefined {
  const { sub, jti, client_id: client, scope, family } = payload;
  const texts = [sub, jti, client, scope, family];
  if (!texts.every((text): text is string => typeof text === "string" && text !== "")) return undefined;
  const [subject = "", id = "", key = "", scopes = "", from = ""] = texts;
  return { subject, jti: id, client: key, scopes: scopes.split(" ") as Permission[], family: from };
}

/** Nothing of ours lives longer, whatever it says of itself. */
function isShort({ iat = 0, exp = Number.POSITIVE_INFINITY }: JWTPayload): boolean {
  return exp - iat <= TOKEN_LIFE_MINUTES.most * 60;
}

type Verifying = Readonly<{ place: TokenPlace; now: Date }>;

/**
 * Reads an access token of ours: signature by a key of ours with the one algorithm of that key, kind, issuer, audience
 * and times (ASVS 5.0 9.1, 9.2; RFC 8725).
 *
 * @returns undefined for every other text; which rule it breaks is nobody's business
 */
export async function readAccessToken(
  ring: Pick<KeyRing, "verifier">,
  token: string,
  { place, now }: Verifying,
): Promise<Claims | undefined> {
  if (token.length > CHARS_MAX) return undefined;
  const kid = kidOf(token);
  const key = kid === undefined ? undefined : await ring.verifier(kid);
  if (key === undefined) return undefined;
  try {
    const { payload } = await jwtVerify(token, key.publicKey, {
      algorithms: [key.algorithm],
      typ: TYPE,
      ...place,
      currentDate: now,
      clockTolerance: SKEW_SECONDS,
      maxTokenAge: TOKEN_LIFE_MINUTES.most * 60,
      requiredClaims: ["exp", "nbf", "jti", "sub"],
    });
    return payload.aud === place.audience && isShort(payload) ? claimsOf(payload) : undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
