import {
  refuse,
  type ManagedBy,
  type Refused,
  type Result,
  type ScimClient,
  type ScimClientCreate,
  type User,
} from "@tyr/contract";
import type { Caller } from "../caller.ts";
import type { Identity } from "../create-identity.ts";
import type { KeyMaker } from "../keys/index.ts";
import { clientList, clientOf, createClient, removeClient, type ClientDeps } from "./clients.ts";
import { changeGroup, createGroup, groupsAt, removeGroup } from "./provision-groups.ts";
import { changeUser, createUser, removeUser, usersAt } from "./provision-users.ts";
import {
  mapsRoles,
  type GroupWish,
  type ProvisionedGroup,
  type ProvisionedUser,
  type UserWish,
} from "./provisioned.ts";
import type { ProvisioningClient, Target } from "./room.ts";
import { findManaged, listManaged, type GroupPlace, type UserPlace } from "./store.ts";

export type { Email, GroupWish, Profile, ProvisionedGroup, ProvisionedUser, UserWish } from "./provisioned.ts";
export { SEARCHED_MAX, MEMBERS_MAX, type ProvisioningClient, type Target } from "./room.ts";
export type { GroupPlace, UserPlace } from "./store.ts";

/** Accounts and groups as an identity provider wants them. Refusals are named at the functions that give them. */
export type Provisioning = Readonly<{
  clients(): Promise<readonly ScimClient[]>;
  createClient(body: ScimClientCreate, by: KeyMaker): Promise<Result<Readonly<{ client: ScimClient; secret: string }>>>;
  removeClient(id: string, by: KeyMaker): Promise<Result<undefined>>;
  clientOf(caller: Pick<Caller, "actor">, requestId: string): Promise<Result<ProvisioningClient>>;
  users(client: ProvisioningClient, place: UserPlace): Promise<readonly ProvisionedUser[]>;
  createUser(client: ProvisioningClient, wish: UserWish): Promise<Result<ProvisionedUser>>;
  changeUser(
    client: ProvisioningClient,
    change: Target & Readonly<{ turn: (current: UserWish) => Result<UserWish> }>,
  ): Promise<Result<ProvisionedUser>>;
  removeUser(client: ProvisioningClient, target: Target): Promise<Result<undefined>>;
  groups(client: ProvisioningClient, place: GroupPlace): Promise<readonly ProvisionedGroup[]>;
  createGroup(client: ProvisioningClient, wish: GroupWish): Promise<Result<ProvisionedGroup>>;
  changeGroup(
    client: ProvisioningClient,
    change: Target & Readonly<{ turn: (current: GroupWish) => Result<GroupWish> }>,
  ): Promise<Result<ProvisionedGroup>>;
  removeGroup(client: ProvisioningClient, target: Target): Promise<Result<undefined>>;
  /** The same identity, where nobody here changes what a provider owns. */
  guard(identity: Identity): Identity;
}>;

function managedBy(deps: ClientDeps, { issuer, active }: Readonly<{ issuer: string; active: boolean }>): ManagedBy {
  const provider = deps.providers.find((one) => one.issuer === issuer);
  return { name: provider?.name ?? issuer, issuer, roles: mapsRoles(provider), active };
}

function guard(deps: ClientDeps, identity: Identity): Identity {
  const managerOf = async (id: string): Promise<ManagedBy | undefined> => {
    const managed = await findManaged(deps.database.read, id);
    return managed === undefined ? undefined : managedBy(deps, managed);
  };
  const elsewhere = ({ name, issuer }: ManagedBy, what: string): Refused =>
    refuse("MANAGED_ELSEWHERE", `${name} ${what}`, { issuer });
  const withManager = async (user: User): Promise<User> => {
    const manager = await managerOf(user.id);
    return manager === undefined ? user : { ...user, managedBy: manager };
  };
  return {
    ...identity,
    async listUsers() {
      const managed = new Map((await listManaged(deps.database.read)).map((one) => [one.subject_id, one]));
      return (await identity.listUsers()).map((user) => {
        const own = managed.get(user.id);
        return own === undefined ? user : { ...user, managedBy: managedBy(deps, own) };
      });
    },
    async changeUser(id, change, by) {
      const manager = await managerOf(id);
      if (manager?.roles === true && change.roles !== undefined)
        return elsewhere(manager, "gives the roles of this account by its groups");
      // Closing an account must be possible here at once; opening one its provider closed must not.
      if (manager?.active === false && change.active === true) return elsewhere(manager, "says that this person left");
      const changed = await identity.changeUser(id, change, by);
      return changed.ok ? { ...changed, value: await withManager(changed.value) } : changed;
    },
    async resetSignIn(id, password, by) {
      const manager = await managerOf(id);
      if (manager !== undefined) return elsewhere(manager, "signs this person in, who has no password here");
      return await identity.resetSignIn(id, password, by);
    },
  };
}

export function createProvisioning(deps: ClientDeps): Provisioning {
  return {
    clients: async () => await clientList(deps),
    createClient: async (body, by) => await createClient(deps, body, by),
    removeClient: async (id, by) => await removeClient(deps, id, by),
    clientOf: async (caller, requestId) => await clientOf(deps, caller, requestId),
    users: async (client, place) => await usersAt(deps, client, place),
    createUser: async (client, wish) => await createUser(deps, client, wish),
    changeUser: async (client, change) => await changeUser(deps, client, change),
    removeUser: async (client, target) => await removeUser(deps, client, target),
    groups: async (client, place) => await groupsAt(deps, client, place),
    createGroup: async (client, wish) => await createGroup(deps, client, wish),
    changeGroup: async (client, change) => await changeGroup(deps, client, change),
    removeGroup: async (client, target) => await removeGroup(deps, client, target),
    guard: (identity) => guard(deps, identity),
  };
}
