import type { ServiceAccountId } from "@tyr/contract";
import type { Deeds } from "./audit-deeds.ts";
import { given, type Doer, type World } from "./audit-world.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const patch = (path: string, value: unknown): Uint8Array =>
  bytes({
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: [{ op: "replace", path, value }],
  });
const idIn = (answer: string): string => (answer as unknown as { id: string }).id;

async function made(world: World): Promise<Readonly<{ id: ServiceAccountId; secret: string }>> {
  const { client } = await world.admin();
  const body = { name: world.fresh("scim"), provider: "corp", lifeDays: 30 };
  const { client: scim, secret } = await client.call("scimClient.create", { body });
  return { id: scim.id, secret };
}

async function provider(world: World): Promise<Doer> {
  const { id, secret } = await made(world);
  return { headers: { authorization: `Bearer ${secret}` }, actor: { kind: "automation", id } };
}

async function resource(world: World, path: "Users" | "Groups") {
  const by = await provider(world);
  const name = world.fresh("provisioned");
  const body = path === "Users" ? { schemas: [USER], userName: name } : { schemas: [GROUP], displayName: name };
  const response = await fetch(`${world.server.url}/scim/v2/${path}`, {
    method: "POST",
    headers: { ...by.headers, "content-type": "application/scim+json" },
    body: JSON.stringify(body),
  });
  const { id } = (await response.json()) as { id: string };
  // The deed itself comes from another address than this: that a key is used elsewhere has an entry of its own.
  const besides = ["key.used_elsewhere"] as const;
  return { by, id, name, besides, object: { kind: path === "Users" ? "subject" : "group", id } };
}

/** What identity providers do over SCIM, and who lets them. */
export const scimDeeds: Deeds = {
  "scimClient.create": async (world) => ({
    by: await world.admin(),
    input: { body: { name: world.fresh("scim"), provider: "corp", lifeDays: 30 } },
    did: "scim.client_created",
    object: { kind: "service", id: (answer) => answer.client.id },
    before: null,
    after: given,
    besides: ["service.created", "key.created"],
  }),
  "scimClient.remove": async (world) => {
    const { id } = await made(world);
    const object = { kind: "service", id };
    const input = { params: { id } };
    const by = await world.admin();
    return { by, input, did: "scim.client_removed", object, before: given, after: null, besides: ["service.changed"] };
  },
  "scim.createUser": async (world) => ({
    by: await provider(world),
    input: { body: bytes({ schemas: [USER], userName: world.fresh("provisioned") }) },
    did: "user.created",
    object: { kind: "subject", id: idIn },
    before: null,
    after: given,
  }),
  "scim.replaceUser": async (world) => {
    const { by, id, name, object, besides } = await resource(world, "Users");
    const input = { params: { id }, body: bytes({ schemas: [USER], userName: name, displayName: "Ada" }) };
    return { by, input, did: "user.changed", object, before: given, after: given, besides };
  },
  "scim.patchUser": async (world) => {
    const { by, id, object, besides } = await resource(world, "Users");
    const input = { params: { id }, body: patch("active", false) };
    return { by, input, did: "user.changed", object, before: given, after: given, besides };
  },
  "scim.deleteUser": async (world) => {
    const { by, id, object, besides } = await resource(world, "Users");
    const input = { params: { id }, body: new Uint8Array() };
    return { by, input, did: "user.changed", object, before: given, after: given, besides };
  },
  "scim.createGroup": async (world) => ({
    by: await provider(world),
    input: { body: bytes({ schemas: [GROUP], displayName: world.fresh("group") }) },
    did: "group.created",
    object: { kind: "group", id: idIn },
    before: null,
    after: given,
  }),
  "scim.replaceGroup": async (world) => {
    const { by, id, object, besides } = await resource(world, "Groups");
    const input = { params: { id }, body: bytes({ schemas: [GROUP], displayName: world.fresh("group") }) };
    return { by, input, did: "group.changed", object, before: given, after: given, besides };
  },
  "scim.patchGroup": async (world) => {
    const { by, id, object, besides } = await resource(world, "Groups");
    const input = { params: { id }, body: patch("displayName", world.fresh("group")) };
    return { by, input, did: "group.changed", object, before: given, after: given, besides };
  },
  "scim.deleteGroup": async (world) => {
    const { by, id, object, besides } = await resource(world, "Groups");
    const input = { params: { id }, body: new Uint8Array() };
    return { by, input, did: "group.deleted", object, before: given, after: null, besides };
  },
};
