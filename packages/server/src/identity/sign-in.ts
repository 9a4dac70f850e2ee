import { createHash } from "node:crypto";
import { ok, refuse, type Refused, type Result, type Session } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { anonymous } from "./caller.ts";
import { hashPassword, isOutdated, verifyPassword, type HashingPlaces } from "./password-hash.ts";
import { hashToken, newToken, SESSION_LIFE_MS } from "./session-rules.ts";
import {
  findSubjectByName,
  forgetDeadSessions,
  forgetFailures,
  insertSession,
  isStillActive,
  nameKey,
  setPassword,
  takeAttempt,
  type SessionRow,
  type SubjectRow,
} from "./store.ts";
import { personOf, sessionView } from "./view.ts";

/** Where a request came from, for the log and for the person's own list of sessions. */
export type Origin = Readonly<{ address: string; userAgent: string | null; requestId: string }>;
/** `token` goes into the cookie, or to the command line; it is stored nowhere. */
export type SignedIn = Readonly<{ session: Session; token: string }>;

export type SignInDeps = Readonly<{ database: Database; clock: Clock; places: HashingPlaces }>;

export type NewSession = Readonly<{ row: SessionRow & { token_hash: Uint8Array }; token: string }>;

export function newSession(subjectId: SubjectRow["id"], origin: Origin, now: Date): NewSession {
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
  };
  return { row, token };
}

export function sessionCreated(subject: Pick<SubjectRow, "id" | "name">, session: NewSession, origin: Origin): Fact {
  return {
    type: "session.created",
    actor: personOf(subject),
    object: { kind: "session", id: session.row.id },
    requestId: origin.requestId,
    details: { factor: "password", address: origin.address },
  };
}

type Credentials = Readonly<{ name: string; password: string }>;
type Failure = Readonly<{ subject: SubjectRow | undefined; matches: boolean; failures: number }>;

function reasonOf({ subject, matches }: Failure): string {
  if (subject === undefined) return "unknown name";
  return matches ? "disabled" : "wrong password";
}

/** One answer for unknown, wrong and disabled. A name nobody has is not logged: people type passwords there. */
async function refuseSignIn({ database }: SignInDeps, failure: Failure, origin: Origin): Promise<Refused> {
  const { subject, failures } = failure;
  await database.audited(
    {
      type: "session.refused",
      actor: anonymous.actor,
      object: { kind: "subject", id: subject?.id ?? "unknown" },
      outcome: "refused",
      requestId: origin.requestId,
      details: { reason: reasonOf(failure), failures, address: origin.address },
    },
    async () => undefined,
  );
  return refuse("LOGIN_FAILED", "name or password is wrong");
}

type Opening = Readonly<{
  subject: SubjectRow;
  session: NewSession;
  name_hash: Uint8Array;
  rehashed: string | undefined;
}>;

async function store(tx: WriteTransaction, { subject, session, name_hash, rehashed }: Opening): Promise<boolean> {
  if (!(await isStillActive(tx, subject.id))) return false;
  await forgetFailures(tx, name_hash);
  await forgetDeadSessions(tx, session.row.created_at);
  if (rehashed !== undefined) await setPassword(tx, subject.id, rehashed);
  await insertSession(tx, session.row);
  return true;
}

async function attempt(deps: SignInDeps, credentials: Credentials, origin: Origin): Promise<Result<SignedIn>> {
  const { database, clock } = deps;
  const now = clock.now();
  const name_hash = createHash("sha256").update(nameKey(credentials.name)).digest();
  const { failures, waitSeconds } = await database.bookkeep(
    "counters",
    async (tx) => await takeAttempt(tx, name_hash, now),
  );
  if (waitSeconds > 0)
    return refuse("LOGIN_DELAYED", `after ${failures} failures this account waits before it answers again`, {
      retryAfterSeconds: waitSeconds,
    });
  const subject = await findSubjectByName(database.read, credentials.name);
  const matches = await verifyPassword(subject?.password, credentials.password);
  if (subject === undefined || !matches || !subject.active)
    return await refuseSignIn(deps, { subject, matches, failures }, origin);
  const rehashed = isOutdated(subject.password) ? await hashPassword(credentials.password) : undefined;
  const session = newSession(subject.id, origin, now);
  const opened = await database.audited(
    (stored) => (stored ? [sessionCreated(subject, session, origin)] : []),
    async (tx) => await store(tx, { subject, session, name_hash, rehashed }),
  );
  if (!opened) return await refuseSignIn(deps, { subject, matches, failures }, origin);
  return ok({ session: sessionView({ ...subject, last_seen_at: now }, session.row), token: session.token });
}

/**
 * Signs somebody in by name and password. Unknown, wrong and disabled give the same answer after the same work.
 *
 * @returns refusals `LOGIN_FAILED`, `LOGIN_DELAYED` (per account, whatever the address), `TOO_MANY_REQUESTS`
 */
export async function signIn(deps: SignInDeps, credentials: Credentials, origin: Origin): Promise<Result<SignedIn>> {
  const outcome = await deps.places.run(async () => await attempt(deps, credentials, origin));
  return outcome ?? busy();
}

export function busy(): Refused {
  return refuse("TOO_MANY_REQUESTS", "too many sign-ins at once", { retryAfterSeconds: 2 });
}
