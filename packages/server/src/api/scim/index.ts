import { ok, refuse, type Result, type RouteId } from "@tyr/contract";
import type { GroupWish, ProvisionedGroup, ProvisionedUser, Provisioning, UserWish } from "#identity";
import type { Handlers } from "../handler.ts";
import { GROUP, USER, type Kind } from "./attributes.ts";
import { KINDS, resourceType, schemaOf, serviceProviderConfig } from "./discovery.ts";
import type { Resource } from "./match.ts";
import { groupDocument, groupResource, readGroup, readUser, userDocument, userResource } from "./resources.ts";
import { verbsOf, type Door } from "./verbs.ts";

type Ids = Extract<RouteId, `scim.${string}` | `scimClient.${string}`>;
type Deps = Readonly<{ provisioning: Provisioning; base: string }>;

function userDoor({ provisioning, base }: Deps): Door<ProvisionedUser, UserWish> {
  return {
    kind: USER,
    hints: ["id", "externalid", "username"],
    resource: (user) => userResource(user, base),
    document: userDocument,
    readWish: readUser,
    find: provisioning.users,
    create: provisioning.createUser,
    change: provisioning.changeUser,
    remove: provisioning.removeUser,
  };
}

function groupDoor({ provisioning, base }: Deps): Door<ProvisionedGroup, GroupWish> {
  return {
    kind: GROUP,
    hints: ["id", "externalid", "displayname"],
    resource: (group) => groupResource(group, base),
    document: groupDocument,
    readWish: readGroup,
    find: provisioning.groups,
    create: provisioning.createGroup,
    change: provisioning.changeGroup,
    remove: provisioning.removeGroup,
  };
}

type Discovery = Extract<Ids, "scim.config" | `scim.resourceType${string}` | `scim.schema${string}`>;

const json = (value: Resource): Result<string> => ok(JSON.stringify(value));

function listed(resources: readonly Resource[]): Result<string> {
  return json({
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    totalResults: resources.length,
    startIndex: 1,
    itemsPerPage: resources.length,
    Resources: resources,
  });
}

function discoveryHandlers({ base }: Deps): Pick<Handlers, Discovery> {
  const named = (name: string, view: (kind: Kind, base: string) => Resource): Result<string> => {
    const lower = name.toLowerCase();
    const kind = KINDS.find((one) => one.name === name || one.schema.toLowerCase() === lower);
    return kind === undefined ? refuse("NOT_FOUND", `there is no ${name.slice(0, 100)}`) : json(view(kind, base));
  };
  return {
    "scim.config": async () => json(serviceProviderConfig(base)),
    "scim.resourceTypes": async () => listed(KINDS.map((kind) => resourceType(kind, base))),
    "scim.resourceType": async ({ params }) => named(params.name, resourceType),
    "scim.schemas": async () => listed(KINDS.map((kind) => schemaOf(kind, base))),
    "scim.schema": async ({ params }) => named(params.name, schemaOf),
  };
}

/** SCIM 2.0 for identity providers, and for administrators the clients that may speak it. */
export function scimHandlers({
  provisioning,
  publicUrl,
}: Readonly<{ provisioning: Provisioning; publicUrl: string }>): Pick<Handlers, Ids> {
  const deps = { provisioning, base: `${publicUrl}/scim/v2` };
  const users = verbsOf(userDoor(deps), provisioning);
  const groups = verbsOf(groupDoor(deps), provisioning);
  return {
    ...discoveryHandlers(deps),
    "scim.listUsers": users.list,
    "scim.getUser": users.get,
    "scim.createUser": users.create,
    "scim.replaceUser": users.replace,
    "scim.patchUser": users.patch,
    "scim.deleteUser": users.remove,
    "scim.listGroups": groups.list,
    "scim.getGroup": groups.get,
    "scim.createGroup": groups.create,
    "scim.replaceGroup": groups.replace,
    "scim.patchGroup": groups.patch,
    "scim.deleteGroup": groups.remove,
    "scimClient.list": async () => ok({ items: [...(await provisioning.clients())] }),
    "scimClient.create": async ({ body }, call) => {
      const made = await provisioning.createClient(body, call);
      return made.ok ? ok({ ...made.value, baseUrl: deps.base }) : made;
    },
    "scimClient.remove": async ({ params: { id } }, call) => await provisioning.removeClient(id, call),
  };
}
