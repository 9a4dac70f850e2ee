import {
  ok,
  refuse,
  type RecoveryCodes,
  type Result,
  type Session,
  type SessionInfo,
  type SignInMethods,
  type TotpEnrolment,
  type User,
  type UserChange,
  type UserCreate,
} from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact } from "#platform/database";
import * as account from "./account.ts";
import { endSessionsOf, resetSignIn, unlock, unlockAtStart } from "./administer.ts";
import type { Caller } from "./caller.ts";
import { createEndAccess, type AccessKind, type EndAccess } from "./end-access.ts";
import { KEYS_OF_PEOPLE } from "./keys/keys.ts";
import type { IsKnown } from "./known-passwords.ts";
import { listUsers } from "./list-users.ts";
import { createPasskeys, type Passkeys } from "./passkeys/index.ts";
import { relyingPartyOf } from "./passkeys/relying-party.ts";
import { HashingPlaces, warmUp } from "./password-hash.ts";
import { stepUp, type Own } from "./prove.ts";
import type { Vault } from "./second-factor.ts";
import { hashToken, isAlive, LAST_SEEN_EVERY_MS } from "./session-rules.ts";
import { openSetUp, type SetUp } from "./set-up.ts";
import { lacksSecondFactor, type SignInRules } from "./sign-in-rules.ts";
import { signIn, type Credentials, type Origin, type SignedIn, type SignInDeps } from "./sign-in.ts";
import {
  deleteSession,
  deleteSessionOf,
  deleteSessionsOf,
  findSession,
  listSessions,
  touchSession,
  type SessionOwner,
} from "./store.ts";
import { TOKENS_OF_PEOPLE } from "./tokens/end-tokens.ts";
import { changeUser, createUser, type Administrator } from "./users.ts";
import { callerOf, sessionView, userView } from "./view.ts";

export type IdentityDeps = Readonly<{
  database: Database;
  clock: Clock;
  /** Where the secrets of authenticator applications are sealed. */
  vault: Vault;
  isKnownPassword: IsKnown;
  /** Where people reach this server: passkeys are made for its host. */
  publicUrl: string;
  rules: SignInRules;
}>;

export type Identity = Readonly<{
  setUp: SetUp;
  passkeys: Passkeys;
  /** What ends with an account, in the transaction that disables it. Rooms whose credentials are somebody's register here. */
  endAccess: EndAccess;
  /** Refusals `LOGIN_FAILED`, `FIRST_PASSWORD_OVER`, `SECOND_FACTOR_NEEDED`, `LOGIN_DELAYED`, `TOO_MANY_REQUESTS`. */
  signIn(credentials: Credentials, origin: Origin): Promise<Result<SignedIn>>;
  /** Proves again who holds a session, which goes on under a new token. */
  stepUp(shown: Omit<Credentials, "name">, own: Own): Promise<Result<SignedIn>>;
  methods(own: Own): Promise<Result<SignInMethods>>;
  /** Ends all other sessions. */
  changePassword(body: Readonly<{ current: string; password: string }>, own: Own): Promise<Result<undefined>>;
  enrolTotp(own: Own): Promise<Result<TotpEnrolment>>;
  confirmTotp(code: string, own: Own): Promise<Result<RecoveryCodes>>;
  removeTotp(own: Own): Promise<Result<undefined>>;
  renewRecoveryCodes(own: Own): Promise<Result<RecoveryCodes>>;
  /** The person of a session token, undefined when it is unknown, idle, over, or its owner disabled. Counts as being seen. */
  /** `by`: whether a person is there. What a page asks by itself does not keep the session awake. */
  authenticate(token: string, by?: "person" | "page"): Promise<Caller | undefined>;
  /** The person of a session, without counting as being seen: for connections that stay open. */
  look(sessionId: string): Promise<Caller | undefined>;
  session(own: Own): Promise<Result<Session>>;
  signOut(own: Own): Promise<void>;
  listSessions(own: Own): Promise<readonly SessionInfo[]>;
  /** Ends one of the caller's own sessions, the current one too; `NOT_FOUND` for anybody else's. */
  endSession(id: string, own: Own): Promise<Result<undefined>>;
  endOtherSessions(own: Own): Promise<void>;
  listUsers(): Promise<readonly User[]>;
  createUser(body: UserCreate, by: Administrator): Promise<Result<User>>;
  changeUser(id: string, change: UserChange, by: Administrator): Promise<Result<User>>;
  sessionsOf(id: string): Promise<readonly SessionInfo[]>;
  endSessionsOf(id: string, by: Administrator): Promise<Result<undefined>>;
  /** A password counts again after too many failures. */
  unlock(id: string, by: Administrator): Promise<Result<undefined>>;
  /** The same by name, for whoever starts this process: nobody may be left to ask. */
  unlockAtStart(name: string): Promise<Result<undefined>>;
  /** A new first password, no second factor, no session. */
  resetSignIn(id: string, password: string, by: Administrator): Promise<Result<User>>;
  /** Has connections of these people looked at again: their rights changed. */
  rightsChanged(subjectIds: readonly string[]): Promise<void>;
  /** Tells which sessions ended or got other rights in this process; whoever holds connections looks again. */
  watchSessions(listener: (sessionIds: readonly string[]) => void): () => void;
}>;

