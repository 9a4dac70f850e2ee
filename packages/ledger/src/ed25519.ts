import { type Bytes, concat, equalBytes, fromHex } from "./bytes.ts";
import { accept, LedgerError, refuse, type Result } from "./errors.ts";

/** RFC 8410: the DER before the 32-byte seed of an Ed25519 private key. */
const pkcs8Prefix = Uint8Array.from([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]);

/**
 * The y-coordinates of the points of order 1, 2, 4 and 8, and the two non-canonical spellings among them, little-endian,
 * sign bit cleared. With such a key or R one signature fits many texts, and engines disagree about it:
 * OpenSSL 3.0 accepts 208 of the 914 C2SP/CCTV edge signatures, OpenSSL 3.5 only 43. Refusing them here gives
 * the same verdict in every engine.
 */
const lowOrderPoints: readonly string[] = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];
const lowOrderBytes: readonly Bytes[] = lowOrderPoints.map((point) => fromHex(point) ?? new Uint8Array(0));

/** Refuses keys nobody makes by accident: the wrong length or of low order. */
export function checkPublicKey(publicKey: Uint8Array): Result<Bytes> {
  if (publicKey.length !== 32)
    return refuse("LEDGER_KEY_MALFORMED", `an Ed25519 key has 32 bytes, not ${publicKey.length}`);
  if (isLowOrder(publicKey)) return refuse("LEDGER_KEY_WEAK", "the Ed25519 public key is a point of low order");
  return accept(new Uint8Array(publicKey));
}

/** RFC 8032, without the low-order keys and signatures. Anything malformed is false. */
export async function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const key = checkPublicKey(publicKey);
  if (!key.ok || signature.length !== 64 || isLowOrder(signature.subarray(0, 32))) return false;
  const imported = await importKey("raw", key.value, "verify").catch(() => undefined);
  return (
    imported !== undefined &&
    (await crypto.subtle.verify("Ed25519", imported, new Uint8Array(signature), new Uint8Array(message)))
  );
}

/** Signing is deterministic (RFC 8032): the same text gives the same 64 bytes, so a repeated signing after a crash is harmless. */
export type Ed25519Key = Readonly<{ publicKey: Bytes; sign(message: Uint8Array): Promise<Bytes> }>;

/** @param seed 32 secret bytes @throws {LedgerError} `LEDGER_KEY_MALFORMED` */
export async function ed25519FromSeed(seed: Uint8Array): Promise<Ed25519Key> {
  if (seed.length !== 32)
    throw new LedgerError("LEDGER_KEY_MALFORMED", `an Ed25519 seed has 32 bytes, not ${seed.length}`);
  const key = await importKey("pkcs8", concat(pkcs8Prefix, seed), "sign");
  const { x } = await crypto.subtle.exportKey("jwk", key);
  const publicKey = base64url(x ?? "");
  return {
    publicKey,
    sign: async (message) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, new Uint8Array(message))),
  };
}

/** Typed by inference: the name of the key type differs between Node and the browser. */
async function importKey(format: "raw" | "pkcs8", bytes: Bytes, usage: "sign" | "verify") {
  return await crypto.subtle.importKey(format, bytes, "Ed25519", true, [usage]);
}

function isLowOrder(point: Uint8Array): boolean {
  const y = new Uint8Array(point);
  y[31] = (y[31] ?? 0) & 0x7f;
  return lowOrderBytes.some((low) => equalBytes(low, y));
}

function base64url(text: string): Bytes {
  const standard = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(standard), (character) => character.charCodeAt(0));
}
