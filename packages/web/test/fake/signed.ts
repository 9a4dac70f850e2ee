import { createHash } from "node:crypto";
import type { ActionStatement } from "@tyr/contract";
import { at } from "./make.ts";
import { Refused } from "./refused.ts";
import type { World } from "./world.ts";

/** The one credential there is, of whoever sits there; a test puts its private half into a virtual authenticator. */
export const CREDENTIAL_ID = Buffer.from("the-only-credential").toString("base64url");

/** A text as it is handed out to be signed once; where there is no passkey, nothing to sign it with. */
export function signable(world: World, text: string): Omit<ActionStatement, "statement"> {
  const hash = createHash("sha256").update(text).digest();
  const digest = hash.toString("hex");
  world.statements.add(digest);
  const options = {
    challenge: hash.toString("base64url"),
    rpId: "localhost",
    timeout: 60_000,
    userVerification: "required" as const,
    allowCredentials: [{ id: CREDENTIAL_ID, type: "public-key" as const, transports: ["internal"] }],
  };
  const passkey = world.account.methods.passkeys === 0 ? null : { handle: digest, options };
  return { text, digest, expiresAt: at(Date.now() + 5 * 60_000), passkey, keys: [] };
}

/** @throws {Refused} nothing was signed, or not what was asked for last */
export function isSigned(signature: { kind: string; statement: string } | undefined, world: World): void {
  if (signature === undefined) throw new Refused("SIGNATURE_REQUIRED", "this is said under one's signature only");
  if (!world.statements.has(signature.statement))
    throw new Refused("SIGNATURE_INVALID", "this statement was not asked for, or is used");
  world.statements.delete(signature.statement);
}
