import { randomBytes } from "node:crypto";
import { ok, refuse, type RecoveryCodes, type Result, type SignInMethods, type TotpEnrolment } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { confirmTotp, countRecoveryCodes, deleteTotp, findTotp, putRecoveryCodes, putTotp } from "./factor-store.ts";
import { sessionCounter } from "./known-device.ts";
import { refuseKept } from "./first-password.ts";
import { hashPassword } from "./password-hash.ts";
import { checkPassword, standsAlone } from "./password-policy.ts";
import { countPasskeys, deletePasskeysOf, hasPasskey } from "./passkeys/store.ts";
import { checkOwnPassword, ownerOf, ownFact, refuseProof, sessionOver, type Known, type Own } from "./prove.ts";
import { hashRecoveryCode, newRecoveryCodes } from "./recovery-codes.ts";
import { hasSecondFactor, totpPlace, useTotpCode } from "./second-factor.ts";
import { refuseLastFactor } from "./sign-in-rules.ts";
import { busy, countGuess, type SignInDeps } from "./sign-in.ts";
import {
  deleteSessionsOf,
  forgetFailures,
  lockUnchanged,
  raiseSession,
  setPassword,
  type SubjectRow,
} from "./store.ts";
import { base32, TOTP_SECRET_BYTES, totpUri } from "./totp.ts";

export async function signInMethods(deps: SignInDeps, own: Own): Promise<Result<SignInMethods>> {
  const owner = await ownerOf(deps, own);
  if (owner === undefined) return sessionOver();
  const { id, password_stands_alone } = owner.subject;
  const { read } = deps.database;
  const totp = await findTotp(read, id);
  const since = totp?.confirmed_at?.toISOString();
  return ok({
    passwordStandsAlone: password_stands_alone,
    totp: since === undefined ? null : { since },
    passkeys: await countPasskeys(read, id),
    recoveryCodesLeft: await countRecoveryCodes(read, id),
  });
}

type PasswordChange = Readonly<{ current: string; password: string }>;

function changedMeanwhile() {
  return refuse("SECOND_FACTOR_STATE", "the account changed meanwhile: look at it again");
}

type Replaced = Known & Readonly<{ password: string; hashed: string }>;

/** @returns the ids of the sessions that ended */
async function replace(tx: WriteTransaction, own: Own, wanted: Replaced): Promise<Result<readonly string[]>> {
  const { owner, counter, password, hashed } = wanted;
  const { subject } = owner;
  const alone = standsAlone(password);
  const unchanged = await lockUnchanged(tx, subject);
  if (unchanged === undefined || (!alone && !(await hasSecondFactor(tx, subject.id)))) return changedMeanwhile();
  await setPassword(tx, { id: subject.id, password: hashed, password_stands_alone: alone, password_until: null });
  await forgetFailures(tx, counter);
  return ok(await deleteSessionsOf(tx, subject.id, own.caller.sessionId));
}

/** @returns the ids of the sessions that ended, or as `changePassword` */
async function change(deps: SignInDeps, body: PasswordChange, own: Own): Promise<Result<readonly string[]>> {
  const checked = await checkOwnPassword(deps, body.current, own);
  if (!checked.ok) return checked;
  const { subject } = checked.value.owner;
  const { database, isKnownPassword } = deps;
  const owner = { name: subject.name, hasSecondFactor: await hasSecondFactor(database.read, subject.id) };
  const fit = await checkPassword(body.password, owner, isKnownPassword);
  if (!fit.ok) return fit;
  const kept = refuseKept(subject, body);
  if (kept !== undefined) return kept;
  const wanted = { ...checked.value, password: body.password, hashed: await hashPassword(body.password) };
  return await database.audited(
    (done) =>
      done.ok
        ? [
            {
              ...ownFact(own, "password.changed", { sessionsEnded: done.value.length }),
              before: subject.password_until === null ? "in force" : "first password",
              after: "replaced",
            },
          ]
        : [],
    async (tx) => await replace(tx, own, wanted),
  );
}

/**
 * Changes one's own password and ends all one's other sessions.
 *
 * @returns the ids of the sessions that ended, or `PROOF_WRONG`, `PASSWORD_TOO_WEAK`, `LOGIN_DELAYED`, `TOO_MANY_REQUESTS`
 */
export async function changePassword(
  deps: SignInDeps,
  body: PasswordChange,
  own: Own,
): Promise<Result<readonly string[]>> {
  return (await deps.places.run(async () => await change(deps, body, own))) ?? busy();
}

/** Begins with an authenticator application, or anew with another; it counts once a code of it came back. */
export async function enrolTotp(deps: SignInDeps, own: Own): Promise<Result<TotpEnrolment>> {
  const owner = await ownerOf(deps, own);
  if (owner === undefined) return sessionOver();
  const { id, name } = owner.subject;
  const secret = randomBytes(TOTP_SECRET_BYTES);
  const fact = { ...ownFact(own, "totp.enrolled"), after: "unconfirmed" };
  return await deps.database.audited(fact, async (tx): Promise<Result<TotpEnrolment>> => {
    if (!(await putTotp(tx, id, deps.clock.now())))
      return refuse("SECOND_FACTOR_STATE", "there is an authenticator application already: remove it first");
    await deps.vault.seal(tx, totpPlace(id), secret);
    return ok({ secret: base32(secret), uri: totpUri(secret, name) });
  });
}

