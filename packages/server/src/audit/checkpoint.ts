import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeCheckpoint, openCheckpoint, type SignedCheckpoint } from "@tyr/ledger";
import type { Clock } from "#platform/clock";
import type { Database, WriteTransaction } from "#platform/database";
import { AuditDiverged } from "./errors.ts";
import { replacedKeys } from "./log-key-store.ts";
import type { LogKey } from "./log-key.ts";
import { placeFile } from "./place-file.ts";
import { insertCheckpoint, lastKeptAt, newestCheckpoint, putHead, readTree, type CheckpointRow } from "./store.ts";
import { assertContinues, emptyTree, sameBytes, type Tree } from "./tree.ts";

/** What was signed last and told to the world: `audit/checkpoint`, the file a rolled-back database is compared with. */
function publishedPath(folder: string): string {
  return join(folder, "checkpoint");
}

/** The file may be behind: whoever signed last may have ended before writing it. */
export function publish(folder: string, note: string): void {
  const path = publishedPath(folder);
  if (!existsSync(path) || readFileSync(path, "utf8") !== note) placeFile(path, note, "replace");
}

/** @throws {AuditDiverged} `AUDIT_DIVERGED` when the text is not a checkpoint of this log signed by a key of it */
export async function openOwn(note: string, key: LogKey, where: string): Promise<SignedCheckpoint> {
  const opened = await openCheckpoint(note, key.verifiers, key.origin);
  if (opened.ok) return opened.value;
  throw new AuditDiverged(`${where} is not a checkpoint signed by this log's key: ${opened.refusal.message}`);
}

/** By another server, a moment ago: what it signs is still this log. */
async function wasReplaced({ read }: Database, { vkey }: LogKey): Promise<boolean> {
  return (await replacedKeys(read)).some((row) => row.vkey === vkey);
}

/** @throws {AuditDiverged} `AUDIT_DIVERGED` when the database holds the log of another key */
export async function currentTree(database: Database, key: LogKey): Promise<Tree> {
  const tree = await readTree(database.read);
  if (tree === undefined) return emptyTree;
  const isOurs = tree.vkey === key.vkey || (await wasReplaced(database, key));
  if (tree.origin !== key.origin || !isOurs)
    throw new AuditDiverged(
      `the database holds the log ${tree.origin} of key ${tree.vkey}, but our key is ${key.vkey}`,
    );
  return tree;
}

type Signed = Readonly<{ database: Database; key: LogKey; folder: string }>;

/**
 * Compares the database with what was signed before: the newest row, and the file outside the database, which somebody who can
 * only write the database does not reach. To be called before anything is served and before anything is signed.
 *
 * @returns the newest stored checkpoint and the tree that continues it
 * @throws {AuditDiverged} `AUDIT_DIVERGED` when the log is smaller than, or not the continuation of, a signed checkpoint
 */
export async function assertContinuesSigned({
  database,
  key,
  folder,
}: Signed): Promise<{ stored: CheckpointRow | undefined; tree: Tree }> {
  const path = publishedPath(folder);
  const stored = await newestCheckpoint(database.read);
  const published = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  const notes = new Map([
    ...(published === undefined ? [] : [[published, path] as const]),
    ...(stored === undefined ? [] : [[stored.note, "the newest stored checkpoint"] as const]),
  ]);
  // The tree is read last: another server may append and sign meanwhile, and only grows.
  const tree = await currentTree(database, key);
  for (const [note, where] of notes) {
    const signed = await openOwn(note, key, where);
    if (stored?.note === note && (stored.size !== signed.size || !sameBytes(stored.root, signed.root)))
      throw new AuditDiverged("the row of the newest stored checkpoint says another tree than what was signed");
    await assertContinues(database.read, signed, tree);
  }
  return { stored, tree };
}

/**
 * Of those that only the next one follows, one is kept for good every ten minutes, and each that witnesses are asked about
 * (`witnesses.ts`). The others are superseded in their row: whoever holds one can still check it, because the hash tiles of
 * its tree are kept, and signing it again would give the same bytes.
 */
const KEPT_EVERY_MS = 600_000;

async function storeCheckpoint(tx: WriteTransaction, checkpoint: CheckpointRow): Promise<void> {
  await putHead(tx, checkpoint);
  const kept = await lastKeptAt(tx);
  // Either way: of a clock that was ahead once, the next one kept must not wait for that time to come.
  if (kept === undefined || Math.abs(checkpoint.at.getTime() - kept.getTime()) >= KEPT_EVERY_MS)
    await insertCheckpoint(tx, checkpoint);
}

export type SignDeps = Signed & Readonly<{ clock: Clock }>;

/**
 * Signs the newest committed tree, stores the checkpoint, then publishes the file. Ed25519 is deterministic: signing the
 * same tree again after a crash gives the same bytes.
 *
 * @returns the newest checkpoint, and whether it is a new one
 * @throws {AuditDiverged} `AUDIT_DIVERGED` before signing what does not continue everything signed before
 */
export async function signNewest(deps: SignDeps): Promise<{ checkpoint: CheckpointRow; signed: boolean }> {
  const { database, key, clock, folder } = deps;
  const { stored, tree } = await assertContinuesSigned(deps);
  const { size, root } = tree;
  if (stored?.size === size) return { checkpoint: stored, signed: false };
  const note = await makeCheckpoint({ origin: key.origin, size, root }, key.signers(clock.now()));
  const checkpoint = { size, root, note, at: clock.now() };
  await database.bookkeep("audit-tree", async (tx) => await storeCheckpoint(tx, checkpoint));
  publish(folder, note);
  return { checkpoint, signed: true };
}
