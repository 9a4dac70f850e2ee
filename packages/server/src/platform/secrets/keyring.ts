import { randomBytes, randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { KEY_BYTES, type NamedKey } from "./envelope.ts";
import { KeyringUnusable } from "./errors.ts";

/** Keys by name, in the order of the file. */
export type Keyring = ReadonlyMap<string, NamedKey>;

/** `secrets:2026-1`: purpose, year, number within it. */
const NAME = /^secrets:\d{4}-\d{1,4}$/;
const KEYS_MAX = 1_000;
const OTHERS = 0o077;
const HEADER = `# Key-encryption keys of Tyr, one to a line: NAME BASE64 (32 bytes). Mode 0600.
# Losing this file loses every sealed secret: back it up apart from the database.
# A key may go when "tyr secrets status" counts no secret under it and no backup needs it.
`;

function parseLine(path: string, line: string, number: number): NamedKey {
  const [name = "", text = "", more] = line.split(/\s+/);
  const key = Buffer.from(text, "base64");
  const fine = NAME.test(name) && key.length === KEY_BYTES && key.toString("base64") === text && more === undefined;
  // The line is not repeated: it may hold a key.
  if (!fine) throw new KeyringUnusable(`${path}:${number} is not "secrets:YYYY-N" and 32 bytes in base64`);
  return { name, key };
}

/** @throws {KeyringUnusable} `KEYRING_UNUSABLE` naming the file and the line */
export function parseKeyring(path: string, text: string): Keyring {
  const lines = text.split("\n").map((line, at) => [line.trim(), at + 1] as const);
  const keys = lines
    .filter(([line]) => line !== "" && !line.startsWith("#"))
    .map(([line, number]) => parseLine(path, line, number));
  const ring = new Map(keys.map((key) => [key.name, key]));
  if (ring.size < keys.length) throw new KeyringUnusable(`${path} has two keys of the same name`);
  if (ring.size === 0 || ring.size > KEYS_MAX)
    throw new KeyringUnusable(`${path} has ${ring.size} keys instead of 1 to ${KEYS_MAX}`);
  return ring;
}

/** Looks at the opened file, not at its name, which could be another file a moment later. */
function checkFile(path: string, handle: number): void {
  const stat = fstatSync(handle);
  if (!stat.isFile()) throw new KeyringUnusable(`${path} is not a file`);
  const mode = stat.mode & 0o777;
  if ((mode & OTHERS) !== 0)
    throw new KeyringUnusable(
      `${path} has mode 0${mode.toString(8)}: others on this machine may read the keys; chmod 600 it`,
    );
  const me = process.getuid?.();
  if (me !== undefined && me !== 0 && stat.uid !== me)
    throw new KeyringUnusable(`${path} belongs to another user (${stat.uid}); chown it to ${me}`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/**
 * Reads the file of keys; undefined when there is none.
 *
 * @throws {KeyringUnusable} `KEYRING_UNUSABLE`: not a file, readable by others, somebody else's, or malformed
 */
export function readKeyring(path: string): Keyring | undefined {
  let handle: number;
  try {
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new KeyringUnusable(`${path} cannot be opened`, { cause });
  }
  try {
    checkFile(path, handle);
    return parseKeyring(path, readFileSync(handle, "utf8"));
  } finally {
    closeSync(handle);
  }
}

/** The next free name of this year. */
export function freshKey(taken: Iterable<string>, now: Date): NamedKey {
  const prefix = `secrets:${now.getUTCFullYear()}-`;
  const used = [...taken].filter((name) => name.startsWith(prefix)).map((name) => Number(name.slice(prefix.length)));
  return { name: `${prefix}${Math.max(0, ...used) + 1}`, key: randomBytes(KEY_BYTES) };
}

function syncFolder(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Writes the file whole or not at all; it is on disk before anything is sealed under a key in it.
 *
 * @throws {KeyringUnusable} `KEYRING_UNUSABLE`: the folder is not writable
 */
export function writeKeyring(path: string, keys: readonly NamedKey[]): void {
  const lines = keys.map(({ name, key }) => `${name} ${Buffer.from(key).toString("base64")}\n`);
  const beside = `${path}.${randomUUID()}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const handle = openSync(beside, "wx", 0o600);
    try {
      writeSync(handle, HEADER + lines.join(""));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(beside, path);
    syncFolder(dirname(path));
  } catch (cause) {
    throw new KeyringUnusable(`${path} cannot be written; add a line for a new key by hand`, { cause });
  }
}
