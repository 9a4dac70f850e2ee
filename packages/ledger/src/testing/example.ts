import {
  append,
  buildExport,
  emptyFrontier,
  generateSigningKey,
  makeCheckpoint,
  openSigningKey,
  verifyExport,
  type VerifyReport,
} from "@tyr/ledger";

/** Keeps a log of two entries, exports it, and lets somebody verify the copy who has nothing but the public key. */
export async function keepAndVerify(): Promise<VerifyReport> {
  const origin = "log.example/tyr";
  const { skey, vkey } = await generateSigningKey(origin);
  const signer = await openSigningKey(skey);
  if (!signer.ok) throw new Error(signer.refusal.message);

  const entries = ['{"did":"incident.close"}', '{"did":"block.lift"}'].map((text) => new TextEncoder().encode(text));
  const { size, root } = append(emptyFrontier, entries);
  const checkpoint = await makeCheckpoint({ origin, size, root }, signer.value);

  const files = new Map<string, Uint8Array>();
  const request = { origin, entries, checkpoint, vkeys: [vkey], exportedAt: new Date().toISOString() };
  for await (const { path, bytes } of buildExport(request)) files.set(path, bytes);

  return await verifyExport({ read: async (path) => files.get(path), trustedKeys: [vkey], earlier: [checkpoint] });
}
