import { timingSafeEqual } from "node:crypto";
import { FIRST_ROLES, ok, refuse, type Result } from "@tyr/contract";
import { newId } from "#platform/ids";
import { exceptFirst } from "./duties/exceptions.ts";
import { hashPassword } from "./password-hash.ts";
import { checkPassword, firstOwner } from "./password-policy.ts";
import { hashToken, newToken } from "./session-rules.ts";
import { busy, newSession, sessionCreated, type Origin, type SignedIn, type SignInDeps } from "./sign-in.ts";
import { countAdministrators, insertSession, insertSubject, lockAdministrators, type SubjectRow } from "./store.ts";
import { personOf, sessionView } from "./view.ts";

type SetUpBody = Readonly<{ token: string; name: string; password: string }>;

/** The first administrator is made with a token that only whoever started this process has seen. */
export type SetUp = Readonly<{
  /** The one-time token to print, made anew at each start; undefined when there is an administrator already. */
  token: string | undefined;
  isNeeded(): Promise<boolean>;
  /** Refusals `SETUP_ALREADY_DONE`, `SETUP_TOKEN_INVALID`, `PASSWORD_TOO_WEAK`, `NAME_TAKEN`, `TOO_MANY_REQUESTS`. */
  complete(body: SetUpBody, origin: Origin): Promise<Result<SignedIn>>;
}>;

async function makeFirst(deps: SignInDeps, body: SetUpBody, origin: Origin): Promise<Result<SignedIn>> {
  const now = deps.clock.now();
  const subject: SubjectRow = {
    id: newId("subject", now),
    name: body.name,
    password: await hashPassword(body.password),
    password_stands_alone: true,
    password_until: null,
    roles: FIRST_ROLES,
    active: true,
    created_at: now,
    last_seen_at: now,
  };
  const session = newSession(subject.id, { ...origin, factor: "password" }, now);
  const actor = personOf(subject);
  const completed = (exceptions: readonly string[]) =>
    ({
      type: "setup.completed",
      actor,
      object: { kind: "subject", id: subject.id },
      requestId: origin.requestId,
      after: "active",
      details: { roles: FIRST_ROLES, exceptions, address: origin.address },
    }) as const;
  type Made = Readonly<{ signedIn: SignedIn; exceptions: readonly string[] }>;
  const done = await deps.database.audited(
    (made: Result<Made>) =>
      made.ok ? [completed(made.value.exceptions), sessionCreated(subject, session, origin)] : [],
    async (tx): Promise<Result<Made>> => {
      await lockAdministrators(tx);
      if ((await countAdministrators(tx, "all")) > 0) return alreadyDone();
      if (!(await insertSubject(tx, subject))) return refuse("NAME_TAKEN", `there is already a user ${body.name}`);
      await insertSession(tx, session.row);
      const exceptions = await exceptFirst(tx, subject.id, now);
      return ok({
        signedIn: { session: await sessionView(tx, subject, session.row), token: session.token },
        exceptions,
      });
    },
  );
  return done.ok ? ok(done.value.signedIn) : done;
}

function alreadyDone() {
  return refuse("SETUP_ALREADY_DONE", "the first administrator exists");
}

export async function openSetUp(deps: SignInDeps): Promise<SetUp> {
  const isNeeded = async (): Promise<boolean> => (await countAdministrators(deps.database.read, "all")) === 0;
  const token = (await isNeeded()) ? newToken() : undefined;
  const hash = token === undefined ? undefined : hashToken(token);
  return {
    token,
    isNeeded,
    async complete(body, origin) {
      if (!(await isNeeded())) return alreadyDone();
      if (hash === undefined || !timingSafeEqual(hash, hashToken(body.token)))
        return refuse("SETUP_TOKEN_INVALID", "this is not the set-up link this server printed");
      const password = await checkPassword(body.password, firstOwner(body.name), deps.isKnownPassword);
      if (!password.ok) return password;
      return (await deps.places.run(async () => await makeFirst(deps, body, origin))) ?? busy();
    },
  };
}
