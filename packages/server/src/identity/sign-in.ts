import { ok, refuse, type Actor, type PasskeyProof, type Refused, type Result, type Session } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { anonymous } from "./caller.ts";
import { isFirstPasswordOver } from "./first-password.ts";
import { counterOf, keepDevice } from "./known-device.ts";
import { FAILURES_MAX } from "./login-delay.ts";
import { hashPassword, isOutdated, verifyPassword, type HashingPlaces } from "./password-hash.ts";
import { takeChallenge } from "./passkeys/challenges.ts";
import type { RelyingParty } from "./passkeys/relying-party.ts";
import type { PasskeyRow } from "./passkeys/store.ts";
import { suspectedFact, usePasskey, type ShownPasskey } from "./passkeys/use-passkey.ts";
import { hashToken, newToken, SESSION_LIFE_MS } from "./session-rules.ts";
import type { SignInRules } from "./sign-in-rules.ts";
import { hasSecondFactor, useCode, type Factor, type Vault } from "./second-factor.ts";
import type { IsKnown } from "./known-passwords.ts";
import {
  findSubjectByName,
  forgetDeadSessions,
  forgetFailures,
  insertSession,
  lockUnchanged,
  setPassword,
  takeAttempt,
  type SessionRow,
  type SubjectRow,
} from "./store.ts";
import { personOf, sessionView } from "./view.ts";

/** Where a request came from, for the log and for the person's own list of sessions. */
export type Origin = Readonly<{
  address: string;
  userAgent: string | null;
  requestId: string;
  /** Whether a program asks, which keeps no cookies: it is no browser somebody signed in with before. */
  isProgram?: boolean;
  /** What the browser's device cookie holds, whatever that is. */
  device?: string | undefined;
}>;
/**
 * `token` goes into the cookie, or to the command line; it is stored nowhere. `device`: for the cookie of a browser that
 * was not known yet.
 */
export type SignedIn = Readonly<{ session: Session; token: string; device?: string }>;

export type SignInDeps = Readonly<{
  database: Database;
  clock: Clock;
  places: HashingPlaces;
  vault: Vault;
  isKnownPassword: IsKnown;
  /** Whom passkeys are made for; undefined: no browser makes one at the address this server is reached at. */
  party: RelyingParty | undefined;
  rules: SignInRules;
}>;

export type NewSession = Readonly<{ row: SessionRow & { token_hash: Uint8Array }; token: string }>;

/** `factor`: how it was proved who opens it. */
export type Opened = Origin & Readonly<{ factor: string }>;

export function newSession(subjectId: SubjectRow["id"], { factor, ...origin }: Opened, now: Date): NewSession {
  const token = newToken();
  const row = {
    id: newId("session", now),
    subject_id: subjectId,
    token_hash: hashToken(token),
    created_at: now,
    last_seen_at: now,
    expires_at: new Date(now.getTime() + SESSION_LIFE_MS),
    user_agent: origin.userAgent?.slice(0, 200) ?? null,
    address: origin.address,
    factor,
    proved_at: now,
  };
  return { row, token };
}

export function sessionCreated(subject: Pick<SubjectRow, "id" | "name">, session: NewSession, origin: Origin): Fact {
  return {
    type: "session.created",
    actor: personOf(subject),
    object: { kind: "session", id: session.row.id },
    requestId: origin.requestId,
    after: "open",
    details: { factor: session.row.factor, address: origin.address },
  };
}

/** The one place where a code instead of a second factor was used up is worth an entry of its own. */
export function recoveryUsed(subject: Pick<SubjectRow, "id" | "name">, factor: Factor, requestId: string): Fact[] {
  if (factor !== "password+recovery") return [];
  const object = { kind: "subject", id: subject.id };
  return [{ type: "recovery.used", actor: personOf(subject), object, requestId, before: "unused", after: "used" }];
}

/** `code`: of the authenticator application, or a recovery code. */
export type Credentials = Readonly<{
  name: string;
  password: string;
  code?: string | undefined;
  /** Instead of a code. */
  passkey?: PasskeyProof | undefined;
}>;
type Attempted = Readonly<{ failures: number; name_hash: Uint8Array; isKnownDevice: boolean }>;

/**
 * Counts a guess before it is looked at, so that a thousand at once are a thousand.
 *
 * @returns how many there were; `LOGIN_DELAYED` while one has to wait, `LOGIN_STOPPED` after 100: nothing was counted then
 */
