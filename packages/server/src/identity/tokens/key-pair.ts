import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { PublicJwk, TokenAlgorithm } from "@tyr/contract";
import { calculateJwkThumbprint, exportJWK } from "jose";
import { SecretUnreadable } from "#platform/secrets";
import { RSA_BITS_LEAST } from "./token-rules.ts";

/** What new keys are. `rsaBits` counts for RS256 alone. */
export type KeyKind = Readonly<{ algorithm: TokenAlgorithm; rsaBits: number }>;
export type TokenKeyPair = Readonly<{
  kid: string;
  algorithm: TokenAlgorithm;
  privateKey: KeyObject;
  publicKey: KeyObject;
  jwk: PublicJwk;
}>;

const generate = promisify(generateKeyPair);

/** The algorithm a key is for, and for nothing else; undefined for a kind or a strength we do not sign with. */
function algorithmOf(key: KeyObject): TokenAlgorithm | undefined {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ec") return namedCurve === "prime256v1" ? "ES256" : undefined;
  return key.asymmetricKeyType === "rsa" && modulusLength >= RSA_BITS_LEAST ? "RS256" : undefined;
}

async function pairOf(privateKey: KeyObject): Promise<TokenKeyPair> {
  const publicKey = createPublicKey(privateKey);
  const algorithm = algorithmOf(publicKey);
  if (algorithm === undefined)
    throw new SecretUnreadable(
      `a signing key of access tokens is neither P-256 nor RSA of at least ${RSA_BITS_LEAST} bits: rotate with --compromised`,
    );
  const { kty, crv, x, y, n, e } = await exportJWK(publicKey);
  const isEc = kty === "EC";
  const parts = isEc ? { crv: crv ?? "", x: x ?? "", y: y ?? "" } : { n: n ?? "", e: e ?? "" };
  const kid = await calculateJwkThumbprint({ kty: isEc ? "EC" : "RSA", ...parts });
  return {
    kid,
    algorithm,
    privateKey,
    publicKey,
    jwk: { kty: isEc ? "EC" : "RSA", ...parts, kid, alg: algorithm, use: "sig" },
  };
}

export async function makePair({ algorithm, rsaBits }: KeyKind): Promise<TokenKeyPair> {
  const { privateKey } =
    algorithm === "ES256"
      ? await generate("ec", { namedCurve: "P-256" })
      : await generate("rsa", { modulusLength: rsaBits, publicExponent: 0x1_00_01 });
  return await pairOf(privateKey);
}

export function packPrivate({ privateKey }: TokenKeyPair): Uint8Array {
  return privateKey.export({ format: "der", type: "pkcs8" });
}

/**
 * A pair as it was sealed. The public part is made from the private one, so that whoever can write rows of the database,
 * but has not the keyring, cannot bring in a key that verifies.
 *
 * @throws {SecretUnreadable} `SECRET_UNREADABLE` when it is not the key of that id, of another kind, or too weak
 */
export async function unpackPrivate(kid: string, bytes: Uint8Array): Promise<TokenKeyPair> {
  const pair = await pairOf(createPrivateKey({ key: Buffer.from(bytes), format: "der", type: "pkcs8" }));
  if (pair.kid === kid) return pair;
  throw new SecretUnreadable(`what is sealed as the signing key ${kid} is another key`);
}
