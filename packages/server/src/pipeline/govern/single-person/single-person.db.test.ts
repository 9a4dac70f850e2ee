import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Action, Role } from "@tyr/contract";
import { TEST_ENGINES } from "#platform/testing";
import {
  adam,
  approve,
  ben,
  codeOf,
  dora,
  everybody,
  must,
  openResponseWorld,
  request,
  withdraw,
  type Actor,
  type ResponseWorld,
} from "../../respond/testing/response-world.ts";

const MINUTE = 60_000;
/** Who set up the installation: asks, administers and approves. */
const solo: Actor = { ...adam, roles: ["admin", "approver"] };

describe.each(TEST_ENGINES)("single-person mode on %s", (engine) => {
  let world: ResponseWorld;
  let n = 0;
  const target = (): string => `8.6.${Math.floor((n += 1) / 200)}.${(n % 200) + 1}`;
  const ask = async (more: object = {}) =>
    must(
      await world.govern.create(
        { type: "block_ip", target: target(), justification: "it attacks us", ttlSeconds: 3600, ...more },
        solo,
      ),
    );
  const turn = async (on: boolean, delayMinutes?: number) =>
    await world.govern.setSinglePerson({
      on,
      reason: "I run this alone",
      by: solo,
      ...(delayMinutes === undefined ? {} : { delayMinutes }),
    });
  const reload = async ({ id }: Action): Promise<Action> => must(await world.govern.get(id));
  const stay = (...people: readonly Actor[]): void =>
    void (world.situation.people = people.map(({ id, roles }) => ({ id, roles })));
  const sweep = async (): Promise<void> => void (await world.govern.expireOverdue());

  beforeAll(async () => {
    world = await openResponseWorld(engine);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => {
    stay(solo);
    await world.setMode("normal");
    must(await turn(true));
  });

  test("one's own approval counts after half an hour, and not a moment before", async () => {
    const asked = await ask();
    const approved = must(await approve(world, asked, solo));
    const from = world.clock.now().getTime() + 30 * MINUTE;
    expect(approved).toMatchObject({
      state: "pending",
      approvalsMissing: 1,
      singlePerson: true,
      approvals: [{ counts: false, countsFrom: new Date(from).toISOString() }],
    });
    world.clock.advance(30 * MINUTE - 1);
    await sweep();
    expect((await reload(asked)).state).toBe("pending");
    world.clock.advance(1);
    await sweep();
    expect(await reload(asked)).toMatchObject({ state: "approved", approvals: [{ counts: true }] });
    await world.respond.execute();
    expect((await reload(asked)).state).toBe("executed");
  });

  test("policy is told that the only approval is the requester's own, and may forbid it", async () => {
    const asked = await ask();
    must(await approve(world, asked, solo));
    world.clock.advance(30 * MINUTE);
    await sweep();
    await world.respond.execute();
    const decisions = await world.test.db.read
      .selectFrom("policy_decision")
      .select(["step", "input"])
      .where("action_id", "=", asked.id)
      .where("step", "in", ["approve", "execute"])
      .orderBy("number")
      .execute();
    expect(decisions.map(({ step, input }) => [step, input.context.selfApproved])).toEqual([
      ["approve", false],
      ["approve", true],
      ["execute", true],
    ]);
  });

  test("a gate that asks for two people stays shut, however long one waits", async () => {
    const wide = { type: "block_ip" as const, target: "8.61.0.0/23", justification: "it attacks us" };
    expect(codeOf(await world.govern.create(wide, solo))).toBe("NOBODY_CAN_APPROVE");
    stay(solo, ben, dora);
    const asked = await ask({ target: "8.61.0.0/23" });
    stay(solo);
    must(await approve(world, asked, solo));
    world.clock.advance(31 * MINUTE);
    await sweep();
    expect(await reload(asked)).toMatchObject({ state: "pending", approvalsMissing: 1 });
    // And somebody else's beside one's own is one, not two.
    stay(solo, dora);
    expect(must(await approve(world, await reload(asked), dora))).toMatchObject({
      state: "pending",
      approvalsMissing: 1,
    });
  });

  test("waits for a second person as soon as one is there who could sign, however short that is", async () => {
    const asked = await ask();
    must(await approve(world, asked, solo));
    stay(solo, dora);
    world.clock.advance(31 * MINUTE);
    await sweep();
    expect(await reload(asked)).toMatchObject({ state: "pending" });
    const other = await ask();
    must(await approve(world, other, solo));
    expect(must(await approve(world, await reload(other), dora))).toMatchObject({ state: "approved" });
    stay(solo);
    await sweep();
    expect(await reload(asked)).toMatchObject({ state: "approved" });
  });

  test("while it waits it can be cancelled, and the approval taken back", async () => {
    const cancelled = await ask();
    must(await approve(world, cancelled, solo));
    const taken = await ask();
    must(await approve(world, taken, solo));
    must(await world.govern.cancel({ id: cancelled.id, by: solo, reason: "a mistake" }));
    must(await withdraw(world, { id: taken.id, by: solo }));
    world.clock.advance(31 * MINUTE);
    await sweep();
    expect((await reload(cancelled)).state).toBe("cancelled");
    expect((await reload(taken)).state).toBe("pending");
  });

  test("everybody who decides is told when it begins to wait", async () => {
    const asked = await ask();
    must(await approve(world, asked, solo));
    const told = await world.test.db.read
      .selectFrom("message")
      .select("payload")
      .where("topic", "=", "approval.own_approval")
      .orderBy("position", "desc")
      .limit(1)
      .execute();
    expect(told).toMatchObject([{ payload: { action_id: asked.id, by: solo.actor.name } }]);
  });

  test("without the mode one's own approval is refused, and what was waiting for it never runs on it", async () => {
    const waiting = await ask();
    must(await approve(world, waiting, solo));
    const other = await ask();
    must(await turn(false));
    expect(codeOf(await approve(world, other, solo))).toBe("APPROVAL_BY_REQUESTER");
    const alone = { type: "block_ip" as const, target: target(), justification: "it attacks us" };
    expect(codeOf(await world.govern.create(alone, solo))).toBe("NOBODY_CAN_APPROVE");
    world.clock.advance(31 * MINUTE);
    await sweep();
    expect((await reload(waiting)).state).toBe("pending");
  });

  test("turned off between the approval and its turn, it goes back to the people", async () => {
    const asked = await ask();
    must(await approve(world, asked, solo));
    world.clock.advance(30 * MINUTE);
    await sweep();
    must(await turn(false));
    await world.respond.execute();
    expect(await reload(asked)).toMatchObject({ state: "pending", blockId: null });
  });

  test("an edit voids it: the delay begins again", async () => {
    const asked = await ask();
    must(await approve(world, asked, solo));
    world.clock.advance(20 * MINUTE);
    const edited = must(
      await world.govern.edit({
        id: asked.id,
        by: solo,
        edit: { requestDigest: asked.requestDigest, ttlSeconds: 600 },
      }),
    );
    must(await approve(world, edited, solo));
    world.clock.advance(15 * MINUTE);
    await sweep();
    expect((await reload(asked)).state).toBe("pending");
  });

  test("somebody else may neither turn it on where two approve nor use it; each try is in the log", async () => {
    stay(solo, dora);
    expect(codeOf(await turn(true))).toBe("SINGLE_PERSON_REFUSED");
    const [last] = (await world.test.records()).filter(({ type }) => type === "single_person.changed").slice(-1);
    expect(last).toMatchObject({ outcome: "refused", actor: { id: solo.id } });
  });

  test("it ends by itself a day after a second person who may approve appeared, and not when they left before", async () => {
    stay(solo, dora);
    await sweep();
    const endsAt = new Date(world.clock.now().getTime() + 24 * 60 * MINUTE).toISOString();
    expect(await world.govern.singlePerson()).toMatchObject({ on: true, endsAt });
    world.clock.advance(23 * 60 * MINUTE);
    stay(solo);
    await sweep();
    expect(await world.govern.singlePerson()).toMatchObject({ on: true, endsAt: null });
    stay(solo, dora);
    await sweep();
    world.clock.advance(24 * 60 * MINUTE - 1);
    await sweep();
    expect(await world.govern.singlePerson()).toMatchObject({ on: true });
    world.clock.advance(1);
    // At once, before anybody wrote it down.
    expect(await world.govern.singlePerson()).toMatchObject({ on: false });
    await sweep();
    expect(await world.govern.singlePerson()).toMatchObject({ on: false, change: { by: { kind: "system" } } });
    const changes = (await world.test.records()).filter(({ type }) => type.startsWith("single_person.")).slice(-4);
    expect(changes.map(({ type, after }) => [type, after])).toEqual([
      ["single_person.second_approver", "not alone"],
      ["single_person.second_approver", "alone"],
      ["single_person.second_approver", "not alone"],
      ["single_person.changed", "off"],
    ]);
  });

  test.each([
    [10, "ok"],
    [120, "ok"],
  ])("a delay of %d minutes is %s and shown", async (minutes, code) => {
    expect(codeOf(await turn(true, minutes))).toBe(code);
    expect(await world.govern.singlePerson()).toMatchObject({ on: true, delayMinutes: minutes });
  });

  test.each([1, 9, 121])("the table itself holds no delay of %d minutes", async (minutes) => {
    await expect(turn(true, minutes)).rejects.toThrow(/single_person/);
  });

  test("somebody who lost the role to approve has no approval of their own either", async () => {
    const asked = await ask();
    must(await approve(world, asked, solo));
    stay({ ...solo, roles: ["admin"] satisfies Role[] });
    world.clock.advance(31 * MINUTE);
    await sweep();
    expect((await reload(asked)).state).toBe("pending");
    world.situation.people = everybody.map(({ id, roles }) => ({ id, roles }));
    must(await world.govern.cancel({ id: asked.id, by: solo, reason: "tidy" }));
    expect(must(await world.govern.get((await request(world, target())).id)).state).toBe("pending");
  });
});
