import type { FactValue } from "#platform/database";

/** Everything somebody needs who trusts nobody here: kept with what was signed and in the log. Bytes in base64url. */
export type Evidence = Readonly<{
  kind: "passkey" | "ed25519";
  /** The passkey (`psk_…`) or the personal key (`apk_…`). */
  keyId: string;
  /** COSE_Key (RFC 9052) of a passkey, SubjectPublicKeyInfo of a personal key. */
  publicKey: string;
  signature: string;
  /** Of a passkey: the signature is over these bytes and the SHA-256 of `clientDataJSON`. */
  authenticatorData: string | null;
  clientDataJSON: string | null;
}>;
export type Signed = Readonly<{ text: string; digest: string; evidence: Evidence }>;

/** What the entry of something signed says besides. */
export function signedDetails({ text: statement, digest, evidence }: Signed): Readonly<Record<string, FactValue>> {
  return {
    statement,
    statement_digest: digest,
    signature_kind: evidence.kind,
    key_id: evidence.keyId,
    public_key: evidence.publicKey,
    signature: evidence.signature,
    ...(evidence.authenticatorData === null ? {} : { authenticator_data: evidence.authenticatorData }),
    ...(evidence.clientDataJSON === null ? {} : { client_data: evidence.clientDataJSON }),
  };
}

/** As rows keep it; `signature` as JSON. */
export function signedColumns({ text, digest, evidence }: Signed) {
  return { statement: text, statement_digest: digest, signature: JSON.stringify(evidence), key_id: evidence.keyId };
}
