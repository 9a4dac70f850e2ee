import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Action, Result } from "@tyr/contract";
import { TEST_ENGINES } from "#platform/testing";
import {
  adam,
  ana,
  approve,
  ben,
  breaker,
  cleo,
  codeOf,
  dora,
  everybody,
  must,
  openResponseWorld,
  request,
  signAs,
  withdraw,
  type Actor,
  type ResponseWorld,
} from "../../respond/testing/response-world.ts";

describe.each(TEST_ENGINES)("breaking the glass on %s", (engine) => {
  let world: ResponseWorld;
  let n = 0;
  const target = (): string => `8.7.${Math.floor((n += 1) / 200)}.${(n % 200) + 1}`;
  const ask = async (more: object = {}) => await request(world, target(), { ttlSeconds: 3600, ...more });
  const broke = async (action: Action, by: Actor = breaker(ana)): Promise<Result<Action>> => {
    const { id, requestDigest } = action;
    const said = { id, requestDigest, dryRunDigest: action.dryRun?.digest ?? "none", reason: "everything burns" };
    const signature = await signAs(world, by, { ...said, statement: "break_glass" });
    return signature.ok ? await world.govern.breakGlass({ ...said, by, signature: signature.value }) : signature;
  };
  const review = async (action: Action, by: Actor) =>
    await world.govern.reviewBreakGlass({
      id: action.breakGlass?.id ?? "bgl_none",
      by,
      verdict: "justified",
      text: "it did burn",
    });
  const reload = async ({ id }: Action): Promise<Action> => must(await world.govern.get(id));

  beforeAll(async () => {
    world = await openResponseWorld(engine);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => {
    await world.setMode("normal");
    world.situation.people = everybody.map(({ id, roles }) => ({ id, roles }));
    world.situation.breakers = [ana.id, ben.id];
    const { rows } = await world.govern.listBreakGlass({ owed: true, limit: 100 });
    for (const { id } of rows)
      must(await world.govern.reviewBreakGlass({ id, by: cleo, verdict: "justified", text: "tidied up by a test" }));
  });

  test("one person alone lets a block run for an hour, and it ends by itself", async () => {
    const asked = await ask();
    expect(must(await broke(asked))).toMatchObject({
      state: "approved",
      approvals: [],
      breakGlass: { by: { id: ana.id }, reason: "everything burns", review: null },
    });
    await world.respond.execute();
    const executed = await reload(asked);
    expect(executed).toMatchObject({ state: "executed", decision: { outcome: "allow" } });
    expect(Date.parse(executed.effectEndsAt ?? "") - Date.parse(executed.executedAt ?? "")).toBe(3_600_000);
    world.clock.advance(3_600_000);
    await world.respond.expire();
    expect((await reload(asked)).state).toBe("reverted");
  });

  test("what it was let through by is stored as a decision and told in an entry and a message of their own", async () => {
    const asked = must(await broke(await ask()));
    await world.respond.execute();
    const stored = await world.test.db.read
      .selectFrom("policy_decision")
      .select(["step", "outcome", "policy_ids"])
      .where("action_id", "=", asked.id)
      .where("step", "in", ["break_glass", "execute"])
      .orderBy("number")
      .execute();
    expect(stored).toEqual([
      { step: "break_glass", outcome: "allow", policy_ids: ["block-ip-break-glass"] },
      { step: "execute", outcome: "allow", policy_ids: ["block-ip-break-glass"] },
    ]);
    const records = (await world.test.records()).filter(({ object }) => object.id === asked.id);
    expect(records.filter(({ type }) => type === "action.break_glass")).toMatchObject([
      {
        actor: { id: ana.id },
        before: "pending",
        after: "approved",
        outcome: "success",
        details: { note: "everything burns", break_glass: asked.breakGlass?.id, ttl_seconds: 3600 },
      },
    ]);
    const messages = await world.test.db.read
      .selectFrom("message")
      .select(["topic", "payload"])
      .where("topic", "=", "approval.break_glass")
      .orderBy("position", "desc")
      .limit(1)
      .execute();
    expect(messages).toMatchObject([
      { payload: { kind: "break_glass", action_id: asked.id, by: "Ana", text: "everything burns" } },
    ]);
  });

  test("a draft that was never submitted can be let through as well", async () => {
    const draft = must(
      await world.govern.create(
        { type: "block_ip", target: target(), justification: "x", ttlSeconds: 600, submit: false },
        ana,
      ),
    );
    expect(draft.state).toBe("dry_run_ok");
    must(await broke(draft));
    await world.respond.execute();
    expect((await reload(draft)).state).toBe("executed");
  });

  test("whoever holds no such permission is refused, a service with one too, and each refusal is in the log", async () => {
    const asked = await ask();
    expect(codeOf(await broke(asked, cleo))).toBe("NOT_PERMITTED");
    expect(codeOf(await broke(asked, adam))).toBe("NOT_PERMITTED");
    const service = { ...breaker(ana), actor: { kind: "automation" as const, id: "svc_1", name: "script" } };
    expect(codeOf(await broke(asked, service))).toBe("NOT_PERMITTED");
    const refused = (await world.test.records()).filter(
      ({ type, object }) => type === "action.refused" && object.id === asked.id,
    );
    expect(refused.map(({ details }) => details["move"])).toEqual(["breakGlass", "breakGlass", "breakGlass"]);
  });

  test.each([
    ["lasts longer than an hour", async () => await ask({ ttlSeconds: 3601 }), "VALIDATION_FAILED"],
    [
      "is wider than people alone may cut off",
      async () => await request(world, "8.99.0.0/20", { ttlSeconds: 600 }),
      "ACTION_DENIED",
    ],
  ])("nothing that %s", async (_what, make, code) => {
    const asked = await make();
    expect(codeOf(await broke(asked))).toBe(code);
    expect((await reload(asked)).breakGlass).toBeNull();
    must(await world.govern.cancel({ id: asked.id, by: ana, reason: "tidy" }));
  });

  test("what nobody may ever block is not let through either: not at once, and not when it became so meanwhile", async () => {
    const asked = await ask();
    must(await broke(asked));
    must(await world.respond.allow({ value: asked.target, reason: "ours", expiresAt: null, by: cleo }));
    await world.respond.execute();
    expect(await reload(asked)).toMatchObject({ state: "failed", blockId: null });
  });

  test("it is for exactly what was shown: a stale digest is refused, an edit afterwards asks for approvals again", async () => {
    const asked = await ask();
    const edited = must(
      await world.govern.edit({
        id: asked.id,
        by: ana,
        edit: { requestDigest: asked.requestDigest, ttlSeconds: 1800 },
      }),
    );
    expect(codeOf(await broke(asked))).toBe("APPROVAL_STALE");
    expect(edited.state).toBe("pending");
  });

  test("a dry run older than 15 minutes says too little to let it through", async () => {
    const asked = await ask();
    world.clock.advance(15 * 60_000 + 1);
    expect(codeOf(await broke(asked))).toBe("DRY_RUN_STALE");
    const again = must(await world.govern.dryRun({ id: asked.id, by: ana }));
    must(await broke(again));
  });

  test("without a review the same person breaks no second glass; somebody else still may", async () => {
    const first = must(await broke(await ask()));
    const second = await ask();
    expect(codeOf(await broke(second))).toBe("BREAK_GLASS_REVIEW_OWED");
    must(await review(first, dora));
    must(await broke(second));
    must(await broke(await ask(), breaker(ben)));
  });

  test("of twenty sent at once by one person, one breaks the glass", async () => {
    const all: Action[] = [];
    for (let i = 0; i < 20; i += 1) all.push(await ask());
    const answers = await Promise.all(
      all.map(async (action) => await broke(action).then(codeOf, () => "broken by the unique key")),
    );
    expect(answers.filter((one) => one === "ok")).toHaveLength(1);
    const { rows } = await world.govern.listBreakGlass({ owed: true, limit: 100 });
    expect(rows.filter(({ by }) => by.id === ana.id)).toHaveLength(1);
  });

  test("the review is somebody else's who may approve: not whoever used it, nor asked, nor changed it, nor may only read", async () => {
    const asked = await ask();
    const edited = must(
      await world.govern.edit({
        id: asked.id,
        by: dora,
        edit: { requestDigest: asked.requestDigest, justification: "it attacks us still" },
      }),
    );
    const used = must(await broke(edited, breaker(ben)));
    expect(codeOf(await review(used, ben))).toBe("APPROVAL_BY_REQUESTER");
    expect(codeOf(await review(used, dora))).toBe("APPROVAL_BY_REQUESTER");
    expect(codeOf(await review(used, ana))).toBe("NOT_PERMITTED");
    expect(codeOf(await review(used, adam))).toBe("NOT_PERMITTED");
    expect(must(await review(used, cleo))).toMatchObject({
      review: { by: { id: cleo.id }, verdict: "justified", text: "it did burn" },
    });
    expect(codeOf(await review(used, cleo))).toBe("ACTION_TRANSITION_REFUSED");
    const [entry] = (await world.test.records()).filter(
      ({ type, object }) => type === "break_glass.reviewed" && object.id === used.breakGlass?.id,
    );
    expect(entry).toMatchObject({ actor: { id: cleo.id }, before: "owed", after: "justified" });
  });

  test("two reviews at once: one is the review", async () => {
    const used = must(await broke(await ask()));
    const codes = await Promise.all([cleo, dora].map(async (by) => codeOf(await review(used, by))));
    expect(codes.toSorted()).toEqual(["ACTION_TRANSITION_REFUSED", "ok"]);
  });

  test("whoever may not sign in any more, or lost the permission, broke no glass: it waits for approvals", async () => {
    const asked = must(await broke(await ask(), breaker(ben)));
    world.situation.breakers = [];
    await world.respond.execute();
    const back = await reload(asked);
    expect(back).toMatchObject({ state: "pending", approvalsMissing: 1 });
    must(await approve(world, back, dora));
    await world.respond.execute();
    expect((await reload(asked)).state).toBe("executed");
  });

  test("a target that changed since it was shown is looked at by others first", async () => {
    const asked = await ask();
    const address = asked.target;
    must(await broke(asked));
    await blockNowBefore(world, address);
    expect(await reload(asked)).toMatchObject({ state: "pending" });
  });

  test("what is not begun within 15 minutes is over, and the review is owed all the same", async () => {
    const asked = must(await broke(await ask()));
    world.clock.advance(15 * 60_000);
    await world.respond.execute();
    expect((await reload(asked)).state).toBe("expired");
    expect(codeOf(await broke(await ask()))).toBe("BREAK_GLASS_REVIEW_OWED");
  });

  test("an approval that is taken back does not stop it: it stands on the word of whoever broke the glass", async () => {
    const asked = await request(world, "8.66.0.0/24", { ttlSeconds: 600 });
    await world.setMode("lockdown");
    must(await approve(world, asked, dora));
    const used = must(await broke(await reload(asked)));
    expect(used.state).toBe("approved");
    expect(must(await withdraw(world, { id: asked.id, by: dora })).state).toBe("approved");
    await world.respond.execute();
    expect((await reload(asked)).state).toBe("executed");
  });
});

/** Somebody else's block of the same address came into force first. */
async function blockNowBefore(world: ResponseWorld, address: string): Promise<void> {
  const other = await request(world, address, { ttlSeconds: 7200 });
  await approve(world, other, ben);
  // Newest first: the other one is carried out, then the first finds another target than its dry run saw.
  await world.test.db.bookkeep(
    "counters",
    async (tx) =>
      void (await tx
        .updateTable("action")
        .set({ updated_at: new Date(0) })
        .where("id", "=", other.id)
        .execute()),
  );
  await world.respond.execute();
}
