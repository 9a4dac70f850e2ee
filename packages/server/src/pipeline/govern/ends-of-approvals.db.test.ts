import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Action, ActionId } from "@tyr/contract";
import {
  adam,
  ana,
  approve,
  ben,
  cleo,
  codeOf,
  dora,
  everybody,
  must,
  openResponseWorld,
  reject,
  request,
  signAs,
  withdraw,
  type Actor,
  type ResponseWorld,
} from "../respond/testing/response-world.ts";

const HOUR = 3_600_000;

describe("what an approval is worth ends, and is not worth anything by another way", () => {
  let world: ResponseWorld;
  let round = 0;
  beforeAll(async () => void (world = await openResponseWorld("pglite")));
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(() => void (world.situation.people = everybody.map(({ id, roles }) => ({ id, roles }))));

  const next = (length = 32): string => `8.60.${(round += 2)}.0/${length}`;
  const reload = async ({ id }: Pick<Action, "id">): Promise<Action> => must(await world.govern.get(id));
  const recordsOf = async (id: ActionId) =>
    (await world.test.records()).filter(({ object, outcome }) => object.id === id && outcome !== "refused");
  const tryAgain = async (action: Action, by: Actor = ana): Promise<Action> =>
    must(await world.govern.dryRun({ id: action.id, by }));
  const revokeKeysOf = async (by: Actor): Promise<void> => {
    for (const { id, state } of await world.govern.approvalKeys.list(by))
      if (state === "active") must(await world.govern.approvalKeys.revoke(id, by));
  };
  /** Looked at while somebody's never-block entry stands in the way, and once more when it is gone. */
  const failThenSubmit = async (waiting: Action, meanwhile: () => Promise<void>): Promise<Action> => {
    const value = waiting.target.replace("/23", "/32");
    const entry = must(await world.respond.allow({ value, reason: "a partner", expiresAt: null, by: cleo }));
    expect((await tryAgain(waiting)).state).toBe("dry_run_failed");
    await meanwhile();
    must(await world.respond.disallow({ id: entry.id, by: cleo }));
    expect((await tryAgain(waiting)).state).toBe("dry_run_ok");
    return must(await world.govern.submit({ id: waiting.id, by: ana }));
  };

  test("a key that was revoked while the dry run failed approved nothing that waits again", async () => {
    const asked = await request(world, next(23));
    must(await approve(world, asked, ben));
    const again = await failThenSubmit(asked, async () => await revokeKeysOf(ben));
    expect(again).toMatchObject({ state: "pending", approvalsMissing: 2, approvals: [] });
    expect(must(await approve(world, again, dora)).state).toBe("pending");
    expect(must(await approve(world, again, ben)).state).toBe("approved");
  });

  test("an approval of last week does not count under the deadline of this one, and the log says that it was taken back", async () => {
    const asked = await request(world, next(23));
    must(await approve(world, asked, ben));
    const again = await failThenSubmit(asked, async () => world.clock.advance(9 * 24 * HOUR));
    expect(again.approvalsMissing).toBe(2);
    expect(must(await approve(world, again, dora)).state).toBe("pending");
    const records = await recordsOf(asked.id);
    expect(records.filter(({ type }) => type === "action.approval_withdrawn")).toMatchObject([
      { actor: { id: ana.id }, before: "pending", after: "pending", details: { approved_by: ben.id } },
    ]);
  });

  test("a key that ends takes back what it approved of an earlier revision, and leaves the draft where it is", async () => {
    const target = next(23);
    const ip = target.replace("/23", "");
    const asked = await request(world, target, { incidentId: world.incident({ n: 77, ip, risk: 60 }) });
    must(await approve(world, asked, ben));
    // Its evidence is weaker by now: it may be tried, and waits for nobody.
    world.incident({ n: 77, ip, risk: 20 });
    const edit = { requestDigest: asked.requestDigest, ttlSeconds: 7_200 };
    const edited = must(await world.govern.edit({ id: asked.id, by: ana, edit }));
    expect(edited.state).toBe("dry_run_ok");
    await revokeKeysOf(ben);
    expect(await reload(asked)).toMatchObject({ state: edited.state, approvals: [] });
    expect((await recordsOf(asked.id)).at(-1)).toMatchObject({
      type: "action.approval_withdrawn",
      before: edited.state,
      after: edited.state,
      details: { approved_by: ben.id },
    });
  });

  test("whoever submits what another only tried has asked for it, and does not decide about it", async () => {
    const both = { ...dora, roles: [...dora.roles, ...ana.roles] } satisfies Actor;
    world.situation.people = everybody.map(({ id, roles }) => ({ id, roles: id === dora.id ? both.roles : roles }));
    const body = { type: "block_ip" as const, target: next(), justification: "x", submit: false };
    const draft = must(await world.govern.create(body, ana));
    const submitted = must(await world.govern.submit({ id: draft.id, by: both }));
    expect(codeOf(await approve(world, submitted, both))).toBe("APPROVAL_BY_REQUESTER");
    expect(must(await approve(world, submitted, ben)).state).toBe("approved");
  });

  test("whoever submits is not counted among those who could approve it", async () => {
    const both = { ...dora, roles: [...dora.roles, ...ana.roles] } satisfies Actor;
    world.situation.people = [ana, both, adam].map(({ id, roles }) => ({ id, roles }));
    const body = { type: "block_ip" as const, target: next(), justification: "x", submit: false };
    const draft = must(await world.govern.create(body, ana));
    expect(codeOf(await world.govern.submit({ id: draft.id, by: both }))).toBe("NOBODY_CAN_APPROVE");
    expect(must(await world.govern.submit({ id: draft.id, by: ana })).state).toBe("pending");
  });

  test("people behind a program that submits another's draft do not decide about it", async () => {
    const body = { type: "block_ip" as const, target: next(), justification: "x", submit: false };
    const draft = must(await world.govern.create(body, ana));
    const program = { id: "svc_1", kind: "automation" as const, name: "script" };
    const by = { actor: program, roles: [...ana.roles], behind: [ben.id], requestId: null };
    const submitted = must(await world.govern.submit({ id: draft.id, by }));
    expect(codeOf(await approve(world, submitted, ben))).toBe("APPROVAL_BY_REQUESTER");
    expect(must(await approve(world, submitted, dora)).state).toBe("approved");
  });

  test("after its deadline nobody edits, rejects, takes back or tries it: the first who asks finds it closed", async () => {
    const late: readonly ((action: Action) => Promise<string>)[] = [
      async ({ id, requestDigest }) =>
        codeOf(await world.govern.edit({ id, by: ana, edit: { requestDigest, ttlSeconds: 7_200 } })),
      async ({ id }) => codeOf(await reject(world, { id, by: cleo, reason: "too late" })),
      async ({ id }) => codeOf(await withdraw(world, { id, by: ben })),
      async ({ id }) => codeOf(await world.govern.dryRun({ id, by: ana })),
      async ({ id, requestDigest }) => codeOf(await signAs(world, cleo, { id, statement: "reject", requestDigest })),
    ];
    for (const ask of late) {
      const asked = await request(world, next(23));
      must(await approve(world, asked, ben));
      world.clock.advance(4 * HOUR);
      expect(await ask(asked)).toBe("ACTION_TRANSITION_REFUSED");
      expect((await reload(asked)).state).toBe("expired");
      expect((await recordsOf(asked.id)).at(-1)?.type).toBe("action.expired");
    }
  });

  test("after its deadline it can still be cancelled, which says who gave it up", async () => {
    const asked = await request(world, next());
    world.clock.advance(4 * HOUR);
    expect(must(await world.govern.cancel({ id: asked.id, by: ana, reason: "no longer needed" })).state).toBe(
      "cancelled",
    );
  });
});

