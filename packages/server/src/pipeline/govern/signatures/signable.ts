import type { Signable } from "@tyr/contract";
import type { By, Room } from "../room.ts";
import { stateOfKey, viewOfKey } from "./approval-key.ts";
import { challengeOf } from "./statement.ts";
import { listApprovalKeys } from "./store.ts";

type Text = Readonly<{ text: string; digest: string; expires_at: Date }>;

/** A text that was handed out, with what its signer can sign it with. */
export async function signable(room: Room, { text, digest, expires_at }: Text, by: By): Promise<Signable> {
  const now = room.clock.now();
  const keys = await listApprovalKeys(room.db.read, by.actor.id);
  return {
    text,
    digest,
    expiresAt: expires_at.toISOString(),
    passkey: await room.ports.passkeys.ask(by.actor.id, { handle: digest, challenge: challengeOf(text) }),
    keys: keys.filter((one) => stateOfKey(one, now) === "active").map((one) => viewOfKey(one, now)),
  };
}
