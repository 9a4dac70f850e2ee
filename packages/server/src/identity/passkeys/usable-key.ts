import { createPublicKey, type JsonWebKey } from "node:crypto";
import { decodeCredentialPublicKey } from "@simplewebauthn/server/helpers";

const RSA_BITS_MIN = 2_048;

/** Labels of COSE keys (RFC 9052, section 7; RFC 9053, section 7; RFC 8230, section 4). */
const KTY = 1;
const ALG = 3;
const text = (value: unknown): string => (value instanceof Uint8Array ? Buffer.from(value).toString("base64url") : "");

function jwkOf(key: ReadonlyMap<number, unknown>): JsonWebKey | undefined {
  const kind = `${String(key.get(KTY))} ${String(key.get(ALG))} ${String(key.get(-1))}`;
  if (kind === "1 -8 6") return { kty: "OKP", crv: "Ed25519", x: text(key.get(-2)) };
  if (kind === "2 -7 1") return { kty: "EC", crv: "P-256", x: text(key.get(-2)), y: text(key.get(-3)) };
  const isRsa = key.get(KTY) === 3 && key.get(ALG) === -257;
  return isRsa ? { kty: "RSA", n: text(key.get(-1)), e: text(key.get(-2)) } : undefined;
}

/**
 * True when signatures can be checked with this COSE key: its kind and curve fit its algorithm, its numbers are whole and
 * on the curve, RSA has 2,048 bits. One cut short would be kept and then never sign anybody in.
 */
export function isUsableKey(cose: Uint8Array): boolean {
  try {
    const jwk = jwkOf(decodeCredentialPublicKey(Uint8Array.from(cose)) as unknown as ReadonlyMap<number, unknown>);
    if (jwk === undefined) return false;
    const { asymmetricKeyDetails: details } = createPublicKey({ key: jwk, format: "jwk" });
    return details?.modulusLength === undefined || details.modulusLength >= RSA_BITS_MIN;
  } catch {
    return false;
  }
}
