import type { AttackerRow, CampaignId, IdentityId } from "@tyr/contract";
import { derivedId } from "#platform/ids";
import type { Deeds } from "./audit-deeds.ts";
import { given, type World } from "./audit-world.ts";

/** An address whose hands are known, made as life makes it: it tries a password nobody else tries. */
async function attacker(world: World): Promise<AttackerRow & { identityId: IdentityId }> {
  const admin = await world.admin();
  const { key } = await admin.client.call("sensor.create", { body: { name: world.fresh("decoy"), kind: "ssh" } });
  const address = world.freshAddress();
  const line = JSON.stringify({
    eventid: "cowrie.login.failed",
    timestamp: "2026-02-01T10:00:00.000000Z",
    src_ip: address,
    session: world.fresh("session"),
    username: "root",
    password: world.fresh("password"),
  });
  await fetch(`${world.server.url}/api/v1/events`, {
    method: "POST",
    headers: { "x-tyr-key": key },
    body: `${line}\n`,
  });
  for (let tries = 0; tries < 200; tries += 1) {
    const { items } = await admin.client.call("attacker.list", { query: { ip: address } });
    const [found] = items;
    if (found !== undefined && found.identityId !== null) return { ...found, identityId: found.identityId };
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
  throw new Error(`nothing was seen of ${address}`);
}

const campaignOf = (identity: IdentityId): CampaignId => derivedId("campaign", [identity]);
const reason = "the same people, says their provider";

/** Who people say is who. */
export const actorDeeds: Deeds = {
  "identity.merge": async (world) => {
    const [one, other] = [await attacker(world), await attacker(world)];
    const input = { params: { id: one.identityId }, body: { with: other.identityId, reason } };
    const object = { kind: "identity", id: one.identityId };
    return { by: await world.admin(), input, did: "actor.merged", object, before: null, after: given };
  },
  "identity.unmerge": async (world) => {
    const by = await world.admin();
    const [one, other] = [await attacker(world), await attacker(world)];
    await by.client.call("identity.merge", {
      params: { id: one.identityId },
      body: { with: other.identityId, reason },
    });
    const input = { params: { id: other.identityId }, body: { reason } };
    const object = { kind: "identity", id: other.identityId };
    return { by, input, did: "actor.unmerged", object, before: given, after: null };
  },
  "campaign.merge": async (world) => {
    const [one, other] = [await attacker(world), await attacker(world)];
    const id = campaignOf(one.identityId);
    const input = { params: { id }, body: { with: campaignOf(other.identityId), reason } };
    const object = { kind: "campaign", id };
    return { by: await world.admin(), input, did: "actor.merged", object, before: null, after: given };
  },
  "campaign.unmerge": async (world) => {
    const by = await world.admin();
    const [one, other] = [await attacker(world), await attacker(world)];
    const id = campaignOf(other.identityId);
    await by.client.call("campaign.merge", {
      params: { id: campaignOf(one.identityId) },
      body: { with: id, reason },
    });
    const object = { kind: "campaign", id };
    return {
      by,
      input: { params: { id }, body: { reason } },
      did: "actor.unmerged",
      object,
      before: given,
      after: null,
    };
  },
};
