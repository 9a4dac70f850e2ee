import {
  ok,
  ONLY_BY_CUSTOM_ROLE,
  refuse,
  ROLE_NAMES,
  ROLES,
  type Permission,
  type Refused,
  type Result,
  type RoleChange,
  type RoleCreate,
  type RoleView,
} from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { keepDuties, underExceptions } from "../duties/keep-duties.ts";
import { refuseWider, type KeyMaker } from "../keys/keys.ts";
import { permissionsOfCustom } from "./held-permissions.ts";
import {
  countHolders,
  findCustomRole,
  insertCustomRole,
  listCustomRoles,
  lockRoles,
  updateCustomRole,
  type RoleRow,
} from "./store.ts";

export type RoleDeps = Readonly<{ database: Database; clock: Clock }>;
const ROLES_MAX = 100;

function viewOf({ name, about, permissions, changed_at }: RoleRow, holders: number): RoleView {
  const held = [...permissionsOfCustom(permissions)];
  return { name, about, builtIn: false, permissions: held, holders, changedAt: changed_at.toISOString() };
}

/** Built-in roles first, then custom ones by name, with how many active people hold each. */
export async function roleList({ database }: RoleDeps): Promise<readonly RoleView[]> {
  const holders = await countHolders(database.read, "active");
  const builtIn = ROLE_NAMES.map((name): RoleView => ({
    name,
    about: "",
    builtIn: true,
    permissions: [...ROLES[name]],
    holders: holders.get(name) ?? 0,
    changedAt: null,
  }));
  const custom = await listCustomRoles(database.read);
  return [...builtIn, ...custom.map((row) => viewOf(row, holders.get(row.name) ?? 0))];
}

const text = (permissions: readonly Permission[]): string => permissions.toSorted().join(" ");

type Turn = Readonly<{ before: RoleRow | undefined; after: RoleRow; holders: number; exceptions?: readonly string[] }>;

function factOf(type: Fact["type"], { before, after, exceptions = [] }: Turn, { caller, requestId }: KeyMaker): Fact {
  return {
    type,
    actor: caller.actor,
    object: { kind: "role", id: after.name },
    requestId,
    before: before === undefined ? null : text(before.permissions),
    after: after.deleted_at === null ? text(after.permissions) : null,
    details: { about: after.about, ...underExceptions(exceptions) },
  };
}

const unknown = (name: string): Refused => refuse("NOT_FOUND", `there is no custom role ${name}`);

/** One change of one role, written down with what it held before and after. */
async function turn(
  { database }: RoleDeps,
  by: Readonly<{ maker: KeyMaker; type: Fact["type"] }>,
  work: (tx: WriteTransaction) => Promise<Result<Turn>>,
): Promise<Result<RoleView>> {
  const done = await database.audited(
    (one: Result<Turn>) => (one.ok ? [factOf(by.type, one.value, by.maker)] : []),
    async (tx) => {
      await lockRoles(tx);
      return await work(tx);
    },
  );
  return done.ok ? ok(viewOf(done.value.after, done.value.holders)) : done;
}

/** What one gives one holds, but for what no built-in role has. */
function heldFirst(wanted: readonly Permission[]): readonly Permission[] {
  const apart: readonly Permission[] = ONLY_BY_CUSTOM_ROLE;
  return wanted.filter((one) => !apart.includes(one));
}

/** Refusals `PERMISSIONS_TOO_WIDE`, `NAME_TAKEN` (also by a deleted role), `KEY_LIMIT_REACHED`. */
export async function createRole(deps: RoleDeps, body: RoleCreate, maker: KeyMaker): Promise<Result<RoleView>> {
  const wider = refuseWider(heldFirst(body.permissions), maker.caller.permissions);
  if (wider !== undefined) return wider;
  const now = deps.clock.now();
  const { name, about = "", permissions } = body;
  const after: RoleRow = { name, about, permissions, created_at: now, changed_at: now, deleted_at: null };
  return await turn(deps, { maker, type: "role.created" }, async (tx) => {
    if ((await findCustomRole(tx, name)) !== undefined)
      return refuse("NAME_TAKEN", `there is or was already a role ${name}`);
    if ((await listCustomRoles(tx)).length >= ROLES_MAX)
      return refuse("KEY_LIMIT_REACHED", "too many roles", { limit: ROLES_MAX });
    await insertCustomRole(tx, after);
    return ok({ before: undefined, after, holders: 0 });
  });
}

type Changing = Readonly<{ name: string; change: RoleChange }>;

/**
 * Refusals `NOT_FOUND`, `PERMISSIONS_TOO_WIDE` for what is added: taking away is always allowed; `DUTY_CONFLICT` when one
 * of its holders would hold both sides of a pair.
 */
export async function changeRole(
  deps: RoleDeps,
  { name, change }: Changing,
  maker: KeyMaker,
): Promise<Result<RoleView>> {
  return await turn(deps, { maker, type: "role.changed" }, async (tx) => {
    const before = await findCustomRole(tx, name);
    if (before === undefined || before.deleted_at !== null) return unknown(name);
    const added = (change.permissions ?? []).filter((one) => !before.permissions.includes(one));
    const wider = refuseWider(heldFirst(added), maker.caller.permissions);
    if (wider !== undefined) return wider;
    const after = {
      ...before,
      about: change.about ?? before.about,
      permissions: change.permissions ?? before.permissions,
      changed_at: deps.clock.now(),
    };
    const kept = await keepDuties(tx, { now: after.changed_at }, async () => ok(await updateCustomRole(tx, after)));
    if (!kept.ok) return kept;
    const holders = (await countHolders(tx, "active")).get(name) ?? 0;
    return ok({ before, after, holders, exceptions: kept.value.exceptions });
  });
}

/** Refusals `NOT_FOUND`, `ROLE_IN_USE` while anybody holds it, disabled people included. */
export async function deleteRole(deps: RoleDeps, name: string, maker: KeyMaker): Promise<Result<undefined>> {
  const done = await turn(deps, { maker, type: "role.deleted" }, async (tx) => {
    const before = await findCustomRole(tx, name);
    if (before === undefined || before.deleted_at !== null) return unknown(name);
    const holders = (await countHolders(tx, "all")).get(name) ?? 0;
    if (holders > 0) return refuse("ROLE_IN_USE", `${holders} hold the role ${name}`, { holders });
    const now = deps.clock.now();
    const after = { ...before, changed_at: now, deleted_at: now };
    await updateCustomRole(tx, after);
    return ok({ before, after, holders: 0 });
  });
  return done.ok ? ok(undefined) : done;
}
