import {
  append,
  buildExport,
  emptyFrontier,
  generateSigningKey,
  makeCheckpoint,
  openSigningKey,
  type KeySigner,
} from "@tyr/ledger";

const origin = "log.example/tyr";
export type SampleLog = Readonly<{ files: ReadonlyMap<string, Uint8Array>; vkey: string; checkpoint: string }>;

let made: Promise<Readonly<{ signer: KeySigner; vkey: string }>> | undefined;

async function makeKey(): Promise<Readonly<{ signer: KeySigner; vkey: string }>> {
  const { skey, vkey } = await generateSigningKey(origin);
  const signer = await openSigningKey(skey);
  if (!signer.ok) throw new Error(signer.refusal.message);
  return { signer: signer.value, vkey };
}

/** A real export of a log of so many entries. Two of them in one test are one log at two sizes: same key, same entries. */
export async function sampleLog(
  size: number,
  entryOf: (at: number) => string = (at) => `{"entry":${at}}`,
): Promise<SampleLog> {
  const { signer, vkey } = await (made ??= makeKey());
  const entries = Array.from({ length: size }, (_, at) => new TextEncoder().encode(entryOf(at)));
  const { root } = append(emptyFrontier, entries);
  const checkpoint = await makeCheckpoint({ origin, size, root }, signer);
  const files = new Map<string, Uint8Array>();
  for await (const file of buildExport({
    origin,
    entries,
    checkpoint,
    vkeys: [vkey],
    exportedAt: "2026-02-01T12:00:00Z",
  }))
    files.set(file.path, file.bytes);
  return { files, vkey, checkpoint };
}
