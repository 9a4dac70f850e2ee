import type { KeyId, TokenFamilyId } from "@tyr/contract";
import type { WriteTransaction } from "#platform/database";
import { endFamilies } from "../tokens/store.ts";
import { revokeKeys } from "./store.ts";

export type EndedKeys = Readonly<{ keys: readonly KeyId[]; families: readonly TokenFamilyId[] }>;
export const NO_KEYS: EndedKeys = { keys: [], families: [] };

/**
 * Ends keys, and with them every token somebody got for one: in one transaction, which locks the keys first, as getting
 * tokens does. @returns what was not ended before
 */
export async function endKeys(
  tx: WriteTransaction,
  whose: Parameters<typeof revokeKeys>[1],
  now: Date,
): Promise<EndedKeys> {
  const keys = await revokeKeys(tx, whose, now);
  return { keys, families: await endFamilies(tx, { keys }, { now, why: "the key was revoked" }) };
}
