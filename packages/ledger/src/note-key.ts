import { base64, type Bytes, concat, fromBase64, fromHex, hex, readUint32, uint32, utf8 } from "./bytes.ts";
import { cosignatureMessage, cosignatureSizeBytes } from "./cosignature-message.ts";
import { p256KeySizeBytes, verifyP256 } from "./ecdsa.ts";
import { checkPublicKey, type Ed25519Key, ed25519FromSeed, verifyEd25519 } from "./ed25519.ts";
import { accept, demand, refuse, type Result } from "./errors.ts";
import { sha256 } from "./sha256.ts";

/** Checks the lines of one key on signed notes. `keyId` is a lookup aid of 32 bits, not a security boundary. */
export type NoteVerifier = Readonly<{
  name: string;
  keyId: number;
  kind: "ed25519" | "ecdsa" | "cosignature";
  /** 32 bytes, or the DER of an ECDSA key. */
  publicKey: Uint8Array;
  vkey: string;
  verify(text: Uint8Array, signature: Uint8Array): Promise<boolean>;
}>;

/** Signs notes. The key may live elsewhere: another process, another user, a key management system. */
export type NoteSigner = Readonly<{ name: string; keyId: number; sign(text: Uint8Array): Promise<Uint8Array> }>;

/** A signer made from a key text, together with the text to publish. */
export type KeySigner = NoteSigner & Readonly<{ vkey: string }>;

/** Signature types of C2SP signed-note. */
const typeBytes = { ed25519: 0x01, ecdsa: 0x02, cosignature: 0x04 } as const;
type Kind = keyof typeof typeBytes;
type KeyParts = Readonly<{ name: string; keyId: number; kind: Kind; key: Bytes }>;

const secretPrefix = "PRIVATE+KEY+";

/** Reads `<name>+<key id>+<base64>` (C2SP signed-note): Ed25519 (1), ECDSA P-256 (2), Ed25519 cosignature (4). */
export function parseVerifierKey(vkey: string): Result<NoteVerifier> {
  const parts = parseKey(vkey);
  if (!parts.ok) return parts;
  const { name, kind, key, keyId } = parts.value;
  const checked = checkKey(kind, key);
  if (!checked.ok) return checked;
  if (keyId !== keyIdOf(name, kind, key))
    return refuse("LEDGER_KEY_MALFORMED", `the key id of ${name} does not match its key`);
  return accept({ name, keyId, kind, publicKey: key, vkey, verify: verifyWith(kind, key) });
}

/** The key that checks a witness's cosignatures, whether it was published as its log key (1) or as cosignature key (4). */
export function asCosignatureVerifier(verifier: NoteVerifier): NoteVerifier {
  return verifier.kind === "cosignature"
    ? verifier
    : demand(parseVerifierKey(formatVerifierKey(verifier.name, verifier.publicKey, "cosignature")));
}

/** @param publicKey 32 bytes; the result is the text to hand to everybody who shall verify */
export function formatVerifierKey(
  name: string,
  publicKey: Uint8Array,
  kind: "ed25519" | "cosignature" = "ed25519",
): string {
  const keyId = hex(uint32(keyIdOf(name, kind, publicKey)));
  return `${name}+${keyId}+${base64(concat(Uint8Array.of(typeBytes[kind]), publicKey))}`;
}

/** Reads a `PRIVATE+KEY+…` text of type 1. It is a secret: keep it out of logs and of the database. */
export async function openSigningKey(skey: string): Promise<Result<KeySigner>> {
  const opened = await openSeed(skey, "ed25519");
  if (!opened.ok) return opened;
  const { name, keyId, vkey, key } = opened.value;
  return accept({ name, keyId, vkey, sign: async (text: Uint8Array) => await key.sign(text) });
}

/**
 * Reads a `PRIVATE+KEY+…` text of type 4: a witness's key, whose lines carry the time (C2SP tlog-cosignature v1).
 * @param now seconds since 1970
 */
export async function openCosigningKey(skey: string, now: () => number): Promise<Result<KeySigner>> {
  const opened = await openSeed(skey, "cosignature");
  if (!opened.ok) return opened;
  const { name, keyId, vkey, key } = opened.value;
  const sign = async (text: Uint8Array): Promise<Uint8Array> => {
    const { time, message } = cosignatureMessage(text, Math.floor(now()));
    return concat(time, await key.sign(message));
  };
  return accept({ name, keyId, vkey, sign });
}

