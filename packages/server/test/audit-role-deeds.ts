import type { CustomRole } from "@tyr/contract";
import type { Deeds } from "./audit-deeds.ts";
import { given, type World } from "./audit-world.ts";

const nameOf = (world: World): CustomRole => `custom_${world.fresh("role").replace("-", "_")}`;

async function role(world: World) {
  const by = await world.admin();
  const name = nameOf(world);
  await by.client.call("role.create", { body: { name, permissions: ["event:read"] } });
  return { by, name, object: { kind: "role", id: name } };
}

/** Roles people made themselves. */
export const roleDeeds: Deeds = {
  "role.create": async (world) => {
    const name = nameOf(world);
    const object = { kind: "role", id: name };
    const body = { name, permissions: ["event:read" as const] };
    return { by: await world.admin(), input: { body }, did: "role.created", object, before: null, after: given };
  },
  "role.change": async (world) => {
    const { by, name, object } = await role(world);
    const input = { params: { name }, body: { permissions: ["incident:read" as const] } };
    return { by, input, did: "role.changed", object, before: given, after: given };
  },
  "role.delete": async (world) => {
    const { by, name, object } = await role(world);
    return { by, input: { params: { name } }, did: "role.deleted", object, before: given, after: null };
  },
};
