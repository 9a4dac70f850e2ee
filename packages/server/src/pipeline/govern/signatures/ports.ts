import type { PasskeyProof, PasskeyRequest, SubjectId } from "@tyr/contract";
import type { Fact, ReadDatabase, WriteTransaction } from "#platform/database";

type Checked =
  | Readonly<{ ok: true; passkeyId: string; publicKey: Uint8Array }>
  /** `suspected`: the entry for a passkey that counts no more from now on. */
  | Readonly<{ ok: false; reason: string; suspected?: Fact }>;

type PasskeyCheck = Readonly<{
  proof: PasskeyProof;
  subjectId: SubjectId;
  challenge: Uint8Array;
  requestId: string | null;
  now: Date;
}>;

/** What this room asks of passkeys, which belong to identity. */
export type PasskeySigning = Readonly<{
  /** @returns null where somebody has no passkey that counts, or no browser would use one at this address */
  ask(subjectId: string, what: Readonly<{ handle: string; challenge: Uint8Array }>): Promise<PasskeyRequest | null>;
  /** Checks what an authenticator made of the challenge, with user verification; whoever calls holds the account. */
  check(tx: WriteTransaction, check: PasskeyCheck): Promise<Checked>;
  /** Who has a passkey that counts here. */
  holders(db: ReadDatabase): Promise<ReadonlySet<string>>;
}>;

/** Where nobody has a passkey. */
export const NO_PASSKEYS: PasskeySigning = {
  ask: async () => null,
  check: async () => ({ ok: false, reason: "unknown passkey" }),
  holders: async () => new Set(),
};
