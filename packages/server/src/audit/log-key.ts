import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { generateSigningKey, openSigningKey, parseVerifierKey, type KeySigner, type NoteVerifier } from "@tyr/ledger";
import { AuditDiverged } from "./errors.ts";
import { placeFile } from "./place-file.ts";

/**
 * The log's signing key: a C2SP `PRIVATE+KEY+…` text in `audit/log.key`, readable by the server's user alone. Its name
 * is the log's origin. It moves to a process of its own later; whoever holds it can sign another history, which only a
 * checkpoint kept elsewhere shows.
 */
export type LogKey = KeySigner & Readonly<{ origin: string }>;

type KeyPlace = Readonly<{ folder: string; origin: string | undefined; mayCreate: boolean }>;

/**
 * Opens the key, or makes it at the first start.
 *
 * @throws {AuditDiverged} `AUDIT_DIVERGED` when the key is gone although a log was signed with it, or cannot be read
 */
export async function openLogKey({ folder, origin, mayCreate }: KeyPlace): Promise<LogKey> {
  const path = join(folder, "log.key");
  if (!existsSync(path)) {
    if (!mayCreate)
      throw new AuditDiverged(`${path} is missing, but the database holds a log that it signed: restore the key file`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { skey } = await generateSigningKey(origin ?? `tyr.local/${randomUUID()}`);
    placeFile(path, `${skey}\n`, "keep");
  }
  const opened = await openSigningKey(readFileSync(path, "utf8").trim());
  if (!opened.ok) throw new AuditDiverged(`${path} is not a usable signing key: ${opened.refusal.message}`);
  if (origin !== undefined && origin !== opened.value.name)
    throw new AuditDiverged(`${path} signs for ${opened.value.name}, but the configured origin is ${origin}`);
  return { ...opened.value, origin: opened.value.name };
}

/** The keys that check our own signatures. */
export function verifiersOf({ vkey }: LogKey): readonly NoteVerifier[] {
  const parsed = parseVerifierKey(vkey);
  return parsed.ok ? [parsed.value] : [];
}