type Confirming = Readonly<{
  subject: SubjectRow;
  sessionId: string;
  code: string;
  codes: readonly string[];
  counter: Uint8Array;
}>;
type Confirmed = "confirmed" | "nothing to confirm" | "wrong code";

async function confirm(tx: WriteTransaction, deps: SignInDeps, confirming: Confirming): Promise<Confirmed> {
  const { subject, code, codes, counter } = confirming;
  const { id } = subject;
  const now = deps.clock.now();
  if ((await lockUnchanged(tx, subject)) === undefined) return "nothing to confirm";
  const begun = await findTotp(tx, id);
  if (begun === undefined || begun.confirmed_at !== null) return "nothing to confirm";
  if (!(await useTotpCode(tx, deps.vault, { id, code, now }))) return "wrong code";
  await confirmTotp(tx, id, now);
  await raiseSession(tx, confirming.sessionId, "password+totp");
  await forgetFailures(tx, counter);
  await putRecoveryCodes(tx, id, codes.map(hashRecoveryCode));
  return "confirmed";
}

/** @returns fresh recovery codes, or `PROOF_WRONG`, `SECOND_FACTOR_STATE`, `LOGIN_DELAYED` */
export async function confirmOwnTotp(deps: SignInDeps, code: string, own: Own): Promise<Result<RecoveryCodes>> {
  const owner = await ownerOf(deps, own);
  if (owner === undefined) return sessionOver();
  const { subject } = owner;
  const counter = sessionCounter(owner.session.id);
  const counted = await countGuess(deps, counter);
  if (!counted.ok) return counted;
  const failures = counted.value;
  const codes = newRecoveryCodes();
  const done = await deps.database.audited(
    (outcome) => {
      const fact = ownFact(own, "totp.confirmed", { recoveryCodes: codes.length });
      return outcome === "confirmed" ? [{ ...fact, before: "unconfirmed", after: "in force" }] : [];
    },
    async (tx) => await confirm(tx, deps, { subject, sessionId: owner.session.id, code, codes, counter }),
  );
  if (done === "wrong code") return await refuseProof(deps, own, { reason: done, failures });
  if (done === "confirmed") return ok({ codes: [...codes] });
  return refuse("SECOND_FACTOR_STATE", "no authenticator application waits to be confirmed: begin anew");
}

async function dropTotp(tx: WriteTransaction, { vault }: SignInDeps, id: SubjectRow["id"]): Promise<boolean> {
  const had = await deleteTotp(tx, id);
  if (had) await vault.drop(tx, totpPlace(id));
  return had;
}

/** Forgets every second factor of somebody. `passkeys`: those there were. */
export async function dropSecondFactors(
  tx: WriteTransaction,
  deps: SignInDeps,
  id: SubjectRow["id"],
): Promise<Readonly<{ had: boolean; passkeys: readonly string[] }>> {
  const hadTotp = await dropTotp(tx, deps, id);
  const passkeys = (await deletePasskeysOf(tx, id)).map((one) => one.id);
  await putRecoveryCodes(tx, id, []);
  return { had: hadTotp || passkeys.length > 0, passkeys };
}

/** A short password cannot stay without it. Refusals `NOT_FOUND`, `SECOND_FACTOR_STATE`. */
export async function removeTotp(deps: SignInDeps, own: Own): Promise<Result<undefined>> {
  const owner = await ownerOf(deps, own);
  if (owner === undefined) return sessionOver();
  const fact = { ...ownFact(own, "totp.removed"), before: "in force" };
  return await deps.database.audited(fact, async (tx): Promise<Result<undefined>> => {
    const subject = await lockUnchanged(tx, owner.subject);
    if (subject === undefined) return changedMeanwhile();
    const isLast = !(await hasPasskey(tx, subject.id));
    const stays = isLast ? refuseLastFactor(deps.rules, subject) : undefined;
    if (stays !== undefined) return stays;
    if (!(await dropTotp(tx, deps, subject.id))) return refuse("NOT_FOUND", "there is no authenticator application");
    if (isLast) await putRecoveryCodes(tx, subject.id, []);
    return ok(undefined);
  });
}

/** The codes before count no more. Refusal `SECOND_FACTOR_STATE` where there is no second factor to recover from. */
export async function renewRecoveryCodes(deps: SignInDeps, own: Own): Promise<Result<RecoveryCodes>> {
  const owner = await ownerOf(deps, own);
  if (owner === undefined) return sessionOver();
  const codes = newRecoveryCodes();
  const factOf = (left: number): Fact => ({
    ...ownFact(own, "recovery.renewed", { recoveryCodes: codes.length }),
    before: `${left} left`,
    after: `${codes.length} left`,
  });
  const work = async (tx: WriteTransaction): Promise<Result<number>> => {
    const subject = await lockUnchanged(tx, owner.subject);
    if (subject === undefined) return changedMeanwhile();
    if (!(await hasSecondFactor(tx, subject.id)))
      return refuse("SECOND_FACTOR_STATE", "recovery codes come with a second factor: there is none");
    const left = await countRecoveryCodes(tx, subject.id);
    await putRecoveryCodes(tx, subject.id, codes.map(hashRecoveryCode));
    return ok(left);
  };
  const done = await deps.database.audited((left) => (left.ok ? [factOf(left.value)] : []), work);
  return done.ok ? ok({ codes: [...codes] }) : done;
}
