import { refuse, type Refused } from "@tyr/contract";
import { normalizePassword } from "./password-policy.ts";
import type { SessionRow, SubjectRow } from "./store.ts";

/** Long enough for a weekend between two people, too short to stay (ASVS 5.0 6.4.1). */
const LIFE_MS = 72 * 3_600_000;

type Given = Pick<SubjectRow, "password_until">;

/** Whoever chose it knows it, and could sign in as the account's owner: it opens the account for choosing another only. */
export function firstPasswordUntil(now: Date): Date {
  return new Date(now.getTime() + LIFE_MS);
}

export function isFirstPasswordOver({ password_until }: Given, now: Date): boolean {
  return password_until !== null && password_until.getTime() <= now.getTime();
}

/** True of a session that such a password opened. One opened by another system or a passkey is its owner's in any case. */
export function mustChangePassword({ password_until }: Given, { factor }: Pick<SessionRow, "factor">): boolean {
  return password_until !== null && factor.split("+").includes("password");
}

/** Keeping it under the name of a change would leave it with whoever gave it. */
export function refuseKept(
  { password_until }: Given,
  { current, password }: Readonly<{ current: string; password: string }>,
): Refused | undefined {
  if (password_until === null || normalizePassword(current) !== normalizePassword(password)) return undefined;
  return refuse("PASSWORD_TOO_WEAK", "this is the password you were given: choose one of your own");
}
