import type { ReviewCreate } from "@tyr/contract";
import type { Deeds } from "./audit-deeds.ts";
import { given, type World } from "./audit-world.ts";

const DUE_MS = 30 * 86_400_000;

/** A campaign about the holders of a role nobody but one person has. */
async function wish(world: World): Promise<{ body: ReviewCreate; reviewer: Awaited<ReturnType<World["person"]>> }> {
  const name = `custom_${world.fresh("review").replace("-", "_")}` as const;
  await (await world.admin()).client.call("role.create", { body: { name, permissions: ["event:read"] } });
  await world.person(name);
  const reviewer = await world.person("compliance_officer");
  const dueAt = new Date(Date.now() + DUE_MS).toISOString();
  const body: ReviewCreate = {
    name,
    scope: "role",
    role: name,
    reviewers: [reviewer.subject],
    dueAt,
    undecided: "leave",
  };
  return { body, reviewer };
}

async function campaign(world: World) {
  const { body, reviewer } = await wish(world);
  const { id } = await reviewer.client.call("review.create", { body });
  const { items } = await reviewer.client.call("review.get", { params: { id } });
  const shown = items.map((item) => ({ id: item.id, digest: item.digest }));
  return { id, reviewer, shown, decision: { items: shown, decision: "keep" as const, reason: "as agreed" } };
}

/** Who decides who keeps what. */
export const reviewDeeds: Deeds = {
  "review.create": async (world) => {
    const { body, reviewer } = await wish(world);
    const object = { kind: "review", id: (answer: { id: string }) => answer.id };
    return { by: reviewer, input: { body }, did: "review.created", object, before: null, after: "open" };
  },
  "review.decide": async (world) => {
    const { id, reviewer, shown, decision } = await campaign(world);
    const object = { kind: "review_item", id: shown[0]?.id ?? "" };
    return {
      by: reviewer,
      input: { params: { id }, body: decision },
      did: "review.decided",
      object,
      before: null,
      after: given,
    };
  },
  "review.close": async (world) => {
    const { id, reviewer, decision } = await campaign(world);
    await reviewer.client.call("review.decide", { params: { id }, body: decision });
    const object = { kind: "review", id };
    return { by: reviewer, input: { params: { id } }, did: "review.closed", object, before: "open", after: "closed" };
  },
};