describe("what waits for people and policy asks nobody about any more", () => {
  let world: ResponseWorld;
  let round = 0;
  beforeAll(async () => void (world = await openResponseWorld("pglite", { environment: "development" })));
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => await world.setMode("elevated"));
  const next = (): string => `8.61.0.${(round += 1)}`;

  test("is approved by the next dry run, and runs", async () => {
    const asked = await request(world, next());
    expect(asked.state).toBe("pending");
    await world.setMode("normal");
    const tried = must(await world.govern.dryRun({ id: asked.id, by: ana }));
    expect(tried).toMatchObject({ state: "approved", decision: { outcome: "allow" } });
    await world.respond.execute();
    expect(must(await world.govern.get(asked.id)).state).toBe("executed");
    expect(
      (await world.test.records()).findLast(({ object, type }) => object.id === asked.id && type === "action.dry_run"),
    ).toMatchObject({
      before: "pending",
      after: "approved",
      details: { decision: "allow" },
    });
  });

  test("is not sent back to people when its target changed meanwhile", async () => {
    const target = next();
    const asked = await request(world, target);
    must(await approve(world, asked, ben));
    await world.setMode("normal");
    world.situation.successfulLogins = 0;
    const other = await request(world, target, { ttlSeconds: 60 });
    expect(other.state).toBe("approved");
    await world.respond.execute();
    await world.respond.execute();
    expect(must(await world.govern.get(asked.id)).state).toBe("executed");
    const steps = await world.test.db.read
      .selectFrom("policy_decision")
      .select(["step", "outcome"])
      .where("action_id", "=", asked.id)
      .orderBy("number", "desc")
      .limit(2)
      .execute();
    expect(steps[0]).toMatchObject({ step: "execute", outcome: "allow" });
  });
});
