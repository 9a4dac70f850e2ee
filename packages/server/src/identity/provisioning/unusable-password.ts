import { randomBytes } from "node:crypto";
import { hashPassword } from "../password-hash.ts";

let made: Promise<string> | undefined;

/**
 * A hash like any other, of 256 bits that nobody has: a sign-in costs the same work and never succeeds. One for all
 * provisioned accounts of this process, since one costs 46 MiB and a provider sends thousands.
 */
export async function unusablePassword(): Promise<string> {
  return await (made ??= hashPassword(randomBytes(32).toString("base64url")));
}