/** Makes a new key pair. @throws {LedgerError} `LEDGER_KEY_MALFORMED` for a name with spaces or a plus sign */
export async function generateSigningKey(
  name: string,
  kind: "ed25519" | "cosignature" = "ed25519",
): Promise<{ skey: string; vkey: string }> {
  demand(isKeyName(name) ? accept(name) : refuse("LEDGER_KEY_MALFORMED", "a key name has no spaces and no plus sign"));
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const { publicKey } = await ed25519FromSeed(seed);
  const keyId = hex(uint32(keyIdOf(name, kind, publicKey)));
  const skey = `${secretPrefix}${name}+${keyId}+${base64(concat(Uint8Array.of(typeBytes[kind]), seed))}`;
  return { skey, vkey: formatVerifierKey(name, publicKey, kind) };
}

/** C2SP signed-note: not empty, no plus sign, no Unicode space. */
export function isKeyName(name: string): boolean {
  return name !== "" && name.isWellFormed() && !/[+\s\u0085]/u.test(name);
}

async function openSeed(skey: string, kind: "ed25519" | "cosignature"): Promise<Result<OpenedSeed>> {
  if (!skey.startsWith(secretPrefix)) return refuse("LEDGER_KEY_MALFORMED", "a signing key starts with PRIVATE+KEY+");
  const parts = parseKey(skey.slice(secretPrefix.length));
  if (!parts.ok) return parts;
  const { name, keyId, key: seed } = parts.value;
  if (parts.value.kind !== kind || seed.length !== 32)
    return refuse("LEDGER_KEY_MALFORMED", `the signing key of ${name} is not of kind ${kind}`);
  const key = await ed25519FromSeed(seed);
  if (keyId !== keyIdOf(name, kind, key.publicKey))
    return refuse("LEDGER_KEY_MALFORMED", `the key id of ${name} does not match its key`);
  return accept({ name, keyId, key, vkey: formatVerifierKey(name, key.publicKey, kind) });
}

type OpenedSeed = Readonly<{ name: string; keyId: number; vkey: string; key: Ed25519Key }>;

function parseKey(text: string): Result<KeyParts> {
  const [name = "", id = "", ...rest] = text.split("+");
  const keyId = fromHex(id);
  // Base64 may itself contain plus signs, so only the first two separate.
  const bytes = fromBase64(rest.join("+"));
  if (!isKeyName(name) || keyId?.length !== 4 || bytes === undefined || bytes.length < 2) {
    return refuse("LEDGER_KEY_MALFORMED", "a key reads <name>+<8 hexadecimal digits>+<base64>");
  }
  const kind = kindOf(bytes[0]);
  if (kind === undefined) return refuse("LEDGER_KEY_MALFORMED", `key type ${bytes[0]} of ${name} is not supported`);
  return accept({ name, keyId: readUint32(keyId), kind, key: bytes.slice(1) });
}

function kindOf(type: number | undefined): Kind | undefined {
  return (["ed25519", "ecdsa", "cosignature"] as const).find((kind) => typeBytes[kind] === type);
}

function checkKey(kind: Kind, key: Bytes): Result<Bytes> {
  if (kind !== "ecdsa") return checkPublicKey(key);
  return key.length === p256KeySizeBytes
    ? accept(key)
    : refuse("LEDGER_KEY_MALFORMED", "only P-256 keys are supported for ECDSA");
}

/** First four bytes of SHA-256; ECDSA keys hash the bare DER (C2SP signed-note). */
function keyIdOf(name: string, kind: Kind, key: Uint8Array): number {
  return readUint32(sha256(kind === "ecdsa" ? key : concat(utf8(`${name}\n`), Uint8Array.of(typeBytes[kind]), key)));
}

function verifyWith(kind: Kind, key: Bytes): NoteVerifier["verify"] {
  switch (kind) {
    case "ed25519":
      return async (text, signature) => await verifyEd25519(key, text, signature);
    case "ecdsa":
      return async (text, signature) => await verifyP256(key, text, signature);
    case "cosignature":
      return async (text, signature) => {
        if (signature.length !== cosignatureSizeBytes) return false;
        const read = cosignatureMessage(text, signature.subarray(0, 8));
        return await verifyEd25519(key, read.message, signature.subarray(8));
      };
    default:
      return kind satisfies never;
  }
}
