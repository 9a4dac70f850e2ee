import type { ReadDatabase } from "#platform/database";
import type { Room } from "../room.ts";
import type { Keys } from "./believe.ts";
import { findApprovalKey } from "./store.ts";

/** The keys of one person, read through the caller's transaction. */
export function keysOf(room: Room, db: ReadDatabase, subjectId: string): Keys {
  const { passkeys } = room.ports;
  return {
    async find(kind, id) {
      if (kind === "passkey") return await passkeys.find(db, { id, subjectId });
      const row = await findApprovalKey(db, { id, subjectId });
      if (row === undefined) return undefined;
      const { public_key: publicKey, created_at: createdAt, expires_at: expiresAt, revoked_at: endedAt } = row;
      return { publicKey, createdAt, expiresAt, endedAt };
    },
    isSignedByPasskey: async (evidence, challenge) => await passkeys.isSigned(evidence, challenge),
  };
}
