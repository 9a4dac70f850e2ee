import type { Deeds } from "./audit-deeds.ts";
import type { World } from "./audit-world.ts";
import { handedOver } from "./sign-decision.ts";

async function lending(world: World) {
  const by = await world.person("approver");
  const to = await world.person("viewer");
  const endsAt = new Date(Date.now() + 3_600_000).toISOString();
  return { by, to, body: { to: to.name, endsAt, reason: "away for an hour" } };
}

/** Handing one's approving to somebody else. */
export const delegationDeeds: Deeds = {
  "delegation.create": async (world) => {
    const { by, body } = await lending(world);
    return {
      by,
      input: { body: await handedOver(by.client, body) },
      did: "delegation.created",
      object: { kind: "delegation", id: (answer) => answer.id },
      before: null,
      after: "in force",
    };
  },
  "delegation.end": async (world) => {
    const { by, to, body } = await lending(world);
    const { id } = await by.client.call("delegation.create", { body: await handedOver(by.client, body) });
    return {
      by: to,
      input: { params: { id }, body: { reason: "back already" } },
      did: "delegation.ended",
      object: { kind: "delegation", id },
      before: "in force",
      after: "ended",
    };
  },
};
