import type { Deeds } from "./audit-deeds.ts";
import { given, type World } from "./audit-world.ts";

const UNTIL_MS = 30 * 86_400_000;

/** A pair of a role nobody else has, so that it brings nobody into conflict. */
async function sides(world: World): Promise<["viewer", `custom_${string}`]> {
  const name = `custom_${world.fresh("duty").replace("-", "_")}` as const;
  await (await world.admin()).client.call("role.create", { body: { name, permissions: ["event:read"] } });
  return ["viewer", name];
}

async function exception(world: World) {
  const somebody = await world.person("analyst");
  const until = new Date(Date.now() + UNTIL_MS).toISOString();
  return { subjectId: somebody.subject, pair: "request-approve", reason: "there are two of us", until };
}

/** What nobody may hold together, and who may all the same. */
export const dutyDeeds: Deeds = {
  "duty.addPair": async (world) => ({
    by: await world.admin(),
    input: { body: { sides: await sides(world), reason: "our own rule" } },
    did: "duty.pair_added",
    object: { kind: "duty", id: (answer) => answer.id },
    before: null,
    after: given,
  }),
  "duty.removePair": async (world) => {
    const by = await world.admin();
    const { id } = await by.client.call("duty.addPair", {
      body: { sides: await sides(world), reason: "our own rule" },
    });
    const input = { params: { id: id as `dty_${string}` } };
    return { by, input, did: "duty.pair_removed", object: { kind: "duty", id }, before: given, after: given };
  },
  "duty.except": async (world) => {
    const body = await exception(world);
    const object = { kind: "subject", id: body.subjectId };
    return { by: await world.admin(), input: { body }, did: "duty.excepted", object, before: null, after: given };
  },
  "duty.endException": async (world) => {
    const by = await world.admin();
    const { id, subject } = await by.client.call("duty.except", { body: await exception(world) });
    const object = { kind: "subject", id: subject.id };
    return { by, input: { params: { id } }, did: "duty.exception_ended", object, before: given, after: given };
  },
};
