import type { PasskeyProof, PasskeyRequest, SubjectId } from "@tyr/contract";
import type { Fact, ReadDatabase, WriteTransaction } from "#platform/database";
import type { KnownKey } from "./believe.ts";
import type { Evidence } from "./evidence.ts";

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
  /** One of this person's, also where it is suspected of being a copy; a removed one is not there. */
  find(db: ReadDatabase, which: Readonly<{ id: string; subjectId: string }>): Promise<KnownKey | undefined>;
  /** Checks again what an authenticator made of the challenge, as `check` did; asks nothing of what is stored. */
  isSigned(evidence: Evidence, challenge: Uint8Array): Promise<boolean>;
  /** Who has a passkey that counts here. */
  holders(db: ReadDatabase): Promise<ReadonlySet<string>>;
}>;

/** Where nobody has a passkey. */
export const NO_PASSKEYS: PasskeySigning = {
  ask: async () => null,
  check: async () => ({ ok: false, reason: "unknown passkey" }),
  find: async () => undefined,
  isSigned: async () => false,
  holders: async () => new Set(),
};
