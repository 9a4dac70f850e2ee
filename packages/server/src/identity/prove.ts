import { ok, refuse, type Refused, type Result } from "@tyr/contract";
import type { Fact } from "#platform/database";
import type { Caller } from "./caller.ts";
import { sessionCounter } from "./known-device.ts";
import { verifyPassword } from "./password-hash.ts";
import { hashToken, newToken } from "./session-rules.ts";
import { admit, busy, countGuess, recoveryUsed, type Admitted, type SignedIn, type SignInDeps } from "./sign-in.ts";
import { findSession, forgetFailures, renewSession, type SessionOwner } from "./store.ts";
import { sessionView } from "./view.ts";

/** A person's request: who, in which session, for the log. `caller.sessionId` is set. */
export type Own = Readonly<{ caller: Caller; requestId: string }>;

/** @returns undefined when the session ended meanwhile */
export async function ownerOf({ database }: SignInDeps, { caller }: Own): Promise<SessionOwner | undefined> {
  return await findSession(database.read, { id: caller.sessionId ?? "" });
}

export function sessionOver(): Refused {
  return refuse("NOT_AUTHENTICATED", "the session has ended");
}

/** An entry about the person who asks. */
export function ownFact({ caller, requestId }: Own, type: Fact["type"], details: Fact["details"] = {}): Fact {
  return { type, actor: caller.actor, object: { kind: "subject", id: caller.actor.id }, requestId, details };
}

/** Logs a wrong password or code of somebody signed in. */
export async function refuseProof(
  { database }: SignInDeps,
  own: Own,
  { reason, failures }: Readonly<{ reason: string; failures: number }>,
): Promise<Refused> {
  const fact = { ...ownFact(own, "session.proof_refused", { reason, failures }), outcome: "refused" } as const;
  await database.audited(fact, async () => undefined);
  if (reason === "no code")
    return refuse("SECOND_FACTOR_NEEDED", "this account asks for a passkey or a code besides the password");
  return refuse("PROOF_WRONG", reason);
}

/** `counter`: where the guess was counted, for whoever forgets it after success. */
export type Known = Readonly<{ owner: SessionOwner; failures: number; counter: Uint8Array }>;

/** The password of somebody signed in. Guesses are counted in their session. */
export async function checkOwnPassword(deps: SignInDeps, password: string, own: Own): Promise<Result<Known>> {
  const owner = await ownerOf(deps, own);
  if (owner === undefined) return sessionOver();
  const counter = sessionCounter(owner.session.id);
  const counted = await countGuess(deps, counter);
  if (!counted.ok) return counted;
  const failures = counted.value;
  if (await verifyPassword(owner.subject.password, password)) return ok({ owner, failures, counter });
  return await refuseProof(deps, own, { reason: "wrong password", failures });
}

type Shown = Readonly<{ password: string; code?: string | undefined }>;

async function attempt(deps: SignInDeps, shown: Shown, own: Own): Promise<Result<SignedIn>> {
  const checked = await checkOwnPassword(deps, shown.password, own);
  if (!checked.ok) return checked;
  const { owner, counter, failures } = checked.value;
  const { subject, session } = owner;
  const [token, now] = [newToken(), deps.clock.now()];
  const done = await deps.database.audited(
    (value: Admitted) =>
      "reason" in value
        ? []
        : [
            ...recoveryUsed(subject, value.factor, own.requestId),
            {
              ...ownFact(own, "session.proved", { factor: value.factor }),
              object: { kind: "session", id: session.id },
              before: session.proved_at.toISOString(),
              after: now.toISOString(),
            },
          ],
    async (tx): Promise<Admitted> => {
      const admitted = await admit(tx, deps.vault, { subject, code: shown.code, now });
      if ("reason" in admitted) return admitted;
      const renewed = { id: session.id, token_hash: hashToken(token), factor: admitted.factor, proved_at: now };
      if (!(await renewSession(tx, renewed))) return { reason: "changed meanwhile" };
      await forgetFailures(tx, counter);
      return admitted;
    },
  );
  if ("reason" in done) return await refuseProof(deps, own, { reason: done.reason, failures });
  return ok({ session: await sessionView(deps.database.read, subject, session), token });
}

/**
 * Proves again who holds a session, as at sign-in. The session goes on under a new token (ASVS 5.0 7.2.4).
 *
 * @returns refusals `PROOF_WRONG`, `SECOND_FACTOR_NEEDED`, `LOGIN_DELAYED`, `TOO_MANY_REQUESTS`, `NOT_AUTHENTICATED`
 */
export async function stepUp(deps: SignInDeps, shown: Shown, own: Own): Promise<Result<SignedIn>> {
  return (await deps.places.run(async () => await attempt(deps, shown, own))) ?? busy();
}
