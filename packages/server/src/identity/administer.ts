import { ok, refuse, type Actor, type Result, type User } from "@tyr/contract";
import type { Fact } from "#platform/database";
import { dropSecondFactors } from "./account.ts";
import type { AllEnded, EndAccess } from "./end-access.ts";
import { countersOf, forgetDevices } from "./known-device.ts";
import { FAILURES_MAX } from "./login-delay.ts";
import { firstPasswordUntil } from "./first-password.ts";
import { hashPassword } from "./password-hash.ts";
import { checkPassword, firstOwner } from "./password-policy.ts";
import { busy, type SignInDeps } from "./sign-in.ts";
import { deleteSessionsOf, findSubject, findSubjectByName, forgetFailures, isErased, setPassword } from "./store.ts";
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

/**
 * Forgets the failures at somebody's password, so that it counts again. Nothing is logged where there were none.
 * Refusal `NOT_FOUND`.
 */
export async function unlock(
  { database }: SignInDeps,
  { id }: Target,
  by: Readonly<{ actor: Actor; requestId: string | null }>,
): Promise<Result<undefined>> {
  const subject = await findSubject(database.read, id);
  if (subject === undefined) return noUser(id);
  await database.audited(
    (failures: number) =>
      failures === 0
        ? []
        : [
            {
              type: "user.unlocked" as const,
              ...by,
              object: { kind: "subject", id },
              before: failures >= FAILURES_MAX ? "locked" : "failing",
              after: "open",
              details: { failures },
            },
          ],
    async (tx) => await forgetFailures(tx, ...(await countersOf(tx, subject))),
  );
  return ok(undefined);
}

/** As `unlock`, by name. Refusal `NOT_FOUND`. */
export async function unlockAtStart(deps: SignInDeps, name: string): Promise<Result<undefined>> {
  const subject = await findSubjectByName(deps.database.read, name);
  if (subject === undefined) return noUser(name);
  const actor: Actor = { kind: "system", id: "system", name: "system" };
  return await unlock(deps, subject, { actor, requestId: null });
}

export type SignInReset = Readonly<{
  user: User;
  ended: readonly string[];
  hadSecondFactor: boolean;
  passkeys: readonly string[];
  /** What they signed and nobody has begun, with the keys they sign with. */
  voided: AllEnded;
}>;
type Resetting = SignInDeps & Readonly<{ endAccess: Pick<EndAccess, "endFactors"> }>;

function resetFacts(id: string, done: SignInReset, by: Administrator): readonly Fact[] {
  const { hadSecondFactor, ended, passkeys, voided } = done;
  const reset: Fact = {
    type: "user.sign_in_reset",
    ...by,
    object: { kind: "subject", id },
    before: hadSecondFactor ? "password and second factor" : "password",
    after: "first password",
    details: { sessionsEnded: ended.length, ...voided.counts },
  };
  // Each by its id: whoever checks signatures later reads when it ended. Its name is its owner's.
  const removed = passkeys.map((one): Fact => {
    return { type: "passkey.removed", ...by, object: { kind: "passkey", id: one }, before: "usable" };
  });
  return [reset, ...removed, ...voided.facts];
}

/**
 * For somebody who lost what they sign in with, after meeting them: a new first password alone opens the account for 72 hours,
 * to choose another, and it waits for nothing any more. The keys they sign with end as well: what they lost may be in other
 * hands. Refusals `NOT_FOUND`, `PASSWORD_TOO_WEAK`, `TOO_MANY_REQUESTS`.
 */
export async function resetSignIn(
  deps: Resetting,
  { id, password }: Target & Readonly<{ password: string }>,
  by: Administrator,
): Promise<Result<SignInReset>> {
  const subject = await findSubject(deps.database.read, id);
  if (subject === undefined || isErased(subject)) return noUser(id);
  const fit = await checkPassword(password, firstOwner(subject.name), deps.isKnownPassword);
  if (!fit.ok) return fit;
  const hashed = await deps.places.run(async () => await hashPassword(password));
  if (hashed === undefined) return busy();
  const done = await deps.database.audited(
    (value: Result<SignInReset>) => (value.ok ? resetFacts(id, value.value, by) : []),
    async (tx): Promise<Result<SignInReset>> => {
      const now = deps.clock.now();
      const password_until = firstPasswordUntil(now);
      // Writing the row locks it, as whoever decides about an action does: the account first, then actions.
      await setPassword(tx, { id: subject.id, password: hashed, password_stands_alone: true, password_until });
      const { had: hadSecondFactor, passkeys } = await dropSecondFactors(tx, deps, subject.id);
      await forgetFailures(tx, ...(await countersOf(tx, subject)));
      await forgetDevices(tx, subject.id);
      const voided = await deps.endAccess.endFactors(tx, { subjectId: subject.id, ...by, now });
      const ended = await deleteSessionsOf(tx, id, undefined);
      return ok({ user: userView(subject), ended, hadSecondFactor, passkeys, voided });
    },
  );
  if (done.ok) done.value.voided.committed();
  return done;
}
