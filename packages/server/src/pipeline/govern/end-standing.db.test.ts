import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Action } from "@tyr/contract";
import { TEST_ENGINES } from "#platform/testing";
import {
  adam,
  ana,
  approve,
  ben,
  cleo,
  codeOf,
  dora,
  handOver,
  must,
  openResponseWorld,
  type Actor,
  type ResponseWorld,
} from "../respond/testing/response-world.ts";
import { signerOf } from "../respond/testing/sign-as.ts";

const HOUR = 3_600_000;

describe.each(TEST_ENGINES)("what somebody's word is worth ends with what they sign it with, on %s", (engine) => {
  let world: ResponseWorld;
  let n = 0;
  beforeAll(async () => void (world = await openResponseWorld(engine)));
  afterAll(async () => await world[Symbol.asyncDispose]());

  const ask = async (length = 32): Promise<Action> => {
    const body = { type: "block_ip" as const, target: `8.74.${(n += 2)}.0/${length}`, justification: "x" };
    return must(await world.govern.create(body, adam));
  };
  const reload = async ({ id }: Action): Promise<Action> => must(await world.govern.get(id));
  const recordsOf = async (id: string) => (await world.test.records()).filter((one) => one.object.id === id);
  const lend = async (from: Actor, to: Actor) => {
    const endsAt = new Date(world.clock.now().getTime() + HOUR).toISOString();
    return must(await handOver(world, { to: to.actor.name, endsAt, reason: "away" }, from)).id;
  };
  type Ended = Awaited<ReturnType<typeof world.govern.standing.end>>;
  const ending = async (door: "end" | "endFactors", of: Actor): Promise<Ended> => {
    const { standing } = world.govern;
    const end = { subjectId: of.id, actor: adam.actor, requestId: null, now: world.clock.now() };
    const work = standing[door];
    if (work === undefined) throw new TypeError(`nothing ends by ${door}`);
    return await world.test.db.audited(
      (ended: Ended) => ended.facts ?? [],
      async (tx) => await work(tx, end),
    );
  };

  test.each(["end", "endFactors"] as const)("%s leaves one entry for each key, and none counts again", async (door) => {
    const { id: key } = must(await signerOf(world, ben));
    const asked = await ask();
    expect(must(await approve(world, asked, ben)).state).toBe("approved");
    expect(await ending(door, ben)).toMatchObject({ count: 1 });
    expect(await recordsOf(key)).toMatchObject([
      { type: "approval_key.added", actor: { id: ben.id } },
      { type: "approval_key.revoked", actor: { id: adam.id }, before: "active", after: "revoked" },
    ]);
    const { details } = (await recordsOf(key))[1] ?? {};
    expect(Object.keys(details ?? {}).toSorted()).toEqual(["expiresAt", "publicKey"]);
    expect((await recordsOf(asked.id)).at(-1)).toMatchObject({
      type: "action.approval_withdrawn",
      details: { approved_by: ben.id },
    });
    await world.respond.execute();
    expect(await reload(asked)).toMatchObject({ state: "pending", approvals: [] });
    expect(await ending(door, ben)).toMatchObject({ count: 0, facts: [] });
  });

  test("whoever lost what they sign with keeps what they asked for and what they were handed, and hands nothing over", async () => {
    const [own, given, held] = [await ask(), await lend(ben, ana), await lend(dora, ben)];
    const asked = await ask();
    must(await approve(world, { ...asked, delegation: given }, ana));
    expect(await ending("endFactors", ben)).toMatchObject({ count: 1 });
    expect((await recordsOf(given)).at(-1)).toMatchObject({ type: "delegation.ended", actor: { id: adam.id } });
    expect((await recordsOf(held)).map(({ type }) => type)).toEqual(["delegation.created"]);
    await world.respond.execute();
    expect(await reload(asked)).toMatchObject({ state: "pending", approvals: [] });
    expect((await reload(own)).state).toBe("pending");
    must(await world.govern.delegations.end({ id: held, by: dora }));
    const mine = must(await world.govern.create({ type: "block_ip", target: "8.75.1.1", justification: "x" }, cleo));
    await ending("endFactors", cleo);
    expect((await reload(mine)).state).toBe("pending");
  });

  test("what was handed over under a key ends with the key, with what was approved by it", async () => {
    const id = await lend(ben, ana);
    const asked = await ask();
    must(await approve(world, { ...asked, delegation: id }, ana));
    must(await world.govern.approvalKeys.revoke(must(await signerOf(world, ben)).id, ben));
    expect((await recordsOf(id)).at(-1)).toMatchObject({
      type: "delegation.ended",
      details: { reason: "the key it was handed over with was ended", decisionsVoided: 1 },
    });
    expect(codeOf(await approve(world, { ...(await ask()), delegation: id }, ana))).toBe("NOT_PERMITTED");
    await world.respond.execute();
    expect((await reload(asked)).state).toBe("pending");
  });
});
