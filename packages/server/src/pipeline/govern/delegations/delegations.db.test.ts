import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Action, DelegationId } from "@tyr/contract";
import { TEST_ENGINES } from "#platform/testing";
import {
  adam,
  ana,
  approve,
  ben,
  cleo,
  codeOf,
  dora,
  everybody,
  handOver,
  must,
  openResponseWorld,
  request,
  withdraw,
  type Actor,
  type ResponseWorld,
} from "../../respond/testing/response-world.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe.each(TEST_ENGINES)("handing approving over, on %s", (engine) => {
  let world: ResponseWorld;
  let n = 0;
  beforeAll(async () => void (world = await openResponseWorld(engine)));
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(() => void (world.situation.people = everybody.map(({ id, roles }) => ({ id, roles }))));

  const lend = async (from: Actor, to: Actor, ms = HOUR) => {
    const endsAt = new Date(world.clock.now().getTime() + ms).toISOString();
    return await handOver(world, { to: to.actor.name, endsAt, reason: "away" }, from);
  };
  const lent = async (from: Actor, to: Actor, ms = HOUR): Promise<DelegationId> => must(await lend(from, to, ms)).id;
  const end = async (id: DelegationId, by: Actor) => must(await world.govern.delegations.end({ id, by }));
  const askedBy = async (by: Actor, length = 32): Promise<Action> => {
    const body = { type: "block_ip" as const, target: `8.70.${(n += 2)}.0/${length}`, justification: "x" };
    return must(await world.govern.create(body, by));
  };
  /** Asked for by somebody who decides nothing. */
  const ask = async (length = 32): Promise<Action> => await askedBy(adam, length);
  const reload = async ({ id }: Action): Promise<Action> => must(await world.govern.get(id));
  const recordsOf = async (id: string) => (await world.test.records()).filter((one) => one.object.id === id);

  test("whoever stands in approves with the role of whoever is away, and statement, log and screen say in whose place", async () => {
    const id = await lent(ben, ana);
    const asked = await ask();
    expect(codeOf(await approve(world, asked, ana))).toBe("NOT_PERMITTED");
    expect(must(await world.govern.get(asked.id, ana))).toMatchObject({
      delegations: [{ id, from: { name: "Ben" } }],
      legalMoves: expect.arrayContaining(["approve", "reject"]) as string[],
    });
    const done = must(await approve(world, { ...asked, delegation: id }, ana));
    expect(done).toMatchObject({
      state: "approved",
      approvals: [{ by: { id: ana.id }, roles: ["approver"], counts: true, onBehalfOf: { delegation: id } }],
    });
    const entry = (await recordsOf(asked.id)).at(-1);
    expect(entry).toMatchObject({ details: { delegation: id, on_behalf_of: ben.id } });
    expect(JSON.parse(entry?.details["statement"] as string)).toMatchObject({
      signer: ana.id,
      on_behalf_of: { delegation: id, of: ben.id, roles: ["approver"] },
    });
    await end(id, ben);
  });

  test("one person is one approval, for two others as for themselves; and one person's approving is one", async () => {
    const [fromBen, fromCleo] = [await lent(ben, ana), await lent(cleo, ana)];
    const asked = await ask(23);
    must(await approve(world, { ...asked, delegation: fromBen }, ana));
    must(await approve(world, { ...(await reload(asked)), delegation: fromCleo }, ana));
    expect(await reload(asked)).toMatchObject({ state: "pending", approvalsMissing: 1, approvals: [{}] });
    must(await approve(world, await reload(asked), ben));
    expect(await reload(asked)).toMatchObject({ state: "pending", approvalsMissing: 1 });
    expect(must(await approve(world, await reload(asked), cleo)).state).toBe("approved");
    for (const id of [fromBen, fromCleo]) await end(id, ana);
  });

  test("what somebody asked for is not approved by those they handed their approving to, nor by them for another", async () => {
    const both: Actor = { ...cleo, roles: ["security_manager"] };
    const id = await lent(both, ana);
    const asked = await askedBy(both);
    expect(codeOf(await approve(world, { ...asked, delegation: id }, ana))).toBe("APPROVAL_BY_REQUESTER");
    const fromBen = await lent(ben, ana);
    expect(codeOf(await approve(world, { ...(await askedBy(ana)), delegation: fromBen }, ana))).toBe(
      "APPROVAL_BY_REQUESTER",
    );
    const edited = await ask();
    const edit = { requestDigest: edited.requestDigest, ttlSeconds: 600 };
    const changed = must(await world.govern.edit({ id: edited.id, by: ben, edit }));
    expect(codeOf(await approve(world, { ...changed, delegation: fromBen }, ana))).toBe("APPROVAL_BY_REQUESTER");
    for (const one of [id, fromBen]) await end(one, ana);
  });

  test("it ends at its instant by itself, and what was approved by it counts no more", async () => {
    const id = await lent(ben, ana, HOUR);
    const asked = await ask();
    must(await approve(world, { ...asked, delegation: id }, ana));
    world.clock.advance(HOUR - 1);
    expect((await reload(asked)).approvals).toMatchObject([{ counts: true }]);
    world.clock.advance(1);
    await world.respond.execute();
    expect(await reload(asked)).toMatchObject({ state: "pending", approvals: [{ counts: false }] });
    expect(codeOf(await approve(world, { ...(await ask()), delegation: id }, ana))).toBe("NOT_PERMITTED");
  });

  test("ended by its giver, by whoever has it or by an administrator, it takes back what was approved by it", async () => {
    for (const by of [ben, ana, adam]) {
      const id = await lent(ben, ana);
      const asked = await ask();
      must(await approve(world, { ...asked, delegation: id }, ana));
      expect(await end(id, by)).toMatchObject({ state: "ended", endedBy: { id: by.id } });
      await world.respond.execute();
      expect(await reload(asked)).toMatchObject({ state: "pending", approvals: [] });
      expect(await recordsOf(id)).toMatchObject([
        { type: "delegation.created", details: { from: ben.id, to: ana.id, roles: ["approver"] } },
        { type: "delegation.ended", actor: { id: by.id }, details: { decisionsVoided: 1 } },
      ]);
      // Twice is once.
      await end(id, by);
      expect(await recordsOf(id)).toHaveLength(2);
    }
    const id = await lent(ben, ana);
    expect(codeOf(await world.govern.delegations.end({ id, by: dora }))).toBe("NOT_PERMITTED");
    await end(id, ben);
  });

  test("it holds only while its giver may approve and both may sign in", async () => {
    const id = await lent(ben, ana);
    const asked = await ask();
    must(await approve(world, { ...asked, delegation: id }, ana));
    const all = async () =>
      (await world.govern.delegations.list({ by: ana, inForce: false, mine: true, limit: 50 })).rows;
    const state = async () => (await all()).find((one) => one.id === id)?.state;
    world.situation.people = everybody.map((one) => ({ id: one.id, roles: one === ben ? ["viewer"] : one.roles }));
    expect([await state(), (await reload(asked)).approvals[0]?.counts]).toEqual(["void", false]);
    world.situation.people = everybody.filter((one) => one !== ana);
    expect([await state(), (await reload(asked)).approvals[0]?.counts]).toEqual(["void", false]);
    await world.respond.execute();
    world.situation.people = everybody;
    expect([await state(), (await reload(asked)).state]).toEqual(["in_force", "pending"]);
    await end(id, ben);
  });

  test("an account that ends takes with it what it handed over and what it was handed", async () => {
    const now = world.clock.now();
    for (const gone of [ben, ana]) {
      const id = await lent(ben, ana);
      const asked = await ask();
      must(await approve(world, { ...asked, delegation: id }, ana));
      await world.test.db.audited(
        (facts: Awaited<ReturnType<typeof world.govern.standing.end>>) => facts.facts ?? [],
        async (tx) =>
          await world.govern.standing.end(tx, { subjectId: gone.id, actor: adam.actor, requestId: null, now }),
      );
      expect((await recordsOf(id)).at(-1)).toMatchObject({ type: "delegation.ended", actor: { id: adam.id } });
      expect((await reload(asked)).approvals).toEqual([]);
    }
  });

  test("whoever took it back themselves is as if they had never approved", async () => {
    const id = await lent(ben, ana);
    const asked = await ask();
    must(await approve(world, { ...asked, delegation: id }, ana));
    expect(must(await withdraw(world, { id: asked.id, by: ana })).state).toBe("pending");
    expect(must(await approve(world, await reload(asked), ben)).state).toBe("approved");
    await end(id, ben);
  });

  test("it is not lent on, and not by a key that holds less than its owner", async () => {
    const id = await lent(ben, ana);
    expect(codeOf(await lend(ana, dora))).toBe("NOT_PERMITTED");
    const asked = await ask();
    expect(codeOf(await approve(world, { ...asked, delegation: id }, dora))).toBe("NOT_PERMITTED");
    const narrowed: Actor = { ...ana, permissions: new Set(["action:read"] as const) };
    expect(codeOf(await approve(world, { ...asked, delegation: id }, narrowed))).toBe("NOT_PERMITTED");
    await end(id, ben);
  });

  test("it is handed to somebody else, once, after now and for thirty days at most", async () => {
    const refusals = [
      await lend(ben, ben),
      await lend(ben, adam),
      await lend(ben, ana, 0),
      await lend(ben, ana, 30 * DAY + 1),
    ];
    expect(refusals.map(codeOf)).toEqual([
      "DELEGATION_REFUSED",
      "DELEGATION_REFUSED",
      "VALIDATION_FAILED",
      "VALIDATION_FAILED",
    ]);
    const nobody = { to: "nobody", endsAt: new Date(world.clock.now().getTime() + HOUR).toISOString(), reason: "x" };
    expect(codeOf(await handOver(world, nobody, ben))).toBe("NOT_FOUND");
    const id = await lent(ben, ana, 30 * DAY);
    expect(codeOf(await lend(ben, ana))).toBe("DELEGATION_REFUSED");
    await end(id, ben);
    world.situation.people = everybody.filter((one) => one !== ana);
    expect(codeOf(await lend(ben, ana))).toBe("DELEGATION_REFUSED");
  });

  test("who can sign in their place makes up for who has nothing to sign with", async () => {
    world.situation.people = [ana, ben, adam].map(({ id, roles }) => ({ id, roles }));
    world.situation.keyless = [ben.id];
    // Keys that tests before this one registered count as well, so the passkey alone would say nothing of Ben.
    for (const { id, state } of await world.govern.approvalKeys.list(ben))
      if (state === "active") must(await world.govern.approvalKeys.revoke(id, ben));
    const body = { type: "block_ip" as const, target: "8.71.0.1", justification: "x" };
    expect(codeOf(await world.govern.create(body, adam))).toBe("NOBODY_CAN_APPROVE");
    const id = await lent(ben, ana);
    const asked = must(await world.govern.create(body, adam));
    expect(must(await approve(world, { ...asked, delegation: id }, ana)).state).toBe("approved");
    world.situation.keyless = [];
    await end(id, ben);
    await request(world, "8.71.0.3");
  });
});
