import type { Action } from "@tyr/contract";
import type { Deeds } from "./audit-deeds.ts";
import { given, type Person, type World } from "./audit-world.ts";
import { adding } from "./audit-passkey-deeds.ts";
import { approvalOf, approveAs, signatureOf } from "./sign-decision.ts";

const line = (user: string): Uint8Array =>
  Buffer.from(
    `Dec 10 06:55:46 host sshd[24200]: Failed password for invalid user ${user} from 173.234.31.186 port 38926 ssh2\n`,
  );

async function sensor(world: World) {
  const admin = await world.admin();
  return await admin.client.call("sensor.create", { body: { name: world.fresh("sensor"), kind: "ssh" } });
}

async function draft(world: World, by: Person, submit: boolean): Promise<Action> {
  const body = { type: "block_ip", target: world.freshAddress(), justification: "it attacks", submit } as const;
  return await by.client.call("action.create", { body });
}

async function approved(world: World) {
  const asked = await draft(world, await world.person("analyst"), true);
  const approver = await world.person("approver");
  const action = await approveAs(approver.client, asked);
  return { approver, action };
}

/** As the browser does: what the server hands out is the challenge of a passkey. */
async function rejectionByPasskey(by: Person, { id, requestDigest }: Action, reason: string) {
  const { authenticator, body } = await adding(by);
  await by.client.call("passkey.add", { body });
  const wish = { statement: "reject", requestDigest, reason } as const;
  const { passkey } = await by.client.call("action.statement", { params: { id }, body: wish });
  if (passkey === null) throw new Error("a passkey that was just added is not asked for");
  const { handle: statement, ...proof } = authenticator.get(passkey);
  return { reason, signature: { kind: "passkey" as const, statement, ...proof } };
}

async function until(by: Person, id: Action["id"], state: Action["state"]): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await by.client.call("action.get", { params: { id } })).state === state) return;
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
  throw new Error(`action ${id} never became ${state}`);
}