type Parts = SignInDeps & Readonly<{ tell: (sessionIds: readonly string[]) => void; endAccess: EndAccess }>;

async function findAlive(
  { database, clock }: Parts,
  place: Parameters<typeof findSession>[1],
): Promise<SessionOwner | undefined> {
  const owner = await findSession(database.read, place);
  const alive = owner !== undefined && owner.subject.active && isAlive(owner.session, clock.now());
  return alive ? owner : undefined;
}

async function authenticate(parts: Parts, token: string, by: "person" | "page"): Promise<Caller | undefined> {
  const owner = await findAlive(parts, { token_hash: hashToken(token) });
  if (owner === undefined) return undefined;
  const now = parts.clock.now();
  if (by === "person" && now.getTime() - owner.session.last_seen_at.getTime() >= LAST_SEEN_EVERY_MS)
    await parts.database.bookkeep("last-seen", async (tx) => await touchSession(tx, owner.session, now));
  return callerOf(owner, parts.rules);
}

function sessionEnded(id: string, { caller, requestId }: Own, after: "ended" | "signed out"): Fact {
  const object = { kind: "session", id };
  return { type: "session.ended", actor: caller.actor, object, requestId, before: "open", after };
}

async function signOut({ database, tell }: Parts, own: Own): Promise<void> {
  const ended = await database.audited(
    (ids: readonly string[]) => ids.map((id) => sessionEnded(id, own, "signed out")),
    async (tx) => await deleteSession(tx, own.caller.sessionId ?? ""),
  );
  tell(ended);
}

async function endOne({ database, tell }: Parts, id: string, own: Own): Promise<Result<undefined>> {
  const ended = await database.audited(
    (done: boolean) => (done ? [sessionEnded(id, own, "ended")] : []),
    async (tx) => await deleteSessionOf(tx, own.caller.actor.id, id),
  );
  if (!ended) return refuse("NOT_FOUND", `you have no session ${id}`);
  tell([id]);
  return ok(undefined);
}

async function endOthers({ database, tell }: Parts, own: Own): Promise<void> {
  const { actor, sessionId } = own.caller;
  const ended = await database.audited(
    (ids: readonly string[]) => ids.map((id) => sessionEnded(id, own, "ended")),
    async (tx) => await deleteSessionsOf(tx, actor.id, sessionId),
  );
  tell(ended);
}

type Whose = Readonly<{ subjectId: string; current: string | undefined }>;

async function aliveSessions(
  { database, clock }: Parts,
  { subjectId, current }: Whose,
): Promise<readonly SessionInfo[]> {
  const rows = await listSessions(database.read, subjectId);
  return rows
    .filter((row) => isAlive(row, clock.now()))
    .map(({ id, created_at, last_seen_at, expires_at, user_agent, address, factor }) => ({
      id,
      createdAt: created_at.toISOString(),
      lastSeenAt: last_seen_at.toISOString(),
      expiresAt: expires_at.toISOString(),
      current: id === current,
      userAgent: user_agent,
      address,
      factor,
    }));
}

/** Tells connections of sessions that ended, and forgets which. */
async function ending({ tell }: Parts, work: Promise<Result<readonly string[]>>): Promise<Result<undefined>> {
  const done = await work;
  if (!done.ok) return done;
  tell(done.value);
  return ok(undefined);
}

type Wanted = Readonly<{ id: string; change: UserChange }>;

async function change(parts: Parts, wanted: Wanted, by: Administrator): Promise<Result<User>> {
  const changed = await changeUser(parts, wanted, by);
  if (!changed.ok) return changed;
  const still = await listSessions(parts.database.read, wanted.id);
  parts.tell(still.map((row) => row.id));
  return ok(userView(changed.value.after));
}

