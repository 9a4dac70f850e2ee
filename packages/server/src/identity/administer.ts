import { ok, refuse, type Result, type User } from "@tyr/contract";
import { createHash } from "node:crypto";
import { dropSecondFactors } from "./account.ts";
import { forgetDevices } from "./known-device.ts";
import { hashPassword } from "./password-hash.ts";
import { checkPassword, firstOwner } from "./password-policy.ts";
import { busy, type SignInDeps } from "./sign-in.ts";
import { deleteSessionsOf, findSubject, forgetFailures, nameKey, setPassword } from "./store.ts";
import type { Administrator } from "./users.ts";
import { userView } from "./view.ts";

type Target = Readonly<{ id: string }>;

function noUser(id: string) {
  return refuse("NOT_FOUND", `there is no user ${id}`);
}

/** Ends every session of somebody. @returns their ids, or `NOT_FOUND` */
export async function endSessionsOf(
  { database }: SignInDeps,
  { id }: Target,
  by: Administrator,
): Promise<Result<readonly string[]>> {
  return await database.audited(
    (done) =>
      done.ok
        ? done.value.map((session) => ({
            type: "session.ended" as const,
            ...by,
            object: { kind: "session", id: session },
            before: "open",
            after: "ended by an administrator",
            details: { subject: id },
          }))
        : [],
    async (tx): Promise<Result<readonly string[]>> =>
      (await findSubject(tx, id)) === undefined ? noUser(id) : ok(await deleteSessionsOf(tx, id, undefined)),
  );
}

export type SignInReset = Readonly<{ user: User; ended: readonly string[]; hadSecondFactor: boolean }>;

/**
 * For somebody who lost what they sign in with, after meeting them: a new first password alone opens the account, which
 * waits for nothing any more. Refusals `NOT_FOUND`, `PASSWORD_TOO_WEAK`, `TOO_MANY_REQUESTS`.
 */
export async function resetSignIn(
  deps: SignInDeps,
  { id, password }: Target & Readonly<{ password: string }>,
  by: Administrator,
): Promise<Result<SignInReset>> {
  const subject = await findSubject(deps.database.read, id);
  if (subject === undefined) return noUser(id);
  const fit = await checkPassword(password, firstOwner(subject.name), deps.isKnownPassword);
  if (!fit.ok) return fit;
  const hashed = await deps.places.run(async () => await hashPassword(password));
  if (hashed === undefined) return busy();
  return await deps.database.audited(
    (done) => [
      {
        type: "user.sign_in_reset",
        ...by,
        object: { kind: "subject", id },
        before: done.ok && done.value.hadSecondFactor ? "password and second factor" : "password",
        after: "first password",
        details: { sessionsEnded: done.ok ? done.value.ended.length : 0 },
      },
    ],
    async (tx): Promise<Result<SignInReset>> => {
      await setPassword(tx, { id: subject.id, password: hashed, password_stands_alone: true });
      const hadSecondFactor = await dropSecondFactors(tx, deps, subject.id);
      await forgetDevices(tx, subject.id);
      await forgetFailures(tx, createHash("sha256").update(nameKey(subject.name)).digest());
      const ended = await deleteSessionsOf(tx, id, undefined);
      return ok({ user: userView(subject), ended, hadSecondFactor });
    },
  );
}
