import { ok } from "@tyr/contract";
import type {
  Passkey,
  PasskeyAdd,
  PasskeyAdded,
  PasskeyCreation,
  PasskeyList,
  PasskeyProof,
  PasskeyRequest,
  Result,
} from "@tyr/contract";
import type { Own } from "../prove.ts";
import type { Origin, SignedIn } from "../sign-in.ts";
import { addPasskey, beginAdd, ownPasskeys, removeOwn, renameOwn, type EndingKeys } from "./own-passkeys.ts";
import { beginRequest, signInWithPasskey } from "./passkey-sign-in.ts";
import { statementSigning, type StatementSigning } from "./sign-statement.ts";
import { beginProof, proveByPasskey } from "./prove-by-passkey.ts";

/** Passkeys: one's own, signing in with one, proving again by one. Refusals are named at the functions that give them. */
export type Passkeys = Readonly<{
  list(own: Own): Promise<PasskeyList>;
  beginAdd(own: Own): Promise<Result<PasskeyCreation>>;
  add(body: PasskeyAdd, own: Own): Promise<Result<PasskeyAdded>>;
  rename(passkey: Readonly<{ id: string; name: string }>, own: Own): Promise<Result<Passkey>>;
  /** Ends one's other sessions too. */
  remove(id: string, own: Own): Promise<Result<undefined>>;
  beginSignIn(): Promise<Result<PasskeyRequest>>;
  signIn(proof: PasskeyProof, origin: Origin): Promise<Result<SignedIn>>;
  beginProof(own: Own): Promise<Result<PasskeyRequest>>;
  /** The session goes on under a new token. */
  prove(proof: PasskeyProof, own: Own): Promise<Result<SignedIn>>;
  /** What people sign with their passkeys in other rooms. */
  signing: StatementSigning;
}>;

/** `tell`: which sessions ended in this process. */
type Parts = EndingKeys & Readonly<{ tell: (sessionIds: readonly string[]) => void }>;

export function createPasskeys(parts: Parts): Passkeys {
  return {
    list: async (own) => await ownPasskeys(parts, own),
    beginAdd: async (own) => await beginAdd(parts, own),
    add: async (body, own) => await addPasskey(parts, body, own),
    rename: async (passkey, own) => await renameOwn(parts, passkey, own),
    async remove(id, own) {
      const done = await removeOwn(parts, id, own);
      if (!done.ok) return done;
      parts.tell(done.value);
      return ok(undefined);
    },
    beginSignIn: async () => await beginRequest(parts, { purpose: "sign in", sessionId: undefined, known: [] }),
    signIn: async (proof, origin) => await signInWithPasskey(parts, proof, origin),
    beginProof: async (own) => await beginProof(parts, own),
    prove: async (proof, own) => await proveByPasskey(parts, proof, own),
    signing: statementSigning(parts),
  };
}
