import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { SecretUnreadable } from "./errors.ts";

/** Where a secret belongs. It opens nowhere else: the place is authenticated with it. */
export type Place = Readonly<{ table: string; column: string; record: string }>;
/** A named key-encryption key, 32 bytes. */
export type NamedKey = Readonly<{ name: string; key: Uint8Array }>;
/** `wrappedKey` is nonce ‖ key ‖ tag under the named key, `sealed` nonce ‖ ciphertext ‖ tag under that key. */
export type Envelope = Readonly<{ format: number; keyName: string; wrappedKey: Uint8Array; sealed: Uint8Array }>;

/** AES-256-GCM twice, places as below. Another algorithm is another number. */
const FORMAT = 1;
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
/** Node takes tags of 4 bytes unless told: the length is pinned wherever a cipher is made. */
const authTagLength = 16;

/** Lengths go first, so that no two places have the same bytes. */
function bytesOf(parts: readonly string[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const text = Buffer.from(part, "utf8");
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      return [length, text];
    }),
  );
}

const placeBytes = ({ table, column, record }: Place, purpose: string): Buffer =>
  bytesOf(["tyr/secret", String(FORMAT), purpose, table, column, record]);

/** AES-256-GCM with a fresh 96-bit nonce. @returns nonce ‖ ciphertext ‖ 16-byte tag */
export function encrypt(key: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength }).setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @throws {SecretUnreadable} `SECRET_UNREADABLE`: another key, another place, or altered bytes */
export function decrypt(key: Uint8Array, box: Uint8Array, aad: Uint8Array): Uint8Array {
  if (box.length < NONCE_BYTES + authTagLength) throw new SecretUnreadable("a sealed secret is too short");
  const end = box.length - authTagLength;
  const cipher = createDecipheriv("aes-256-gcm", key, box.subarray(0, NONCE_BYTES), { authTagLength })
    .setAAD(aad)
    .setAuthTag(box.subarray(end));
  try {
    return Buffer.concat([cipher.update(box.subarray(NONCE_BYTES, end)), cipher.final()]);
  } catch (cause) {
    throw new SecretUnreadable("a sealed secret was altered, moved, or sealed under another key", { cause });
  }
}

const wrapAad = (place: Place, keyName: string): Buffer =>
  Buffer.concat([placeBytes(place, "wrap"), bytesOf([keyName])]);

/** Seals under a data key drawn for this one call, so that no data key ever meets a second nonce. */
export function sealEnvelope({ name, key }: NamedKey, place: Place, plaintext: Uint8Array): Envelope {
  const dataKey = randomBytes(KEY_BYTES);
  return {
    format: FORMAT,
    keyName: name,
    wrappedKey: encrypt(key, dataKey, wrapAad(place, name)),
    sealed: encrypt(dataKey, plaintext, placeBytes(place, "data")),
  };
}

function unwrap({ name, key }: NamedKey, place: Place, { format, keyName, wrappedKey }: Envelope): Uint8Array {
  if (format !== FORMAT) throw new SecretUnreadable(`a secret was sealed in format ${format}, which is not known`);
  if (name !== keyName) throw new SecretUnreadable(`a secret is sealed under ${keyName}, not under ${name}`);
  const dataKey = decrypt(key, wrappedKey, wrapAad(place, name));
  if (dataKey.length !== KEY_BYTES) throw new SecretUnreadable("a wrapped key does not have 32 bytes");
  return dataKey;
}

/** @throws {SecretUnreadable} `SECRET_UNREADABLE` */
export function openEnvelope(key: NamedKey, place: Place, envelope: Envelope): Uint8Array {
  return decrypt(unwrap(key, place, envelope), envelope.sealed, placeBytes(place, "data"));
}

/** Puts the data key under another key-encryption key. What it seals stays as it is, byte by byte. */
export function rewrapEnvelope(
  { from, to }: Readonly<{ from: NamedKey; to: NamedKey }>,
  place: Place,
  envelope: Envelope,
): Envelope {
  const dataKey = unwrap(from, place, envelope);
  return { ...envelope, keyName: to.name, wrappedKey: encrypt(to.key, dataKey, wrapAad(place, to.name)) };
}

/** Says whether a key is the one of that name without telling anything of it. */
export function checkValueOf({ name, key }: NamedKey): Uint8Array {
  return createHmac("sha256", key).update(`tyr/key-check|${name}`).digest();
}
