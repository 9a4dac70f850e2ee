import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Action } from "@tyr/contract";
import {
  adam,
  ana,
  approve,
  ben,
  cleo,
  codeOf,
  dora,
  must,
  openResponseWorld,
  request,
  type Actor,
  type ResponseWorld,
  reject,
} from "../respond/testing/response-world.ts";

describe("changing an action before it is approved", () => {
  let world: ResponseWorld;
  beforeAll(async () => void (world = await openResponseWorld("pglite")));
  afterAll(async () => await world[Symbol.asyncDispose]());

  const edit = async (shown: Action, by: Actor, changes: object) =>
    await world.govern.edit({ id: shown.id, by, edit: { requestDigest: shown.requestDigest, ...changes } });
  const recordsOf = async (id: string) =>
    (await world.test.records()).filter((record) => record.object.id === id).map(({ type }) => type);

  test("is a new revision: dry run and decision are made again, and no earlier approval counts", async () => {
    const asked = await request(world, "8.7.2.0/23");
    must(await approve(world, asked, ben));
    const edited = must(await edit(asked, ana, { ttlSeconds: 7_200 }));
    expect(edited).toMatchObject({
      revision: 2,
      state: "pending",
      ttlSeconds: 7_200,
      approvalsMissing: 2,
      dryRun: { after: ["8.7.2.0/23 is blocked for 2 hours"] },
    });
    expect(edited.requestDigest).not.toBe(asked.requestDigest);
    expect(codeOf(await approve(world, asked, cleo))).toBe("APPROVAL_STALE");
    expect(await recordsOf(asked.id)).toEqual([
      "action.created",
      "action.dry_run",
      "action.submitted",
      "action.approval_recorded",
      "action.edited",
      "action.dry_run",
      "action.submitted",
      "action.refused",
    ]);
    expect(must(await approve(world, edited, ben)).approvalsMissing).toBe(1);
    expect(must(await approve(world, edited, dora)).state).toBe("approved");
    await world.respond.execute();
    expect(must(await world.govern.get(asked.id))).toMatchObject({ state: "executed", target: "8.7.2.0/23" });
  });

  test("whoever decides may narrow it, and then decides about it no more", async () => {
    const asked = await request(world, "8.7.4.0/24");
    const edited = must(await edit(asked, ben, { target: "8.7.4.9", justification: "one address is enough" }));
    expect(edited).toMatchObject({ target: "8.7.4.9", requester: { name: "Ana" }, state: "pending" });
    expect(codeOf(await approve(world, edited, ben))).toBe("APPROVAL_BY_REQUESTER");
    expect(codeOf(await approve(world, edited, ana))).toBe("NOT_PERMITTED");
    expect(must(await world.govern.get(asked.id, ben)).legalMoves).not.toContain("approve");
    expect(must(await approve(world, edited, cleo)).state).toBe("approved");
    expect(codeOf(await edit(edited, ana, { ttlSeconds: 60 }))).toBe("ACTION_TRANSITION_REFUSED");
  });

  test("what policy denies is refused, and the action stays as it was", async () => {
    const asked = await request(world, "8.7.5.1");
    expect(codeOf(await edit(asked, ana, { target: "9.9.1.1" }))).toBe("ACTION_DENIED");
    expect(codeOf(await edit(asked, ana, { target: "nowhere" }))).toBe("TARGET_INVALID");
    expect(codeOf(await edit(asked, ana, { ttlSeconds: null }))).toBe("VALIDATION_FAILED");
    expect(must(await world.govern.get(asked.id))).toMatchObject({ revision: 1, target: "8.7.5.1", state: "pending" });
  });

  test("two who change the same at once: one does, the other is told", async () => {
    const asked = await request(world, "8.7.6.1");
    const answers = await Promise.all([edit(asked, ana, { ttlSeconds: 600 }), edit(asked, ben, { ttlSeconds: 900 })]);
    expect(answers.map(codeOf).toSorted()).toEqual(["APPROVAL_STALE", "ok"]);
    expect(must(await world.govern.get(asked.id)).revision).toBe(2);
  });

  test("an administrator who neither asked nor decides changes nothing", async () => {
    const asked = await request(world, "8.7.7.1");
    expect(codeOf(await edit(asked, adam, { ttlSeconds: 600 }))).toBe("NOT_PERMITTED");
  });

  test("a key that may only read changes nothing, its owner's request neither", async () => {
    const asked = await request(world, "8.7.8.1");
    const reading: Actor = { ...ana, permissions: new Set(["action:read"]) };
    expect(codeOf(await edit(asked, reading, { ttlSeconds: 600 }))).toBe("NOT_PERMITTED");
  });

  test("what is over is asked for again as another action by whoever asks now; what still runs is not", async () => {
    const asked = await request(world, "8.7.9.1", { ttlSeconds: 600 });
    expect(codeOf(await world.govern.clone({ id: asked.id, by: cleo }))).toBe("ACTION_TRANSITION_REFUSED");
    must(await reject(world, { id: asked.id, by: ben, reason: "not now" }));
    const again = must(await world.govern.clone({ id: asked.id, by: cleo }));
    expect(again).toMatchObject({ target: "8.7.9.1", ttlSeconds: 600, requester: { name: "Cleo" }, state: "pending" });
    expect(again.id).not.toBe(asked.id);
    expect(codeOf(await approve(world, again, cleo))).toBe("APPROVAL_BY_REQUESTER");
    expect(must(await world.govern.get(asked.id)).state).toBe("rejected");
  });
});
