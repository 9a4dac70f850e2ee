import { utf8 } from "../bytes.ts";
import { makeCheckpoint } from "../checkpoint.ts";
import { buildExport, type ExportRequest } from "../export-log.ts";
import { emptyFrontier } from "../frontier.ts";
import { type KeySigner, openSigningKey } from "../note-key.ts";
import { append } from "../sequencer.ts";
import { verifyExport, type VerifyReport, type VerifyRequest } from "../verify-export.ts";
import { readVector, value } from "./vectors.ts";

type Rotation = { origin: string; keys: Record<"key1" | "key2", { skey: string }> };

/** Published test keys. */
const rotation = readVector<Rotation>("tlog/checkpoint-rotation");
export const origin: string = rotation.origin;

export async function testSigner(name: "key1" | "key2" = "key1"): Promise<KeySigner> {
  return value(await openSigningKey(rotation.keys[name].skey));
}

export function sampleEntries(size: number): Uint8Array[] {
  return Array.from({ length: size }, (_, at) => utf8(`{"entry":${at}}`));
}

/** The signed checkpoint over the first entries. */
export async function signedAt(entries: readonly Uint8Array[], size: number = entries.length): Promise<string> {
  const { root } = append(emptyFrontier, entries.slice(0, size));
  return await makeCheckpoint({ origin, size, root }, await testSigner());
}

export type Files = Map<string, Uint8Array>;

export async function exported(entries: readonly Uint8Array[], more: Partial<ExportRequest> = {}): Promise<Files> {
  const { vkey } = await testSigner();
  const checkpoint = await signedAt(entries);
  const files: Files = new Map();
  const request = { origin, entries, checkpoint, vkeys: [vkey], exportedAt: "2026-11-22T03:00:00Z", ...more };
  for await (const { path, bytes } of buildExport(request)) files.set(path, bytes);
  return files;
}

export async function verified(files: Files, more: Partial<VerifyRequest> = {}): Promise<VerifyReport> {
  const { vkey } = await testSigner();
  return await verifyExport({ read: async (path) => files.get(path), trustedKeys: [vkey], ...more });
}

/** A copy with one file changed; undefined removes it. */
export function changed(files: Files, path: string, change: (bytes: Uint8Array) => Uint8Array | undefined): Files {
  const bytes = files.get(path);
  if (bytes === undefined) throw new Error(`no file ${path}`);
  const copy = new Map(files);
  const next = change(Uint8Array.from(bytes));
  if (next === undefined) copy.delete(path);
  else copy.set(path, next);
  return copy;
}

export function flipped(bytes: Uint8Array, at: number, mask = 1): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
}
