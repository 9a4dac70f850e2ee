import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { generateSigningKey, parseVerifierKey, type KeySigner, type NoteVerifier } from "@tyr/ledger";
import type { ReadDatabase } from "#platform/database";
import { AuditDiverged } from "./errors.ts";
import { firstKeyPath, readKeyFiles } from "./key-files.ts";
import { replacedKeys, type ReplacedKeyRow } from "./log-key-store.ts";
import { placeFile } from "./place-file.ts";
import { readTree } from "./store.ts";

/**
 * The log's signing keys: C2SP `PRIVATE+KEY+…` texts in the folder `audit/`, readable by the server's user alone. Their
 * name is the log's origin. Whoever holds one can sign another history, which only a checkpoint kept elsewhere shows.
 */
export type LogKey = Readonly<{
  origin: string;
  /** The key in force. */
  vkey: string;
  /** It, and those it replaced while they still sign along: one line each under a checkpoint. */
  signers(now: Date): readonly KeySigner[];
  /** Everything the log ever signed with: what reads its own signatures. */
  verifiers: readonly NoteVerifier[];
  folder: string;
}>;

type KeyPlace = Readonly<{ db: ReadDatabase; folder: string; origin: string | undefined; now: Date }>;

async function makeFirstKey(folder: string, origin: string | undefined): Promise<readonly KeySigner[]> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { skey } = await generateSigningKey(origin ?? `tyr.local/${randomUUID()}`);
  placeFile(firstKeyPath(folder), `${skey}\n`, "keep");
  return await readKeyFiles(folder);
}

function verifiersOf(vkeys: readonly string[]): readonly NoteVerifier[] {
  return vkeys.map((vkey) => {
    const parsed = parseVerifierKey(vkey);
    if (parsed.ok) return parsed.value;
    throw new AuditDiverged(`the database names a key of the log that is none: ${parsed.refusal.message}`);
  });
}

/** A key that signs along must be there: without its line, readers who know only it would be cut off early. */
function overlapping(rows: readonly ReplacedKeyRow[], files: readonly KeySigner[], now: Date): readonly KeySigner[] {
  return rows
    .filter((row) => row.signs_until.getTime() > now.getTime())
    .map(({ vkey, signs_until }) => {
      const found = files.find((file) => file.vkey === vkey);
      if (found !== undefined) return found;
      throw new AuditDiverged(
        `the file of the key ${vkey} is missing, which signs along until ${signs_until.toISOString()}`,
      );
    });
}

/**
 * Opens the keys the database names, or makes the first one at the first start.
 *
 * @throws {AuditDiverged} `AUDIT_DIVERGED` when a key is gone although a log was signed with it, or cannot be read
 * @throws {ConfigInvalid} `CONFIG_INVALID` when others than its owner may read one
 */
export async function openLogKey({ db, folder, origin, now }: KeyPlace): Promise<LogKey> {
  const tree = await readTree(db);
  const found = await readKeyFiles(folder);
  const files = found.length === 0 && tree === undefined ? await makeFirstKey(folder, origin) : found;
  const rows = await replacedKeys(db);
  const inForce = tree === undefined ? files[0] : files.find(({ vkey }) => vkey === tree.vkey);
  if (inForce === undefined)
    throw new AuditDiverged(
      `the key ${tree?.vkey ?? ""} is missing in ${folder}, but the database holds a log that it signs: restore the key file`,
    );
  if (origin !== undefined && origin !== inForce.name)
    throw new AuditDiverged(`the key signs for ${inForce.name}, but the configured origin is ${origin}`);
  // Now, and not at the first signature: that would be too late to refuse to serve.
  overlapping(rows, files, now);
  const { name, vkey } = inForce;
  return {
    origin: name,
    vkey,
    signers: (at) => [inForce, ...overlapping(rows, files, at)],
    verifiers: verifiersOf([vkey, ...rows.map((row) => row.vkey)]),
    folder,
  };
}
