import type { PasskeyProof, PasskeyRequest, SubjectId } from "@tyr/contract";
import type { Fact, ReadDatabase, WriteTransaction } from "#platform/database";
import type { SignInDeps } from "../sign-in.ts";
import { findSubject } from "../store.ts";
import { requestOptions } from "./options.ts";
import { listPasskeyHolders, listPasskeys } from "./store.ts";
import { suspectedFact, usePasskey } from "./use-passkey.ts";

/** `challenge`: the digest of what somebody puts their name under, whose handle and single use are the caller's. */
export type StatementSigning = Readonly<{
  /** @returns null where somebody has no passkey that counts, or no browser would use one at this address */
  ask(subjectId: string, what: Readonly<{ handle: string; challenge: Uint8Array }>): Promise<PasskeyRequest | null>;
  /** Checks what an authenticator made of it, with user verification, in the caller's transaction, which holds the account. */
  check(tx: WriteTransaction, check: StatementCheck): Promise<StatementChecked>;
  /** Everybody with a passkey that counts here. */
  holders(db: ReadDatabase): Promise<ReadonlySet<string>>;
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
    holders: async (db) => (deps.party === undefined ? new Set() : await listPasskeyHolders(db)),
  };
}
