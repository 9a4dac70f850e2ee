import type { Deeds } from "./audit-deeds.ts";
import { given, type World } from "./audit-world.ts";
import { approvalOf, approveAs, rejectionOf } from "./sign-decision.ts";

async function asset(world: World) {
  const admin = await world.admin();
  const body = { name: world.fresh("asset"), addresses: [world.freshAddress()] };
  return await admin.client.call("asset.create", { body });
}

async function asked(world: World) {
  const by = await world.person("analyst");
  const body = { type: "block_ip", target: world.freshAddress(), justification: "it attacks" } as const;
  return await by.client.call("action.create", { body });
}

/** A block that is in force, as its maker's client would wait for it. */
async function block(world: World) {
  const { id } = await asked(world);
  const approver = await world.person("approver");
  await approveAs(approver.client, await approver.client.call("action.get", { params: { id } }));
  for (let tries = 0; tries < 200; tries += 1) {
    const { blockId, state } = await approver.client.call("action.get", { params: { id } });
    if (state === "executed" && blockId !== null) return { id, blockId };
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
  throw new Error(`action ${id} never became a block`);
}

/** The inventory, the settings, and the security API over actions and settings. */
export const governDeeds: Deeds = {
  "asset.create": async (world) => ({
    by: await world.admin(),
    input: { body: { name: world.fresh("asset"), addresses: ["198.51.100.1"], groups: ["never-touch"] } },
    did: "asset.added",
    object: { kind: "asset", id: (answer) => answer.id },
    before: null,
    after: "listed",
  }),
  "asset.edit": async (world) => {
    const { id } = await asset(world);
    return {
      by: await world.admin(),
      input: { params: { id }, body: { criticality: "critical" } },
      did: "asset.changed",
      object: { kind: "asset", id },
      before: given,
      after: given,
    };
  },
  "asset.remove": async (world) => {
    const { id } = await asset(world);
    return {
      by: await world.admin(),
      input: { params: { id } },
      did: "asset.removed",
      object: { kind: "asset", id },
      before: "listed",
      after: "removed",
    };
  },
  "asset.import": async (world) => ({
    by: await world.admin(),
    input: { body: { items: [{ name: world.fresh("asset"), addresses: ["198.51.100.2"] }], reason: "a new list" } },
    did: "asset.imported",
    object: { kind: "asset", id: "inventory" },
    before: null,
    after: "imported",
  }),
  "settings.edit": async (world) => ({
    by: await world.admin(),
    input: { body: { notes: world.fresh("notes") } },
    did: "settings.changed",
    object: { kind: "settings", id: "settings" },
    before: given,
    after: given,
  }),
  "security.policyEdit": async (world) => ({
    by: await world.admin(),
    input: { body: { notes: world.fresh("notes"), default_mode: null } },
    did: "settings.changed",
    object: { kind: "settings", id: "settings" },
    before: given,
    after: given,
  }),
  "security.policyPut": async (world) => ({
    by: await world.admin(),
    input: { body: { notes: world.fresh("notes") } },
    did: "settings.changed",
    object: { kind: "settings", id: "settings" },
    before: given,
    after: given,
  }),
  "security.blockCreate": async (world) => ({
    by: await world.person("analyst"),
    input: { body: { entity_type: "ip", value: world.freshAddress(), reason: "it attacks" } },
    did: "action.created",
    object: { kind: "action", id: (answer) => answer.id },
    before: null,
    after: "draft",
    besides: ["action.dry_run", "action.submitted"],
  }),
  "security.actionCreate": async (world) => ({
    by: await world.person("analyst"),
    input: {
      body: {
        requested_by: "Heimdall",
        action_type: "block_entity",
        payload: { entity_type: "ip", value: world.freshAddress(), reason: "it attacks" },
      },
    },
    did: "action.created",
    object: { kind: "action", id: (answer) => answer.id },
    before: null,
    after: "draft",
    besides: ["action.dry_run", "action.submitted"],
  }),
  "security.blockDeactivate": async (world) => {
    const { id, blockId } = await block(world);
    return {
      by: await world.person("executor"),
      input: { params: { id: blockId } },
      did: "action.reverting",
      object: { kind: "action", id },
      before: "executed",
      after: "reverting",
      besides: ["action.reverted", "block.lifted"],
    };
  },
  "security.actionUpdate": async (world) => {
    const action = await asked(world);
    const { id } = action;
    const by = await world.person("approver");
    const { reason, signature } = await rejectionOf(by.client, action, "a customer");
    return {
      by,
      input: { params: { id }, body: { status: "rejected", resolution_notes: reason, signature } },
      did: "action.rejected",
      object: { kind: "action", id },
      before: "pending",
      after: "rejected",
    };
  },
  "security.actionPut": async (world) => {
    const action = await asked(world);
    const by = await world.person("approver");
    const { signature } = await approvalOf(by.client, action);
    return {
      by,
      input: { params: { id: action.id }, body: { status: "approved", signature } },
      did: "action.approval_recorded",
      object: { kind: "action", id: action.id },
      before: "pending",
      after: "approved",
    };
  },
};
