import { isCustomRole, refuse } from "@tyr/contract";
import type { Refused, Result, Role, RoleChange, RoleCreate, RoleView } from "@tyr/contract";
import type { Caller } from "../caller.ts";
import type { Identity } from "../create-identity.ts";
import type { KeyMaker } from "../keys/keys.ts";
import { changeRole, createRole, deleteRole, roleList, type RoleDeps } from "./custom-roles.ts";
import { heldPermissions } from "./held-permissions.ts";
import { listCustomRoles } from "./store.ts";

/** Roles as permission sets, the built-in ones and those made here. Refusals are named at the functions that give them. */
export type Roles = Readonly<{
  list(): Promise<readonly RoleView[]>;
  create(body: RoleCreate, by: KeyMaker): Promise<Result<RoleView>>;
  change(role: Readonly<{ name: string; change: RoleChange }>, by: KeyMaker): Promise<Result<RoleView>>;
  delete(name: string, by: KeyMaker): Promise<Result<undefined>>;
  /** The same identity, whose people have what their custom roles hold, and who are given roles that exist only. */
  extend(identity: Identity): Identity;
}>;

export function createRoles(deps: RoleDeps): Roles {
  const { read } = deps.database;

  const widen = async (caller: Caller | undefined): Promise<Caller | undefined> =>
    caller?.roles.some(isCustomRole) === true
      ? { ...caller, permissions: await heldPermissions(read, caller.roles) }
      : caller;

  /** Refusal `NOT_FOUND` for a custom role nobody made. */
  const refuseUnknown = async (roles: readonly Role[] = []): Promise<Refused | undefined> => {
    const wanted = roles.filter(isCustomRole);
    if (wanted.length === 0) return undefined;
    const known = new Set((await listCustomRoles(read)).map(({ name }) => name));
    const missing = wanted.find((name) => !known.has(name));
    return missing === undefined ? undefined : refuse("NOT_FOUND", `there is no role ${missing}`);
  };

  return {
    list: async () => await roleList(deps),
    create: async (body, by) => await createRole(deps, body, by),
    change: async (role, by) => await changeRole(deps, role, by),
    delete: async (name, by) => await deleteRole(deps, name, by),
    extend: (identity) => ({
      ...identity,
      authenticate: async (token, by) => await widen(await identity.authenticate(token, by)),
      look: async (sessionId) => await widen(await identity.look(sessionId)),
      createUser: async (body, by) => (await refuseUnknown(body.roles)) ?? (await identity.createUser(body, by)),
      changeUser: async (id, change, by) =>
        (await refuseUnknown(change.roles)) ?? (await identity.changeUser(id, change, by)),
    }),
  };
}