/** An incident, made as life makes it: somebody guesses passwords until they get in. */
async function incident(world: World) {
  const { sensor: made, key } = await sensor(world);
  const from = world.freshAddress();
  const body = Buffer.from(
    Array.from(
      { length: 40 },
      (_, at) =>
        `Dec 10 06:55:${String(at % 60).padStart(2, "0")} host sshd[2${at}]: Failed password for root from ${from} port 389${at} ssh2`,
    ).join("\n"),
  );
  await fetch(`${world.server.url}/api/v1/events?format=sshd`, { method: "POST", headers: { "x-tyr-key": key }, body });
  const admin = await world.admin();
  for (let tries = 0; tries < 400; tries += 1) {
    const { items } = await admin.client.call("incident.list", { query: { ip: from } });
    if (items[0] !== undefined) return items[0];
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
  throw new Error(`${made.name} led to no incident`);
}

/** Collect, detect, escalate, govern and respond. */
export const stageDeeds: Deeds = {
  "event.send": async (world) => {
    const { sensor: made, key } = await sensor(world);
    const by = { headers: { "x-tyr-key": key }, actor: { kind: "sensor", id: made.id } } as const;
    return {
      by,
      input: { query: { format: "sshd" }, body: line("webmaster") },
      did: "event.stored",
      object: { kind: "stream", id: "event" },
      before: null,
      after: "1 stored",
      batched: (details) => JSON.stringify(details).includes(made.id),
    };
  },
  "event.import": async (world) => {
    const { sensor: made } = await sensor(world);
    return {
      by: await world.admin(),
      input: { query: { sensor: made.id, format: "sshd" }, body: line("test") },
      did: "event.stored",
      object: { kind: "stream", id: "event" },
      before: null,
      after: "1 stored",
      batched: (details) => JSON.stringify(details).includes(made.id),
    };
  },
  "sensor.create": async (world) => ({
    by: await world.admin(),
    input: { body: { name: world.fresh("sensor"), kind: "ssh" } },
    did: "sensor.registered",
    object: { kind: "sensor", id: (answer) => answer.sensor.id },
    before: null,
    after: "active",
  }),
  "sensor.rotate": async (world) => {
    const { id } = (await sensor(world)).sensor;
    return {
      by: await world.admin(),
      input: { params: { id } },
      did: "sensor.key_rotated",
      object: { kind: "sensor", id },
      before: given,
      after: given,
    };
  },
  "sensor.deactivate": async (world) => {
    const { id } = (await sensor(world)).sensor;
    return {
      by: await world.admin(),
      input: { params: { id } },
      did: "sensor.deactivated",
      object: { kind: "sensor", id },
      before: "active",
      after: "inactive",
    };
  },
  "incident.move": async (world) => {
    const { id, state, legalMoves } = await incident(world);
    const to = legalMoves.find((one) => !one.startsWith("closed")) ?? state;
    const by = await world.admin();
    return {
      by,
      input: { params: { id }, body: { to } },
      did: "incident.moved",
      object: { kind: "incident", id },
      before: state,
      after: to,
    };
  },
  "incident.note": async (world) => {
    const { id } = await incident(world);
    const input = { params: { id }, body: { text: "looked at it" } };
    return {
      by: await world.admin(),
      input,
      did: "incident.noted",
      object: { kind: "incident", id },
      before: null,
      after: given,
    };
  },
  "incident.assign": async (world) => {
    const { id } = await incident(world);
    const by = await world.admin();
    return {
      by,
      input: { params: { id } },
      did: "incident.assigned",
      object: { kind: "incident", id },
      before: null,
      after: by.subject,
    };
  },
  "action.create": async (world) => ({
    by: await world.person("analyst"),
    input: { body: { type: "block_ip", target: world.freshAddress(), justification: "it attacks" } },
    did: "action.created",
    object: { kind: "action", id: (answer) => answer.id },
    before: null,
    after: "draft",
    besides: ["action.dry_run", "action.submitted"],
  }),
  "action.edit": async (world) => {
    const by = await world.person("analyst");
    const { id, requestDigest } = await draft(world, by, false);
    return {
      by,
      input: { params: { id }, body: { requestDigest, ttlSeconds: 600 } },
      did: "action.edited",
      object: { kind: "action", id },
      before: "dry_run_ok",
      after: "draft",
      besides: ["action.dry_run"],
    };
  },
  "action.clone": async (world) => {
    const by = await world.person("analyst");
    const { id } = await draft(world, by, true);
    await by.client.call("action.cancel", { params: { id }, body: { reason: "not now" } });
    return {
      by,
      input: { params: { id } },
      did: "action.created",
      object: { kind: "action", id: (answer) => answer.id },
      before: null,
      after: "draft",
      besides: ["action.dry_run", "action.submitted"],
    };
  },
  "action.dryRun": async (world) => {
    const by = await world.person("analyst");
    const { id } = await draft(world, by, false);
    return {
      by,
      input: { params: { id } },
      did: "action.dry_run",
      object: { kind: "action", id },
      before: given,
      after: "dry_run_ok",
    };
  },
  "action.submit": async (world) => {
    const by = await world.person("analyst");
    const { id, state } = await draft(world, by, false);
    return {
      by,
      input: { params: { id } },
      did: "action.submitted",
      object: { kind: "action", id },
      before: state,
      after: "pending",
    };
  },
  "action.approve": async (world) => {
    const asked = await draft(world, await world.person("analyst"), true);
    const by = await world.person("approver");
    const input = { params: { id: asked.id }, body: await approvalOf(by.client, asked) };
    return {
      by,
      input,
      did: "action.approval_recorded",
      object: { kind: "action", id: asked.id },
      before: "pending",
      after: "approved",
    };
  },
  "action.reject": async (world) => {
    const asked = await draft(world, await world.person("analyst"), true);
    const by = await world.person("approver");
    return {
      by,
      input: { params: { id: asked.id }, body: await rejectionByPasskey(by, asked, "a customer") },
      did: "action.rejected",
      object: { kind: "action", id: asked.id },
      before: "pending",
      after: "rejected",
    };
  },
  "action.withdraw": async (world) => {
    const by = await world.person("approver");
    const manager = await world.person("security_manager");
    const asked = await manager.client.call("action.create", {
      body: { type: "block_ip", target: "203.0.112.0/23", justification: "all of it attacks" },
    });
    await approveAs(by.client, asked);
    const { id, requestDigest } = asked;
    const signature = await signatureOf(by.client, { id, statement: "withdraw", requestDigest });
    return {
      by,
      input: { params: { id }, body: { signature } },
      did: "action.approval_withdrawn",
      object: { kind: "action", id: asked.id },
      before: "pending",
      after: "pending",
    };
  },
  "action.cancel": async (world) => {
    const by = await world.person("analyst");
    const { id } = await draft(world, by, true);
    return {
      by,
      input: { params: { id }, body: { reason: "a mistake" } },
      did: "action.cancelled",
      object: { kind: "action", id },
      before: "pending",
      after: "cancelled",
    };
  },
  "action.revert": async (world) => {
    const { action, approver } = await approved(world);
    await until(approver, action.id, "executed");
    const input = { params: { id: action.id }, body: { reason: "a customer" } };
    return {
      by: await world.person("executor"),
      input,
      did: "action.reverting",
      object: { kind: "action", id: action.id },
      before: "executed",
      after: "reverting",
      besides: ["action.reverted", "block.lifted"],
    };
  },
  "mode.set": async (world) => ({
    by: await world.admin(),
    input: { body: { mode: "elevated", reason: "an exercise" } },
    did: "mode.changed",
    object: { kind: "mode", id: "mode" },
    before: "normal",
    after: "elevated",
  }),
  "allow.add": async (world) => ({
    by: await world.admin(),
    input: { body: { value: "198.51.100.7", reason: "our scanner" } },
    did: "allow.added",
    object: { kind: "allow", id: (answer) => answer.id },
    before: null,
    after: "in force",
  }),
  "allow.remove": async (world) => {
    const by = await world.admin();
    const { id } = await by.client.call("allow.add", { body: { value: "198.51.100.8", reason: "our scanner" } });
    return {
      by,
      input: { params: { id } },
      did: "allow.removed",
      object: { kind: "allow", id },
      before: "in force",
      after: "removed",
    };
  },
  "enforcer.create": async (world) => ({
    by: await world.admin(),
    input: { body: { name: world.fresh("edge") } },
    did: "enforcer.registered",
    object: { kind: "enforcer", id: (answer) => answer.enforcer.id },
    before: null,
    after: "active",
  }),
  "enforcer.rotate": async (world) => {
    const by = await world.admin();
    const { enforcer } = await by.client.call("enforcer.create", { body: { name: world.fresh("edge") } });
    return {
      by,
      input: { params: { id: enforcer.id } },
      did: "enforcer.key_rotated",
      object: { kind: "enforcer", id: enforcer.id },
      before: given,
      after: given,
    };
  },
  "enforcer.deactivate": async (world) => {
    const by = await world.admin();
    const { enforcer } = await by.client.call("enforcer.create", { body: { name: world.fresh("edge") } });
    return {
      by,
      input: { params: { id: enforcer.id } },
      did: "enforcer.deactivated",
      object: { kind: "enforcer", id: enforcer.id },
      before: "active",
      after: "inactive",
    };
  },
};
