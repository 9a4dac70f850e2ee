import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import {
  type Checkpoint,
  type KeySigner,
  type NoteVerifier,
  openCheckpoint,
  openNote,
  parseCheckpointBody,
  parseVerifierKey,
  type WitnessedFork,
} from "@tyr/ledger";
import { badConfiguration, systemCode } from "../failure.ts";
import { visible } from "../output/visible-text.ts";
import { placeFile } from "./place-file.ts";

/** The name of a log's folder, here and in the address of its checkpoint (C2SP tlog-witness). */
export function folderOf(origin: string): string {
  return createHash("sha256").update(origin).digest("hex");
}

/** What was kept of one log: the checkpoint it signed, and the same with our line once that is written too. */
export type Kept = Readonly<{ checkpoint: Checkpoint; signed: string; published: string | undefined }>;

/** Where a witness remembers. Every write is on disk before it resolves. */
export type Memory = Readonly<{
  /** Before cosigning: from now on nothing smaller, and nothing else of this size, is signed. */
  keep(origin: string, signed: string): Promise<void>;
  /** After cosigning. */
  publish(origin: string, cosigned: string): Promise<void>;
  /** Evidence against a log; the first of each size stays. */
  accuse(fork: WitnessedFork): Promise<void>;
}>;

export function memoryIn(directory: string): Memory {
  const place = (origin: string, name: string): string => path.join(directory, folderOf(origin), name);
  return {
    async keep(origin, signed) {
      await mkdir(path.join(directory, folderOf(origin)), { recursive: true, mode: 0o700 });
      await placeFile(place(origin, "latest"), signed, "replace");
    },
    publish: async (origin, cosigned) => void (await placeFile(place(origin, "checkpoint"), cosigned, "replace")),
    accuse: async ({ origin, size, signed }) => void (await placeFile(place(origin, `fork-${size}`), signed, "keep")),
  };
}

async function readNote(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function damaged(file: string, why: string): Error {
  return badConfiguration(
    `the memory of this witness cannot be trusted: ${visible(file)} ${visible(why)}`,
    "Never start over under the same key. Find out what happened; then make a new key in a new directory and hand it out.",
  );
}

/** The text of what we published, and undefined where it is not ours: after a change of the witness's own key. */
async function ourText(published: string | undefined, own: KeySigner): Promise<string | undefined> {
  const key = parseVerifierKey(own.vkey);
  if (published === undefined || !key.ok) return undefined;
  const opened = await openNote(published, [key.value]);
  return opened.ok ? opened.value.text : undefined;
}

/** Older than what we published: somebody put a copy back. */
function assertNotOlder(latest: string, kept: Checkpoint, ours: string | undefined): void {
  const published = ours === undefined ? undefined : parseCheckpointBody(ours);
  if (published?.ok === true && published.value.size > kept.size)
    throw damaged(latest, `knows ${kept.size} entries, but ${published.value.size} were cosigned`);
}

export type RecallRequest = Readonly<{
  directory: string;
  origin: string;
  keys: readonly NoteVerifier[];
  cosigner: KeySigner;
}>;

/**
 * Reads what was kept of a log. What we published under our own key is believed even when the log has meanwhile dropped
 * the key it signed with.
 *
 * @returns undefined for a log never cosigned
 * @throws {CliFailure} exit 78 when a file is gone, damaged or older than the other: it would make us sign a fork
 */
export async function recall({ directory, origin, keys, cosigner }: RecallRequest): Promise<Kept | undefined> {
  const folder = path.join(directory, folderOf(origin));
  const [latest, checkpoint] = [path.join(folder, "latest"), path.join(folder, "checkpoint")];
  const [signed, published] = [await readNote(latest), await readNote(checkpoint)];
  if (signed === undefined && published === undefined) return undefined;
  if (signed === undefined) throw damaged(latest, "is missing, but a checkpoint was cosigned");
  const ours = await ourText(published, cosigner);
  const isOurs = ours !== undefined && signed.startsWith(`${ours}\n`);
  const kept = isOurs ? parseCheckpointBody(ours) : await openCheckpoint(signed, keys, origin);
  if (!kept.ok) throw damaged(latest, `cannot be read: ${kept.refusal.message}`);
  if (kept.value.origin !== origin) throw damaged(latest, `is of ${kept.value.origin}`);
  assertNotOlder(latest, kept.value, ours);
  return { checkpoint: kept.value, signed, published: isOurs ? published : undefined };
}
