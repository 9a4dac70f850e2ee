import type { PasskeyAdd, PasskeyProof } from "@tyr/contract";
import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";
import { decodeAttestationObject, decodeClientDataJSON, isoBase64URL } from "@simplewebauthn/server/helpers";
import type { RelyingParty } from "./relying-party.ts";
import type { PasskeyRow } from "./store.ts";
import { isUsableKey } from "./usable-key.ts";

/**
 * Ed25519, ES256, and RS256 for machines whose built-in authenticator has nothing else (COSE, RFC 9053). The order is the
 * preference.
 */
export const ALGORITHMS: readonly number[] = [-8, -7, -257];

/** Why an answer does not count: for the log, in our words. What was sent stands in none of them. */
export type Reason =
  | "another challenge"
  | "another origin"
  | "another relying party"
  | "no user verification"
  | "another kind of answer"
  | "inside another page"
  | "an attestation nobody asked for"
  | "wrong signature"
  | "malformed";

const SAID_BY_LIBRARY: readonly (readonly [RegExp, Reason])[] = [
  [/challenge/i, "another challenge"],
  [/origin/i, "another origin"],
  [/RP ID/i, "another relying party"],
  [/verification|not present|could not be verified/i, "no user verification"],
  [/response type/i, "another kind of answer"],
];

function reasonOf(error: unknown): Reason {
  const said = error instanceof Error ? error.message : "";
  return SAID_BY_LIBRARY.find(([pattern]) => pattern.test(said))?.[1] ?? "malformed";
}

type Asked = Readonly<{ party: RelyingParty; challenge: Uint8Array }>;
type Refused = Readonly<{ ok: false; reason: Reason }>;
const refused = (reason: Reason): Refused => ({ ok: false, reason });

function expected({ party, challenge }: Asked) {
  return {
    expectedChallenge: isoBase64URL.fromBuffer(Uint8Array.from(challenge)),
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: true,
  };
}

/** Nobody frames our pages, so no answer comes from inside another one. */
function isFramed(clientDataJSON: string): boolean {
  return decodeClientDataJSON(clientDataJSON).crossOrigin === true;
}

export type NewCredential = Readonly<{
  ok: true;
  credentialId: Uint8Array;
  publicKey: Uint8Array;
  counter: number;
  synced: boolean;
}>;

/**
 * Certificates in an attestation name places to ask whether they were revoked. None was asked for, so what comes with one
 * is refused before anything is fetched.
 */
function isPlain(attestationObject: string): boolean {
  const decoded = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject));
  const format = decoded.get("fmt");
  return format === "none" || (format === "packed" && decoded.get("attStmt").get("x5c") === undefined);
}

/** Checks a new credential (WebAuthn Level 3, section 7.1). */
export async function verifyNew(answer: PasskeyAdd, asked: Asked): Promise<NewCredential | Refused> {
  const { id, clientDataJSON, attestationObject } = answer;
  try {
    if (isFramed(clientDataJSON)) return refused("inside another page");
    if (!isPlain(attestationObject)) return refused("an attestation nobody asked for");
    const { registrationInfo: info } = await verifyRegistrationResponse({
      ...expected(asked),
      supportedAlgorithmIDs: [...ALGORITHMS],
      response: {
        id,
        rawId: id,
        type: "public-key",
        response: { clientDataJSON, attestationObject },
        clientExtensionResults: {},
      },
    });
    if (info === undefined) return refused("wrong signature");
    if (!isUsableKey(info.credential.publicKey)) return refused("malformed");
    return {
      ok: true,
      credentialId: isoBase64URL.toBuffer(info.credential.id),
      publicKey: info.credential.publicKey,
      counter: info.credential.counter,
      synced: info.credentialBackedUp,
    };
  } catch (error) {
    return refused(reasonOf(error));
  }
}

export type GoodProof = Readonly<{ ok: true; counter: number; synced: boolean }>;

/**
 * Checks an assertion (WebAuthn Level 3, section 7.2) but for its counter: whoever calls compares that after the signature,
 * since without one anybody could make a counter look as if it had gone backwards.
 */
export async function verifyProof(
  proof: PasskeyProof,
  { passkey, ...asked }: Asked & Readonly<{ passkey: Pick<PasskeyRow, "public_key"> }>,
): Promise<GoodProof | Refused> {
  const { id, clientDataJSON, authenticatorData, signature } = proof;
  try {
    if (isFramed(clientDataJSON)) return refused("inside another page");
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      ...expected(asked),
      credential: { id, publicKey: Uint8Array.from(passkey.public_key), counter: 0 },
      response: {
        id,
        rawId: id,
        type: "public-key",
        response: { clientDataJSON, authenticatorData, signature },
        clientExtensionResults: {},
      },
    });
    if (!verified) return refused("wrong signature");
    return { ok: true, counter: authenticationInfo.newCounter, synced: authenticationInfo.credentialBackedUp };
  } catch (error) {
    return refused(reasonOf(error));
  }
}
