import type { PasskeyProof, PasskeyRequest, SubjectId } from "@tyr/contract";
import type { Fact, ReadDatabase, WriteTransaction } from "#platform/database";
import type { SignInDeps } from "../sign-in.ts";
import { findSubject } from "../store.ts";
import { requestOptions } from "./options.ts";
import { findOwnPasskey, listPasskeyHolders, listPasskeys, type OwnPasskey } from "./store.ts";
import { suspectedFact, usePasskey } from "./use-passkey.ts";
import { verifyProof } from "./verify.ts";

/** `challenge`: the digest of what somebody puts their name under, whose handle and single use are the caller's. */
export type StatementSigning = Readonly<{
  /** @returns null where somebody has no passkey that counts, or no browser would use one at this address */
  ask(subjectId: string, what: Readonly<{ handle: string; challenge: Uint8Array }>): Promise<PasskeyRequest | null>;
  /** Checks what an authenticator made of it, with user verification, in the caller's transaction, which holds the account. */
  check(tx: WriteTransaction, check: StatementCheck): Promise<StatementChecked>;
  /** One of this account's, also where it is suspected of being a copy. */
  find(db: ReadDatabase, which: OwnPasskey): Promise<KnownPasskey | undefined>;
  /** Checks again what an authenticator made of a challenge and was kept, but for its counter. */
  isSigned(kept: KeptAssertion, challenge: Uint8Array): Promise<boolean>;
  /** Everybody with a passkey that counts here. */
  holders(db: ReadDatabase): Promise<ReadonlySet<string>>;
}>;

type KnownPasskey = Readonly<{ publicKey: Uint8Array; createdAt: Date; expiresAt: null; endedAt: Date | null }>;
/** In base64url. */
type KeptAssertion = Readonly<{
  publicKey: string;
  signature: string;
  authenticatorData: string | null;
  clientDataJSON: string | null;
}>;

type StatementCheck = Readonly<{
  proof: PasskeyProof;
  subjectId: SubjectId;
  challenge: Uint8Array;
  requestId: string | null;
  now: Date;
}>;
type StatementChecked =
  | Readonly<{ ok: true; passkeyId: string; publicKey: Uint8Array }>
  /** `suspected`: the entry for a passkey that counts no more from now on. */
  | Readonly<{ ok: false; reason: string; suspected?: Fact }>;

async function checkStatement(
  { party }: Pick<SignInDeps, "party">,
  tx: WriteTransaction,
  { requestId, ...check }: StatementCheck,
): Promise<StatementChecked> {
  if (party === undefined) return { ok: false, reason: "passkeys cannot be used at this address" };
  const used = await usePasskey(tx, { ...check, party });
  if (used.ok) return { ok: true, passkeyId: used.passkey.id, publicKey: used.passkey.public_key };
  const { reason, suspected } = used;
  const owner = suspected === undefined ? undefined : await findSubject(tx, check.subjectId);
  if (suspected === undefined || owner === undefined) return { ok: false, reason };
  const actor = { kind: "person", id: owner.id, name: owner.name } as const;
  return { ok: false, reason, suspected: suspectedFact(suspected, { actor, requestId: requestId ?? "" }) };
}

async function findKnown(db: ReadDatabase, which: OwnPasskey): Promise<KnownPasskey | undefined> {
  const row = await findOwnPasskey(db, which);
  if (row === undefined) return undefined;
  const { public_key: publicKey, created_at: createdAt, refused_since: endedAt } = row;
  return { publicKey, createdAt, expiresAt: null, endedAt };
}

/** Which credential it was says its public key; the id is what the library compares with itself. */
const NAMELESS = "AA";

async function isKeptSigned(
  { party }: Pick<SignInDeps, "party">,
  { publicKey, signature, authenticatorData, clientDataJSON }: KeptAssertion,
  challenge: Uint8Array,
): Promise<boolean> {
  if (party === undefined || authenticatorData === null || clientDataJSON === null) return false;
  const passkey = { public_key: Buffer.from(publicKey, "base64url") };
  const proof = { handle: "", id: NAMELESS, clientDataJSON, authenticatorData, signature };
  return (await verifyProof(proof, { party, challenge, passkey })).ok;
}

/** Signing with a passkey what is neither a sign-in nor a proof of who asks. */
export function statementSigning(deps: Pick<SignInDeps, "party" | "database">): StatementSigning {
  return {
    async ask(subjectId, { handle, challenge }) {
      const { party, database } = deps;
      const all = await listPasskeys(database.read, subjectId);
      const known = all.filter(({ refused_since }) => refused_since === null);
      if (party === undefined || known.length === 0) return null;
      return { handle, options: requestOptions({ party, challenge, known }) };
    },
    check: async (tx, check) => await checkStatement(deps, tx, check),
    find: findKnown,
    isSigned: async (kept, challenge) => await isKeptSigned(deps, kept, challenge),
    holders: async (db) => (deps.party === undefined ? new Set() : await listPasskeyHolders(db)),
  };
}
