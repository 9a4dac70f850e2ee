import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import path from "node:path";
import { badConfiguration, systemCode, usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";
import { userFilePath } from "../user-file.ts";
import { placeFile } from "../witness/place-file.ts";
import type { World } from "../world.ts";

/** A private key of somebody, opened. It never leaves this process. */
export type OwnKey = Readonly<{
  /** SubjectPublicKeyInfo, DER in base64url. */
  publicKey: string;
  fingerprint: string;
  /** Ed25519 over the text in UTF-8, in base64url. */
  sign: (text: string) => string;
}>;

/** Longest file read: a PKCS#8 key of Ed25519 has some 300 bytes. */
const KEY_BYTES_MAX = 4096;
const OTHERS = 0o077;
/** Node derives the file's key with few rounds, so that a short passphrase would be guessed from a copy of it. */
const PASSPHRASE_CHARS_MIN = 15;

function ownKeyOf(privateKey: KeyObject): OwnKey {
  const der = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    publicKey: der.toString("base64url"),
    fingerprint: createHash("sha256").update(der).digest("hex"),
    sign: (text) => sign(null, Buffer.from(text, "utf8"), privateKey).toString("base64url"),
  };
}

/** Beside the user file, under the start of its fingerprint, which the server tells of each of one's keys. */
export function keyFilePath(world: World, fingerprint: string): string {
  return path.join(path.dirname(userFilePath(world)), `approval-${fingerprint.slice(0, 32)}.pem`);
}

/**
 * Makes a key and keeps it here, readable by its owner alone.
 *
 * @param passphrase undefined: the file is as good as the key
 */
export async function makeKeyFile(
  world: World,
  passphrase: string | undefined,
): Promise<Readonly<{ key: OwnKey; file: string }>> {
  if (passphrase !== undefined && passphrase.length < PASSPHRASE_CHARS_MIN)
    throw usage(`the passphrase has fewer than ${PASSPHRASE_CHARS_MIN} characters`, "Use some words nobody knows.");
  const { privateKey } = generateKeyPairSync("ed25519");
  const sealed = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  const pem = privateKey.export({ format: "pem", type: "pkcs8", ...sealed });
  const key = ownKeyOf(privateKey);
  const file = keyFilePath(world, key.fingerprint);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await placeFile(file, String(pem), "keep");
  return { key, file };
}

/** The text of a key's file. @returns undefined where there is none @throws {CliFailure} exit 78 when others may read it */
export async function readKeyFile(file: string): Promise<string | undefined> {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    const { mode, size } = await handle.stat();
    if (process.platform !== "win32" && (mode & OTHERS) !== 0)
      throw badConfiguration(
        `others than its owner may read the key ${visible(file)}`,
        `chmod 600 ${visible(file)}; if somebody may have copied it: tyr approval-key revoke, and make another.`,
      );
    if (size > KEY_BYTES_MAX) throw badConfiguration(`${visible(file)} is no key`, "Restore it, or make another key.");
    return await handle.readFile("utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

export function isSealed(pem: string): boolean {
  return pem.includes("BEGIN ENCRYPTED PRIVATE KEY");
}

/** @throws {CliFailure} exit 78: the passphrase is wrong, or it is no Ed25519 key */
export function openKey(pem: string, { file, passphrase }: Readonly<{ file: string; passphrase?: string }>): OwnKey {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: "pem", ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    // What OpenSSL says of it helps nobody: mostly that the passphrase is wrong.
    const what = passphrase === undefined ? "cannot be read" : "does not open with this passphrase";
    throw badConfiguration(`the key ${visible(file)} ${what}`, "Try again, or make another: tyr approval-key create");
  }
  if (key.asymmetricKeyType !== "ed25519")
    throw badConfiguration(`${visible(file)} is no Ed25519 key`, "Make one: tyr approval-key create");
  return ownKeyOf(key);
}

export async function removeKeyFile(world: World, fingerprint: string): Promise<void> {
  await rm(keyFilePath(world, fingerprint), { force: true });
}
