import { ok, refuse, type Actor, type Result, type User, type UserChange, type UserCreate } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { keepDuties, underExceptions, type Kept } from "./duties/keep-duties.ts";
import type { AllEnded, EndAccess } from "./end-access.ts";
import { firstPasswordUntil } from "./first-password.ts";
import { hashPassword } from "./password-hash.ts";
import { checkPassword, firstOwner } from "./password-policy.ts";
import { busy, type SignInDeps } from "./sign-in.ts";
import {
  countAdministrators,
  findSubject,
  insertSubject,
  isErased,
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

/** The password opens the account for 72 hours, to choose another. Refusals `PASSWORD_TOO_WEAK`, `NAME_TAKEN`, `DUTY_CONFLICT`, `TOO_MANY_REQUESTS`. */
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
    password_until: firstPasswordUntil(now),
    roles,
    active: true,
    created_at: now,
    last_seen_at: null,
  };
  const insert = async (tx: WriteTransaction): Promise<Result<User>> =>
    (await insertSubject(tx, subject))
      ? ok(userView(subject))
      : refuse("NAME_TAKEN", `there is already a user ${body.name}`);
  const made = await deps.database.audited(
    (done: Result<Kept<User>>) => {
      if (!done.ok) return [];
      const details = { roles, ...underExceptions(done.value.exceptions) };
      return [{ type: "user.created", ...by, object: { kind: "subject", id }, after: stateOf(subject), details }];
    },
    async (tx) => await keepDuties(tx, { now, of: id }, async () => await insert(tx)),
  );
  return made.ok ? ok(made.value.value) : made;
}

export type Changed = Readonly<{
  before: SubjectRow;
  after: SubjectRow;
  ended: AllEnded;
  /** What of it stands on an exception from the separation of duties. */
  exceptions: readonly string[];
}>;

function isActiveAdministrator({ roles, active }: SubjectRow): boolean {
  return active && roles.includes("admin");
}

type Changing = Pick<SignInDeps, "clock"> & Readonly<{ endAccess: EndAccess }>;
type Wanted = Readonly<{
  id: string;
  change: UserChange;
  /** The word of a provider, not of a person here: it cannot open what a person closed. */
  ofProvider?: boolean;
}>;

async function change(
  tx: WriteTransaction,
  { clock, endAccess, id, change: wanted, ofProvider = false }: Changing & Wanted,
  by: Administrator,
): Promise<Result<Omit<Changed, "exceptions">>> {
  const before = await findSubject(tx, id);
  if (before === undefined || isErased(before)) return refuse("NOT_FOUND", `there is no user ${id}`);
  const roles = wanted.roles === undefined ? before.roles : [...new Set(wanted.roles)];
  const after = { ...before, roles, active: wanted.active ?? before.active };
  // Writing the row locks it: a credential being made now is either seen below or finds the account disabled.
  const closedHere = ofProvider || wanted.active === undefined ? undefined : !wanted.active;
  await updateSubject(tx, { ...after, closedHere });
  if (isActiveAdministrator(before) && (await countAdministrators(tx, "active")) === 0)
    return refuse("LAST_ADMINISTRATOR", `${before.name} is the last active administrator`);
  const ended = after.active
    ? endAccess.nothing()
    : await endAccess.end(tx, { subjectId: before.id, ...by, now: clock.now() });
  return ok({ before, after, ended });
}

/**
 * Changes roles or state, within the transaction of whoever asks. Disabling ends every kind of access with it; new roles
 * hold from the next request. Refusals `NOT_FOUND`, `LAST_ADMINISTRATOR`, `DUTY_CONFLICT`: then nothing of the
 * transaction may stay.
 */
export async function applyChange(
  tx: WriteTransaction,
  wanted: Changing & Wanted,
  by: Administrator,
): Promise<Result<Changed>> {
  await lockAdministrators(tx);
  const keeping = { now: wanted.clock.now(), of: wanted.id };
  const done = await keepDuties(tx, keeping, async () => await change(tx, wanted, by));
  return done.ok ? ok({ ...done.value.value, exceptions: done.value.exceptions }) : done;
}

/** The entries of a change; none when it changed nothing. */
export function changeFacts({ before, after, ended, exceptions }: Changed, by: Administrator): readonly Fact[] {
  const states = { before: stateOf(before), after: stateOf(after) };
  if (states.before === states.after) return [];
  const object = { kind: "subject", id: after.id };
  const details = { ...ended.counts, ...underExceptions(exceptions) };
  return [{ type: "user.changed", ...by, object, ...states, details }, ...ended.facts];
}

/** As `applyChange`, in a transaction of its own. */
export async function changeUser(
  deps: Pick<SignInDeps, "database"> & Changing,
  wanted: Wanted,
  by: Administrator,
): Promise<Result<Changed>> {
  const { clock, endAccess } = deps;
  const changed = await deps.database.audited(
    (done: Result<Changed>) => (done.ok ? changeFacts(done.value, by) : []),
    async (tx) => await applyChange(tx, { clock, endAccess, ...wanted }, by),
  );
  if (changed.ok) changed.value.ended.committed();
  return changed;
}
