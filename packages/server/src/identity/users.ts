import { ok, refuse, type Actor, type Result, type User, type UserChange, type UserCreate } from "@tyr/contract";
import { newId } from "#platform/ids";
import { revokeKeysOf } from "./keys/keys.ts";
import { hashPassword } from "./password-hash.ts";
import { checkPassword, firstOwner } from "./password-policy.ts";
import { busy, type SignInDeps } from "./sign-in.ts";
import {
  countAdministrators,
  deleteSessionsOf,
  findSubject,
  insertSubject,
  lockAdministrators,
  updateSubject,
  type SubjectRow,
} from "./store.ts";
import { userView } from "./view.ts";

/** Who administers, for the log. */
export type Administrator = Readonly<{ actor: Actor; requestId: string }>;

function stateOf({ roles, active }: Pick<SubjectRow, "roles" | "active">): string {
  return `${active ? "active" : "disabled"}: ${roles.toSorted().join(", ")}`;
}

/** Refusals `PASSWORD_TOO_WEAK`, `NAME_TAKEN`, `TOO_MANY_REQUESTS`. */
export async function createUser(deps: SignInDeps, body: UserCreate, by: Administrator): Promise<Result<User>> {
  const password = await checkPassword(body.password, firstOwner(body.name), deps.isKnownPassword);
  if (!password.ok) return password;
  const hashed = await deps.places.run(async () => await hashPassword(body.password));
  if (hashed === undefined) return busy();
  const now = deps.clock.now();
  const roles = [...new Set(body.roles)];
  const id = newId("subject", now);
  const subject = {
    id,
    name: body.name,
    password: hashed,
    password_stands_alone: true,
    roles,
    active: true,
    created_at: now,
    last_seen_at: null,
  };
  return await deps.database.audited(
    { type: "user.created", ...by, object: { kind: "subject", id }, after: stateOf(subject), details: { roles } },
    async (tx): Promise<Result<User>> =>
      (await insertSubject(tx, subject))
        ? ok(userView(subject))
        : refuse("NAME_TAKEN", `there is already a user ${body.name}`),
  );
}

export type Changed = Readonly<{
  before: SubjectRow;
  after: SubjectRow;
  ended: readonly string[];
  keysRevoked: number;
}>;

function isActiveAdministrator({ roles, active }: SubjectRow): boolean {
  return active && roles.includes("admin");
}

/**
 * Changes roles or state. Disabling ends every session and every key in the same transaction; new roles hold from the next request.
 * Refusals `NOT_FOUND`, `LAST_ADMINISTRATOR`.
 */
export async function changeUser(
  { database, clock }: SignInDeps,
  { id, change }: Readonly<{ id: string; change: UserChange }>,
  by: Administrator,
): Promise<Result<Changed>> {
  return await database.audited(
    (changed) => {
      if (!changed.ok) return [];
      const { before, after, ended, keysRevoked } = changed.value;
      const states = { before: stateOf(before), after: stateOf(after) };
      if (states.before === states.after) return [];
      const object = { kind: "subject", id };
      return [
        { type: "user.changed", ...by, object, ...states, details: { sessionsEnded: ended.length, keysRevoked } },
      ];
    },
    async (tx): Promise<Result<Changed>> => {
      await lockAdministrators(tx);
      const before = await findSubject(tx, id);
      if (before === undefined) return refuse("NOT_FOUND", `there is no user ${id}`);
      const roles = change.roles === undefined ? before.roles : [...new Set(change.roles)];
      const after = { ...before, roles, active: change.active ?? before.active };
      await updateSubject(tx, after);
      if (isActiveAdministrator(before) && (await countAdministrators(tx, "active")) === 0)
        return refuse("LAST_ADMINISTRATOR", `${before.name} is the last active administrator`);
      const ended = after.active ? [] : await deleteSessionsOf(tx, id, undefined);
      const keysRevoked = after.active ? 0 : await revokeKeysOf(tx, id, clock.now());
      return ok({ before, after, ended, keysRevoked });
    },
  );
}
