import type { Action, Role } from "@tyr/contract";
import type { Deeds } from "./audit-deeds.ts";
import { given, type Person, type World } from "./audit-world.ts";
import { signatureOf } from "./sign-decision.ts";

/** Somebody whose custom role lets them break the glass, with an action that waits for others. */
async function waiting(world: World) {
  const name = `custom_${world.fresh("breaker").replace("-", "_")}` as const;
  await (await world.admin()).client.call("role.create", { body: { name, permissions: ["action:break_glass"] } });
  const by = await world.person("analyst", name satisfies Role);
  const body = {
    type: "block_ip",
    target: world.freshAddress(),
    justification: "it attacks",
    ttlSeconds: 600,
  } as const;
  return { by, action: await by.client.call("action.create", { body }) };
}

async function bodyOf({ client }: Person, { id, requestDigest, dryRun }: Action) {
  const said = { requestDigest, dryRunDigest: dryRun?.digest ?? "", reason: "nobody else is awake" };
  return { ...said, signature: await signatureOf(client, { id, statement: "break_glass", ...said }) };
}

export const breakGlassDeeds: Deeds = {
  "singlePerson.set": async (world) => ({
    by: await world.admin(),
    input: { body: { on: false, reason: "there are several of us" } },
    did: "single_person.changed",
    object: { kind: "single_person", id: "single_person" },
    before: "off",
    after: "off",
  }),
  "action.breakGlass": async (world) => {
    const { by, action } = await waiting(world);
    return {
      by,
      input: { params: { id: action.id }, body: await bodyOf(by, action) },
      did: "action.break_glass",
      object: { kind: "action", id: action.id },
      before: "pending",
      after: "approved",
    };
  },
  "breakGlass.review": async (world) => {
    const { by, action } = await waiting(world);
    const body = await bodyOf(by, action);
    const used = await by.client.call("action.breakGlass", { params: { id: action.id }, body });
    const id = used.breakGlass?.id ?? "bgl_none";
    return {
      by: await world.person("approver"),
      input: { params: { id }, body: { verdict: "justified" as const, text: "nobody else was awake" } },
      did: "break_glass.reviewed",
      object: { kind: "break_glass", id },
      before: "owed",
      after: given,
    };
  },
};
