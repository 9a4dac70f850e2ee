import type { ActionStatement, StatementSignature } from "@tyr/contract";
import { PasskeyStopped, showPasskey } from "../api/passkey.ts";

const NO_PASSKEY =
  "Decisions are signed with a passkey, and you have none that works here. Add one on your account page, or decide in a terminal: tyr approve.";

/**
 * Has whoever sits here sign the server's statement, whose SHA-256 is the challenge of their passkey, after they read it. The
 * signature goes with the call it is for, once, within five minutes; ask for a proof of who they are (`withProof`) around
 * that call alone, so that nobody signs twice.
 *
 * @throws {PasskeyStopped} they stopped, or have no passkey that works here
 */
export async function signStatement(stated: Pick<ActionStatement, "passkey">): Promise<StatementSignature> {
  if (stated.passkey === null) throw new PasskeyStopped(NO_PASSKEY);
  const { handle: statement, ...proof } = await showPasskey(stated.passkey);
  return { kind: "passkey", statement, ...proof };
}