async function reset(
  parts: Parts,
  target: Parameters<typeof resetSignIn>[1],
  by: Administrator,
): Promise<Result<User>> {
  const done = await resetSignIn(parts, target, by);
  if (!done.ok) return done;
  parts.tell(done.value.ended);
  return ok(done.value.user);
}

type Administering = Pick<
  Identity,
  | "listUsers"
  | "createUser"
  | "changeUser"
  | "sessionsOf"
  | "endSessionsOf"
  | "unlock"
  | "unlockAtStart"
  | "resetSignIn"
>;

function administering(parts: Parts): Administering {
  return {
    listUsers: async () => await listUsers(parts.database.read),
    createUser: async (body, by) => await createUser(parts, body, by),
    changeUser: async (id, wanted, by) => await change(parts, { id, change: wanted }, by),
    sessionsOf: async (id) => await aliveSessions(parts, { subjectId: id, current: undefined }),
    endSessionsOf: async (id, by) => await ending(parts, endSessionsOf(parts, { id }, by)),
    unlock: async (id, by) => await unlock(parts, { id }, by),
    unlockAtStart: async (name) => await unlockAtStart(parts, name),
    resetSignIn: async (id, password, by) => await reset(parts, { id, password }, by),
  };
}

type OwnAccount = Pick<
  Identity,
  "stepUp" | "methods" | "changePassword" | "enrolTotp" | "confirmTotp" | "removeTotp" | "renewRecoveryCodes"
>;

function ownAccount(parts: Parts): OwnAccount {
  return {
    stepUp: async (shown, own) => await stepUp(parts, shown, own),
    methods: async (own) => await account.signInMethods(parts, own),
    changePassword: async (body, own) => await ending(parts, account.changePassword(parts, body, own)),
    enrolTotp: async (own) => await account.enrolTotp(parts, own),
    confirmTotp: async (code, own) => await account.confirmOwnTotp(parts, code, own),
    removeTotp: async (own) => await account.removeTotp(parts, own),
    renewRecoveryCodes: async (own) => await account.renewRecoveryCodes(parts, own),
  };
}

/** Sessions are rows; connections that go on under one hear of its end after the commit. */
function sessionsOfPeople(tell: Parts["tell"]): AccessKind {
  return {
    counted: "sessionsEnded",
    async end(tx, { subjectId }) {
      const ended = await deleteSessionsOf(tx, subjectId, undefined);
      return { count: ended.length, committed: () => tell(ended) };
    },
  };
}

/** Local accounts and opaque sessions. Call once per process, after the database is open. */
export async function createIdentity({ publicUrl, ...deps }: IdentityDeps): Promise<Identity> {
  const listeners = new Set<(sessionIds: readonly string[]) => void>();
  const tell = (ids: readonly string[]): void => {
    if (ids.length > 0) for (const listener of listeners) listener(ids);
  };
  const endAccess = createEndAccess([sessionsOfPeople(tell), TOKENS_OF_PEOPLE, KEYS_OF_PEOPLE]);
  const party = relyingPartyOf(publicUrl);
  const parts: Parts = { ...deps, party, places: new HashingPlaces(), tell, endAccess };
  const setUp = await openSetUp(parts);
  await warmUp();
  return {
    setUp,
    passkeys: createPasskeys(parts),
    endAccess,
    signIn: async (credentials, origin) => await signIn(parts, credentials, origin),
    authenticate: async (token, by = "person") => await authenticate(parts, token, by),
    async look(id) {
      const owner = await findAlive(parts, { id });
      return owner === undefined ? undefined : callerOf(owner, parts.rules);
    },
    async session({ caller }) {
      const owner = await findAlive(parts, { id: caller.sessionId ?? "" });
      if (owner === undefined) return refuse("NOT_AUTHENTICATED", "the session has ended");
      const lacks = lacksSecondFactor(parts.rules, owner.subject.roles, owner.session.factor);
      return ok({
        ...(await sessionView(parts.database.read, owner.subject, owner.session)),
        ...(lacks ? { lacksSecondFactor: true } : {}),
      });
    },
    signOut: async (own) => await signOut(parts, own),
    listSessions: async ({ caller }) =>
      await aliveSessions(parts, { subjectId: caller.actor.id, current: caller.sessionId }),
    endSession: async (id, own) => await endOne(parts, id, own),
    endOtherSessions: async (own) => await endOthers(parts, own),
    ...ownAccount(parts),
    ...administering(parts),
    async rightsChanged(subjectIds) {
      for (const id of subjectIds) tell((await listSessions(deps.database.read, id)).map((row) => row.id));
    },
    watchSessions(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
