import { ok, refuse } from "@tyr/contract";
// oxlint-disable-next-line no-restricted-imports -- stands where app.ts does: it signs as the log does
import { generateSigningKey, openNote, openSigningKey, parseVerifierKey, signNote } from "@tyr/ledger";
import type { BundleSeal } from "#govern";

type Keys = Awaited<ReturnType<typeof generateSigningKey>>;
/** For processes that share an installation. */
export const newSealKeys = async (): Promise<Keys> => await generateSigningKey("tyr.test/log");

/** Signs as an installation does, with a key of its own unless one is given. */
export async function openTestSeal(keys?: Keys): Promise<BundleSeal> {
  const { skey, vkey } = keys ?? (await newSealKeys());
  const signer = await openSigningKey(skey);
  const verifier = parseVerifierKey(vkey);
  if (!signer.ok || !verifier.ok) throw new TypeError("a key just made opens");
  return {
    sign: async (text) => await signNote(text, [signer.value]),
    async open(note) {
      const opened = await openNote(note, [verifier.value]);
      return opened.ok ? ok(opened.value.text) : refuse("AUDIT_DIVERGED", opened.refusal.message);
    },
  };
}
