import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { openSigningKey, type KeySigner } from "@tyr/ledger";
import { ConfigInvalid } from "#platform/config";
import { AuditDiverged } from "./errors.ts";

/** `log.key` is the first key, `log.<key id>.key` those it was replaced by. */
const KEY_FILE = /^log(\.[0-9a-f]{8})?\.key$/;
const OTHERS_READ = 0o077;
const OTHERS_WRITE = 0o022;

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}

/** Windows has no such bits; its access lists are the operator's. */
function refuseOpen(path: string, mode: number, bits: number): void {
  if (process.platform === "win32" || (mode & bits) === 0) return;
  const isKey = bits === OTHERS_READ;
  throw new ConfigInvalid(
    path,
    `others than its owner may ${isKey ? "read this signing key" : "write to this folder of signing keys"} (mode ${octal(mode)}): ` +
      `chmod ${isKey ? "600" : "700"} it${isKey ? ", and if somebody may have copied it, tyr audit rotate-key" : ""}`,
  );
}

function isLoop(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ELOOP" || error.code === "EMLINK");
}

/** A link is not followed: whoever may place one could put a key of his in force. Nor is waited for a pipe's other end. */
function openKeyFile(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (!isLoop(error)) throw error;
    throw new ConfigInvalid(path, "is a symbolic link: put the signing key itself there");
  }
}

function readKeyFile(path: string): string {
  const handle = openKeyFile(path);
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) throw new ConfigInvalid(path, "is not a file, and the signing key is read from a file only");
    refuseOpen(path, stat.mode, OTHERS_READ);
    return readFileSync(handle, "utf8").trim();
  } finally {
    closeSync(handle);
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    refuseOpen(folder, statSync(folder).mode, OTHERS_WRITE);
    return readdirSync(folder).filter((name) => KEY_FILE.test(name));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/**
 * Every signing key in the folder.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID` when others than its owner may read one, or when one is a link or no file
 * @throws {AuditDiverged} `AUDIT_DIVERGED` when one is damaged
 */
export async function readKeyFiles(folder: string): Promise<readonly KeySigner[]> {
  const keys: KeySigner[] = [];
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const opened = await openSigningKey(readKeyFile(path));
    if (!opened.ok) throw new AuditDiverged(`${path} is not a usable signing key: ${opened.refusal.message}`);
    keys.push(opened.value);
  }
  return keys;
}

export function firstKeyPath(folder: string): string {
  return join(folder, "log.key");
}

export function laterKeyPath(folder: string, vkey: string): string {
  return join(folder, `log.${vkey.split("+")[1] ?? ""}.key`);
}
