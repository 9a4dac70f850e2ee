import { type Bytes } from "./bytes.ts";

/** The DER head of a P-256 public key (RFC 5480); 65 bytes of point follow. */
export const p256KeySizeBytes = 91;

/** ECDSA with P-256 and SHA-256 over a DER signature, as older transparency logs (Rekor v1) use it. Malformed is false. */
export async function verifyP256(spki: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const raw = fromDer(signature);
  if (raw === undefined) return false;
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const key = await crypto.subtle
    .importKey("spki", new Uint8Array(spki), algorithm, false, ["verify"])
    .catch(() => undefined);
  return key !== undefined && (await crypto.subtle.verify(algorithm, key, raw, new Uint8Array(message)));
}

/** SEQUENCE of two INTEGERs to the 64 bytes Web Crypto wants (IEEE P1363). */
function fromDer(der: Uint8Array): Bytes | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const r = readInteger(der, 2);
  const s = r === undefined ? undefined : readInteger(der, r.end);
  if (r === undefined || s === undefined || s.end !== der.length) return undefined;
  const raw = new Uint8Array(64);
  raw.set(r.digits, 32 - r.digits.length);
  raw.set(s.digits, 64 - s.digits.length);
  return raw;
}

/** A positive DER INTEGER of at most 32 bytes in its shortest form. */
function readInteger(der: Uint8Array, at: number): { digits: Uint8Array; end: number } | undefined {
  const [tag, length = 0] = der.subarray(at, at + 2);
  const end = at + 2 + length;
  if (tag !== 0x02 || end > der.length) return undefined;
  const digits = withoutSign(der.subarray(at + 2, end));
  return digits === undefined || digits.length > 32 ? undefined : { digits, end };
}

/** One zero byte is there exactly when the number would otherwise read as negative. */
function withoutSign(value: Uint8Array): Uint8Array | undefined {
  const [first = 0x80, second] = value;
  if (first >= 0x80) return undefined;
  if (first > 0 || second === undefined) return value;
  return second >= 0x80 ? value.subarray(1) : undefined;
}