export async function countGuess({ database, clock }: SignInDeps, counter: Uint8Array): Promise<Result<number>> {
  const { failures, waitSeconds, isStopped } = await database.bookkeep(
    "counters",
    async (tx) => await takeAttempt(tx, counter, clock.now()),
  );
  if (isStopped) return refuse("LOGIN_STOPPED", `after ${failures} failures in a row no password counts here any more`);
  if (waitSeconds === 0) return ok(failures);
  return refuse("LOGIN_DELAYED", `after ${failures} failures this account waits before it answers again`, {
    retryAfterSeconds: waitSeconds,
  });
}

/**
 * Counts a guess at an account: passwords and codes share one count. A browser its owner signed in with before has a count
 * of its own, so that guessing from elsewhere does not shut the owner out (ASVS 5.0 6.3.1).
 */
async function countAttempt(deps: SignInDeps, name: string, device?: string): Promise<Result<Attempted>> {
  const { name_hash, isKnownDevice } = await counterOf(deps.database.read, { name, device, now: deps.clock.now() });
  const counted = await countGuess(deps, name_hash);
  return counted.ok ? ok({ failures: counted.value, name_hash, isKnownDevice }) : counted;
}

type Reason =
  | "unknown name"
  | "wrong password"
  | "disabled"
  | "first password over"
  | "changed meanwhile"
  | "no code"
  | "wrong code"
  | "wrong passkey";
type Failure = Readonly<{ subject: SubjectRow | undefined; reason: Reason; failures: number }>;

function refusalOf(reason: Reason): Refused {
  if (reason === "no code")
    return refuse("SECOND_FACTOR_NEEDED", "this account asks for a passkey or a code besides the password");
  if (reason === "wrong passkey") return refuse("LOGIN_FAILED", "the passkey was not accepted");
  if (reason === "wrong code") return refuse("LOGIN_FAILED", "the code is wrong, or was used already");
  if (reason === "first password over")
    return refuse("FIRST_PASSWORD_OVER", "this password was for the first sign-in, and nobody used it in time");
  return refuse("LOGIN_FAILED", "name or password is wrong");
}

/** The entry of the failure that was one too many, for an account there is. */
function lockedFacts(
  { id, failures }: Readonly<{ id: string | undefined; failures: number }>,
  by: Readonly<{ actor: Actor; requestId: string }>,
): readonly Fact[] {
  if (id === undefined || failures < FAILURES_MAX) return [];
  const object = { kind: "subject", id };
  return [{ type: "user.locked", ...by, object, before: "open", after: "locked", details: { failures } }];
}

/** One answer for unknown, wrong and disabled. A name nobody has is not logged: people type passwords there. */
async function refuseSignIn({ database }: SignInDeps, failure: Failure, origin: Origin): Promise<Refused> {
  const { subject, reason, failures } = failure;
  const { requestId, address } = origin;
  const { actor } = anonymous;
  const refused: Fact = {
    type: "session.refused",
    actor,
    object: { kind: "subject", id: subject?.id ?? "unknown" },
    outcome: "refused",
    requestId,
    details: { reason, failures, address },
  };
  await database.audited(
    () => [refused, ...lockedFacts({ id: subject?.id, failures }, { actor, requestId })],
    async () => undefined,
  );
  return refusalOf(reason);
}

/** What a right password still lacks, or by what the account opens. Nothing was changed when it lacks something. */
type NotAdmitted = Readonly<{ reason: Reason; suspected?: PasskeyRow }>;
export type Admitted = Readonly<{ factor: Factor }> | NotAdmitted;
type Proof = Readonly<{
  subject: SubjectRow;
  code: string | undefined;
  /** null: one was shown, for no challenge of ours. */
  passkey?: ShownPasskey | null;
  now: Date;
}>;

async function admitByPasskey(tx: WriteTransaction, shown: ShownPasskey, { subject, now }: Proof): Promise<Admitted> {
  const used = await usePasskey(tx, { ...shown, subjectId: subject.id, now });
  if (used.ok) return { factor: "password+passkey" };
  const { suspected } = used;
  return { reason: "wrong passkey", ...(suspected === undefined ? {} : { suspected }) };
}

/** Locks the account, and uses up the code of one that has a second factor. */
export async function admit(tx: WriteTransaction, vault: Vault, proof: Proof): Promise<Admitted> {
  const { subject, code, passkey, now } = proof;
  if ((await lockUnchanged(tx, subject)) === undefined) return { reason: "changed meanwhile" };
  if (!(await hasSecondFactor(tx, subject.id))) return { factor: "password" };
  if (passkey === null) return { reason: "wrong passkey" };
  if (passkey !== undefined) return await admitByPasskey(tx, passkey, proof);
  if (code === undefined) return { reason: "no code" };
  const factor = await useCode(tx, vault, { id: subject.id, code, now });
  return factor === undefined ? { reason: "wrong code" } : { factor };
}

