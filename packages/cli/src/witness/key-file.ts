import { constants } from "node:fs";
import { mkdir, open, stat } from "node:fs/promises";
import path from "node:path";
import { generateSigningKey, type KeySigner, LedgerError, openCosigningKey } from "@tyr/ledger";
import { badConfiguration, systemCode, usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";
import { placeFile } from "./place-file.ts";

const OTHERS_READ = 0o077;
const OTHERS_WRITE = 0o022;

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}

async function readKey(file: string): Promise<string | undefined> {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    const { mode } = await handle.stat();
    // Windows has no such bits; its access lists are the operator's.
    if (process.platform !== "win32" && (mode & OTHERS_READ) !== 0)
      throw badConfiguration(
        `others than its owner may read the key ${visible(file)} (mode ${octal(mode)})`,
        `chmod 600 ${visible(file)}; if somebody may have copied it, make a new one in a new directory.`,
      );
    return (await handle.readFile("utf8")).trim();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes the directory, and refuses one that others may write: they could put back an older memory. */
export async function openDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { mode } = await stat(directory);
  if (process.platform === "win32" || (mode & OTHERS_WRITE) === 0) return;
  throw badConfiguration(
    `others than its owner may write to ${visible(directory)} (mode ${octal(mode)})`,
    `chmod 700 ${visible(directory)}`,
  );
}

export type CosigningKeyPlace = Readonly<{ directory: string; now: () => number }>;

/**
 * Opens the witness's key, a C2SP `PRIVATE+KEY+…` text of type 4 in `witness.key`.
 *
 * @param place `now`: milliseconds since 1970, for the time in its cosignatures
 * @returns undefined where there is none
 * @throws {CliFailure} exit 78 when it is damaged, or may be read by others
 */
export async function openKey({ directory, now }: CosigningKeyPlace): Promise<KeySigner | undefined> {
  const file = path.join(directory, "witness.key");
  const text = await readKey(file);
  if (text === undefined) return undefined;
  const opened = await openCosigningKey(text, () => now() / 1000);
  if (opened.ok) return opened.value;
  throw badConfiguration(
    `${visible(file)} is not a witness key: ${opened.refusal.message}`,
    "Restore the file from where you keep its copy.",
  );
}

/** Makes the key. One that is there already is never replaced. @throws {CliFailure} exit 2 for a name that cannot be one */
export async function makeKey(directory: string, name: string): Promise<boolean> {
  try {
    const { skey } = await generateSigningKey(name, "cosignature");
    return await placeFile(path.join(directory, "witness.key"), `${skey}\n`, "keep");
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    throw usage(error.message, "Name the witness like an address without scheme: witness.example/audit");
  }
}