type Opening = Proof & Attempted & Readonly<{ origin: Origin; rehashed: string | undefined }>;

type OpenedSession = Readonly<{ factor: Factor; session: NewSession }>;

function suspicions({ suspected }: NotAdmitted, { requestId }: Origin): readonly Fact[] {
  return suspected === undefined ? [] : [suspectedFact(suspected, { actor: anonymous.actor, requestId })];
}

async function open({ database, vault }: SignInDeps, opening: Opening): Promise<Result<SignedIn> | Reason> {
  const { subject, now, name_hash, isKnownDevice, origin, rehashed } = opening;
  const device = isKnownDevice || origin.isProgram === true ? undefined : newToken();
  const done = await database.audited(
    (value: OpenedSession | NotAdmitted) =>
      "reason" in value
        ? suspicions(value, origin)
        : [...recoveryUsed(subject, value.factor, origin.requestId), sessionCreated(subject, value.session, origin)],
    async (tx): Promise<OpenedSession | NotAdmitted> => {
      const admitted = await admit(tx, vault, opening);
      if ("reason" in admitted) return admitted;
      const session = newSession(subject.id, { ...origin, factor: admitted.factor }, now);
      await forgetFailures(tx, name_hash);
      await forgetDeadSessions(tx, now);
      if (rehashed !== undefined) await setPassword(tx, { ...subject, password: rehashed });
      await insertSession(tx, session.row);
      if (device !== undefined) await keepDevice(tx, { device, subjectId: subject.id, now });
      return { factor: admitted.factor, session };
    },
  );
  if ("reason" in done) return done.reason;
  const session = await sessionView(database.read, { ...subject, last_seen_at: now }, done.session.row);
  return ok({ session, token: done.session.token, ...(device === undefined ? {} : { device }) });
}

function reasonOf(subject: SubjectRow | undefined, matches: boolean): Reason {
  if (subject === undefined) return "unknown name";
  return matches ? "disabled" : "wrong password";
}

async function shownPasskey(deps: SignInDeps, proof: PasskeyProof): Promise<ShownPasskey | null> {
  const { party } = deps;
  const place = { handle: proof.handle, purpose: "sign in", sessionId: undefined } as const;
  const challenge = await takeChallenge(deps, place);
  return party === undefined || challenge === undefined ? null : { proof, challenge, party };
}

async function attempt(deps: SignInDeps, credentials: Credentials, origin: Origin): Promise<Result<SignedIn>> {
  const counted = await countAttempt(deps, credentials.name, origin.device);
  if (!counted.ok) return counted;
  const subject = await findSubjectByName(deps.database.read, credentials.name);
  const matches = await verifyPassword(subject?.password, credentials.password);
  const { failures } = counted.value;
  if (subject === undefined || !matches || !subject.active)
    return await refuseSignIn(deps, { subject, reason: reasonOf(subject, matches), failures }, origin);
  if (isFirstPasswordOver(subject, deps.clock.now()))
    return await refuseSignIn(deps, { subject, reason: "first password over", failures }, origin);
  const rehashed = isOutdated(subject.password) ? await hashPassword(credentials.password) : undefined;
  const { code } = credentials;
  const passkey = credentials.passkey === undefined ? undefined : await shownPasskey(deps, credentials.passkey);
  const proof = { subject, code, now: deps.clock.now(), ...(passkey === undefined ? {} : { passkey }) };
  const opening = { ...counted.value, ...proof, origin, rehashed };
  const opened = await open(deps, opening);
  return typeof opened === "string" ? await refuseSignIn(deps, { subject, reason: opened, failures }, origin) : opened;
}

/**
 * Signs somebody in by name, password and, where the account has one, second factor. Unknown, wrong and disabled give
 * the same answer after the same work.
 *
 * @returns refusals `LOGIN_FAILED`, `FIRST_PASSWORD_OVER`, `SECOND_FACTOR_NEEDED`, `LOGIN_DELAYED` (per account, whatever
 *   the address), `LOGIN_STOPPED`, `TOO_MANY_REQUESTS`
 */
export async function signIn(deps: SignInDeps, credentials: Credentials, origin: Origin): Promise<Result<SignedIn>> {
  const outcome = await deps.places.run(async () => await attempt(deps, credentials, origin));
  return outcome ?? busy();
}

export function busy(): Refused {
  return refuse("TOO_MANY_REQUESTS", "too many sign-ins at once", { retryAfterSeconds: 2 });
}
