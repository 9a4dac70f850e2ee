import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Action, ActionId } from "@tyr/contract";
import type { AuditRecord } from "#platform/database";
import { TEST_ENGINES } from "#platform/testing";
import { cursorOf } from "#platform/bus";
import type { By } from "./room.ts";
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
  request,
  type ResponseWorld,
  reject,
  withdraw,
} from "../respond/testing/response-world.ts";

describe.each(TEST_ENGINES)("actions on %s", (engine) => {
  let world: ResponseWorld;
  beforeAll(async () => void (world = await openResponseWorld(engine)));
  afterAll(async () => await world[Symbol.asyncDispose]());

  const recordsOf = async (id: string): Promise<readonly AuditRecord[]> =>
    (await world.test.records()).filter((record) => record.object.id === id);
  const reload = async ({ id }: Action): Promise<Action> => must(await world.govern.get(id));

  test("a request shows policy's answer, what would change and who must approve", async () => {
    const action = await request(world, "8.8.1.1");
    expect(action).toMatchObject({
      state: "pending",
      target: "8.8.1.1",
      connector: "blocklist",
      requester: { kind: "person", name: "Ana" },
      decision: {
        outcome: "require_approval",
        requirements: [{ policyId: "production-needs-approval", approvals: 1 }],
      },
      dryRun: {
        ok: true,
        before: ["8.8.1.1 is not blocked"],
        after: ["8.8.1.1 is blocked for 1 day"],
        warnings: ["no enforcement point is registered: nothing drops packets yet"],
        reach: { addresses: "1", events: 12 },
      },
      approvalsMissing: 1,
      deadlineAt: "2026-02-01T16:00:00.000Z",
    });
    const types = (await recordsOf(action.id)).map(({ type, before, after }) => [type, before, after]);
    expect(types).toEqual([
      ["action.created", null, "draft"],
      ["action.dry_run", "draft", "dry_run_ok"],
      ["action.submitted", "dry_run_ok", "pending"],
    ]);
  });

  test("whether there are people to approve is said as it is now, not as it was when it was asked", async () => {
    const missing =
      "production-needs-approval asks for 1 other person with the role approver or security_manager; there are 0";
    const asked = await request(world, "8.8.9.1");
    expect(asked.dryRun?.warnings).not.toContain(missing);
    world.situation.people = [ana].map(({ id, roles }) => ({ id, roles }));
    expect((await reload(asked)).dryRun?.warnings).toContain(missing);
    world.situation.people = everybody.map(({ id, roles }) => ({ id, roles }));
    const now = await reload(asked);
    expect(now.dryRun?.warnings).not.toContain(missing);
    expect([now.requestDigest, now.dryRun?.digest]).toEqual([asked.requestDigest, asked.dryRun?.digest]);
    expect(must(await approve(world, asked, ben)).state).toBe("approved");
  });

  test("the moves of an action are those of who asks", async () => {
    const asked = await request(world, "8.8.9.2/23");
    const movesFor = async (by: typeof ana) => must(await world.govern.get(asked.id, by)).legalMoves;
    expect(asked.legalMoves).toEqual(["edit", "dryRun", "cancel"]);
    expect(await movesFor(ana)).toEqual(["edit", "dryRun", "cancel"]);
    expect(await movesFor(ben)).toEqual(["edit", "dryRun", "approve", "reject"]);
    const approved = must(await approve(world, asked, ben));
    expect(approved.legalMoves).toEqual(["edit", "dryRun", "reject", "withdraw"]);
    expect(await movesFor(dora)).toEqual(["edit", "dryRun", "approve", "reject"]);
    const { rows } = await world.govern.list({ target: asked.target, limit: 1, asker: cleo });
    expect(rows[0]?.legalMoves).toEqual(expect.arrayContaining(["edit", "approve", "reject"]));
    expect(must(await withdraw(world, { id: asked.id, by: ben })).legalMoves).toEqual([
      "edit",
      "dryRun",
      "approve",
      "reject",
    ]);
  });

  test("a denied request stores nothing but that it was asked and why not", async () => {
    const asked = { type: "block_ip" as const, target: "::ffff:127.0.0.1", justification: "x" };
    const denied = await world.govern.create(asked, ana);
    expect(denied).toMatchObject({
      ok: false,
      refusal: { code: "ACTION_DENIED", facts: { reasons: [{ policyId: "never-this-host" }] } },
    });
    const last = (await world.test.records()).at(-1);
    expect(last).toMatchObject({
      type: "action.refused",
      outcome: "refused",
      actor: { name: "Ana" },
      details: { target: "127.0.0.1", code: "ACTION_DENIED", policies: ["never-this-host"] },
    });
    expect((await world.govern.list({ target: "127.0.0.1", limit: 500 })).rows).toEqual([]);
  });

  test("a target that is no canonical address is refused before anything is asked", async () => {
    const asked = { type: "block_ip" as const, target: "010.0.0.1", justification: "x" };
    expect(codeOf(await world.govern.create(asked, ana))).toBe("TARGET_INVALID");
  });

  test("what a disabled account asked for is cancelled, and what it approved counts without it", async () => {
    const disable = async (who: typeof ana) =>
      await world.test.db.audited(
        (done: Awaited<ReturnType<typeof world.govern.standing.end>>) => [
          { type: "user.changed", actor: dora.actor, object: { kind: "subject", id: who.actor.id } },
          ...(done.facts ?? []),
        ],
        async (tx) => {
          const subjectId = who.actor.id as `usr_${string}`;
          const end = { subjectId, actor: dora.actor, requestId: "r-off", now: world.clock.now() };
          return await world.govern.standing.end(tx, end);
        },
      );
    const asked = await request(world, "8.8.70.1");
    expect((await disable(ana)).count).toBeGreaterThan(0);
    expect(await reload(asked)).toMatchObject({ state: "cancelled" });
    expect((await recordsOf(asked.id)).at(-1)).toMatchObject({
      type: "action.cancelled",
      actor: { name: dora.actor.name },
      before: "pending",
      after: "cancelled",
      details: { note: "whoever asked for it may no longer sign in" },
    });

    const other = await request(world, "8.8.70.2");
    expect(must(await approve(world, other, ben)).state).toBe("approved");
    await disable(ben);
    expect(await reload(other)).toMatchObject({ approvals: [] });
    await world.respond.execute();
    expect(await reload(other)).toMatchObject({ state: "pending", approvalsMissing: 1 });
    expect((await recordsOf(other.id)).map(({ type }) => type).slice(-2)).toEqual([
      "action.approval_withdrawn",
      "action.reopened",
    ]);
  });

  test("nobody asks or approves once their account is disabled, however far the request had come", async () => {
    const waiting = await request(world, "8.8.70.3");
    const all = world.situation.people;
    world.situation.people = all.filter(({ id }) => id !== ben.actor.id && id !== ana.actor.id);
    expect(codeOf(await approve(world, waiting, ben))).toBe("NOT_AUTHENTICATED");
    const body = { type: "block_ip" as const, target: "8.8.70.4", justification: "x" };
    expect(codeOf(await world.govern.create(body, ana))).toBe("NOT_AUTHENTICATED");
    world.situation.people = all;
  });

  test("the requester's own approval never counts, whatever roles they hold", async () => {
    const body = { type: "block_ip" as const, target: "8.8.1.2", justification: "x" };
    const asked = must(await world.govern.create(body, cleo));
    expect(codeOf(await approve(world, asked, cleo))).toBe("APPROVAL_BY_REQUESTER");
    expect(codeOf(await reject(world, { id: asked.id, by: cleo, reason: "x" }))).toBe("APPROVAL_BY_REQUESTER");
    expect((await reload(asked)).state).toBe("pending");
    expect((await recordsOf(asked.id)).at(-1)).toMatchObject({ type: "action.refused", outcome: "refused" });
  });

  test("the risk of an incident speaks for its own address only, or for a range around it", async () => {
    const incidentId = world.incident({ n: 92, ip: "8.8.7.7", risk: 90 });
    const ask = async (target: string) =>
      must(await world.govern.create({ type: "block_ip", target, justification: "x", incidentId }, ana));
    expect((await ask("8.8.7.7")).evidence).toMatchObject({ incidentId, risk: 90 });
    expect((await ask("8.8.7.0/24")).evidence).toMatchObject({ incidentId, risk: 90 });
    expect((await ask("8.8.6.6")).evidence).toMatchObject({ incidentId, risk: null });
    const program: By = { actor: { kind: "automation", id: "svc_x", name: "x" }, roles: [], requestId: null };
    const other = await world.govern.create(
      { type: "block_ip", target: "8.8.6.7", justification: "x", incidentId },
      program,
    );
    expect(other.ok && other.value.state).not.toBe("pending");
  });

  test("a program that asks for what was proposed already is told which action that is, also fifty at once", async () => {
    const soar: By = { actor: { kind: "automation", id: "svc_y", name: "y" }, roles: [], requestId: null };
    const incidentId = world.incident({ n: 93, ip: "8.8.6.9", risk: 90 });
    const ask = async () =>
      await world.govern.create({ type: "block_ip", target: "8.8.6.9", justification: "x", incidentId }, soar);
    const answers = await Promise.all(Array.from({ length: 50 }, ask));
    const made = answers.filter((one) => one.ok);
    expect(made).toHaveLength(1);
    const again = answers.filter((one) => !one.ok && one.refusal.code === "ACTION_PROPOSED_ALREADY");
    expect(again).toHaveLength(49);
    expect(again[0]).toMatchObject({ refusal: { facts: { id: made.map((one) => must(one).id)[0] } } });
  });

  test("whoever owns the program that asked, or holds its secret, does not decide about what it asked for", async () => {
    const soar: By = {
      actor: { kind: "automation", id: "svc_soar", name: "soar" },
      roles: [],
      requestId: null,
      behind: [cleo.id, ben.id],
    };
    const incidentId = world.incident({ n: 91, ip: "8.8.1.9", risk: 90 });
    const body = { type: "block_ip" as const, target: "8.8.1.9", justification: "x", incidentId };
    const asked = must(await world.govern.create(body, soar));
    for (const by of [cleo, ben]) {
      expect(codeOf(await approve(world, asked, by))).toBe("APPROVAL_BY_REQUESTER");
      expect(codeOf(await reject(world, { id: asked.id, by, reason: "x" }))).toBe("APPROVAL_BY_REQUESTER");
      expect(must(await world.govern.get(asked.id, by)).legalMoves).not.toContain("approve");
    }
    expect(must(await approve(world, asked, dora)).state).toBe("approved");
  });

  test("somebody without an approving role, and automation, cannot approve", async () => {
    const asked = await request(world, "8.8.1.3");
    expect(codeOf(await approve(world, asked, adam))).toBe("NOT_PERMITTED");
    const machine = {
      actor: { kind: "automation" as const, id: "automation", name: "automation" },
      roles: [],
      requestId: null,
    };
    expect(codeOf(await approve(world, asked, machine))).toBe("NOT_PERMITTED");
  });

  test("approving something other than what would run is refused as stale", async () => {
    const asked = await request(world, "8.8.1.4");
    const stale = { ...asked, requestDigest: "0".repeat(64) };
    expect(codeOf(await approve(world, stale, ben))).toBe("APPROVAL_STALE");
    world.situation.successfulLogins = 2;
    const again = must(await world.govern.dryRun({ id: asked.id, by: ana }));
    world.situation.successfulLogins = 0;
    expect(again.dryRun?.warnings[0]).toBe("2 successful log-ins from this address in 7 days");
    expect(codeOf(await approve(world, asked, ben))).toBe("APPROVAL_STALE");
    expect(must(await approve(world, again, ben)).state).toBe("approved");
  });

  test("an approval of an earlier dry run stops counting when the target is looked at again", async () => {
    const asked = await request(world, "8.8.2.0/23");
    expect(must(await approve(world, asked, ben))).toMatchObject({ state: "pending", approvalsMissing: 1 });
    world.situation.successfulLogins = 1;
    const again = must(await world.govern.dryRun({ id: asked.id, by: ana }));
    world.situation.successfulLogins = 0;
    expect(again.approvalsMissing).toBe(2);
    expect(again.approvals).toMatchObject([{ by: { name: "Ben" }, counts: false }]);
  });

  test("two gates are both asked for, and one person is one approval", async () => {
    const asked = await request(world, "8.9.0.0/23");
    expect(asked.decision?.requirements.map(({ policyId }) => policyId)).toEqual([
      "production-needs-approval",
      "wide-needs-two",
    ]);
    expect(must(await approve(world, asked, ben))).toMatchObject({ state: "pending", approvalsMissing: 1 });
    expect(must(await approve(world, asked, ben))).toMatchObject({ state: "pending", approvalsMissing: 1 });
    const done = must(await approve(world, asked, dora));
    expect(done.state).toBe("approved");
    expect(done.approvals.map(({ by, counts }) => `${by.name} ${String(counts)}`).toSorted()).toEqual([
      "Ben true",
      "Dora true",
    ]);
  });

  test("fifty approvals at once by one person are one, by two people two", async () => {
    const asked = await request(world, "8.9.2.0/23");
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_none, n) => await approve(world, asked, n % 2 === 0 ? ben : cleo)),
    );
    expect(answers.map(codeOf).filter((code) => code !== "ok" && code !== "ACTION_TRANSITION_REFUSED")).toEqual([]);
    const now = await reload(asked);
    expect(now).toMatchObject({ state: "approved" });
    expect(now.approvals).toHaveLength(2);
    const recorded = (await recordsOf(asked.id)).filter(({ type }) => type === "action.approval_recorded");
    expect(recorded).toHaveLength(2);
  });

  test("a withdrawn approval no longer counts, and an approved action waits again", async () => {
    const asked = await request(world, "8.8.1.5");
    expect(must(await approve(world, asked, ben)).state).toBe("approved");
    const back = must(await withdraw(world, { id: asked.id, by: ben }));
    expect(back).toMatchObject({ state: "pending", approvalsMissing: 1, approvals: [] });
    expect(codeOf(await withdraw(world, { id: asked.id, by: ben }))).toBe("NOT_FOUND");
    expect(must(await approve(world, asked, ben)).state).toBe("approved");
  });

  test("rejected is final, and says which moves remain: none", async () => {
    const asked = await request(world, "8.8.1.6");
    expect(must(await reject(world, { id: asked.id, by: ben, reason: "our scanner" })).state).toBe("rejected");
    const late = await approve(world, asked, dora);
    expect(late).toMatchObject({
      ok: false,
      refusal: { code: "ACTION_TRANSITION_REFUSED", facts: { state: "rejected", legal: [] } },
    });
  });

  test("the requester or a security manager cancels, nobody else", async () => {
    const asked = await request(world, "8.8.1.7");
    expect(codeOf(await world.govern.cancel({ id: asked.id, by: ben, reason: "no" }))).toBe("NOT_PERMITTED");
    expect(must(await world.govern.cancel({ id: asked.id, by: ana, reason: "mistake" })).state).toBe("cancelled");
  });

  test("a draft runs dry, waits for its submission, and an old dry run is not enough", async () => {
    const drafted = await request(world, "8.8.1.8", { submit: false });
    expect(drafted.state).toBe("dry_run_ok");
    world.clock.advance(15 * 60_000 + 1);
    expect(codeOf(await world.govern.submit({ id: drafted.id, by: ana }))).toBe("DRY_RUN_STALE");
    must(await world.govern.dryRun({ id: drafted.id, by: ana }));
    expect(must(await world.govern.submit({ id: drafted.id, by: ana })).state).toBe("pending");
  });

  test("weak evidence may be tried and not asked for", async () => {
    const incidentId = world.incident({ n: 1, ip: "8.8.1.9", risk: 20 });
    const tried = await request(world, "8.8.1.9", { incidentId });
    expect(tried).toMatchObject({ state: "dry_run_ok", decision: { outcome: "dry_run_only" }, evidence: { risk: 20 } });
    expect(codeOf(await world.govern.submit({ id: tried.id, by: ana }))).toBe("ACTION_DENIED");
    must(await world.govern.cancel({ id: tried.id, by: ana, reason: "weak" }));
  });

  test("what nobody decides expires at its deadline; deciding late closes it", async () => {
    const first = await request(world, "8.8.1.10");
    const second = await request(world, "8.8.1.11");
    world.clock.advance(4 * 3_600_000 - 1);
    await world.govern.expireOverdue();
    expect((await reload(first)).state).toBe("pending");
    world.clock.advance(1);
    expect(codeOf(await approve(world, first, ben))).toBe("ACTION_TRANSITION_REFUSED");
    expect((await reload(first)).state).toBe("expired");
    await world.govern.expireOverdue();
    expect((await reload(second)).state).toBe("expired");
  });

  test("what too few people could ever approve is refused at once, and kept as a draft until there are enough", async () => {
    const body = { type: "block_ip" as const, target: "8.10.0.0/16", justification: "it attacks us" };
    world.situation.people = [ana, ben].map(({ id, roles }) => ({ id, roles }));
    const asked = await world.govern.create(body, ana);
    const gates = [{ policyId: "wide-needs-two", approvals: 2, able: 1, unsigned: 0 }];
    expect(asked).toMatchObject({ refusal: { code: "NOBODY_CAN_APPROVE", facts: { gates } } });
    const id = (asked.ok ? "" : asked.refusal.facts?.["id"]) as ActionId;
    expect(asked).toMatchObject({
      refusal: {
        detail: `wide-needs-two asks for 2 other people with the role approver or security_manager; there is 1. It is kept as a draft: ${id}`,
      },
    });
    expect(codeOf(await world.govern.submit({ id, by: ana }))).toBe("NOBODY_CAN_APPROVE");
    expect((await recordsOf(id)).slice(2)).toMatchObject(
      [1, 2].map(() => ({ type: "action.refused", details: { move: "submit", code: "NOBODY_CAN_APPROVE" } })),
    );
    world.situation.people = everybody.map(({ id: one, roles }) => ({ id: one, roles }));
    expect(must(await world.govern.submit({ id, by: ana })).state).toBe("pending");
  });

  test("somebody with nothing to sign with is nobody who could approve", async () => {
    const body = { type: "block_ip" as const, target: "8.10.2.1", justification: "it attacks us" };
    const people = [ana, adam].map(({ id }) => ({ id, roles: ["approver" as const] }));
    world.situation.people = people;
    world.situation.keyless = [adam.id];
    const asked = await world.govern.create(body, ana);
    expect(asked).toMatchObject({ refusal: { facts: { gates: [{ able: 0, unsigned: 1 }] } } });
    world.situation.keyless = [];
    expect(must(await world.govern.create(body, ana)).state).toBe("pending");
    world.situation.people = everybody.map(({ id, roles }) => ({ id, roles }));
  });

  test("whoever could approve alone does not change what waits, for then nobody could", async () => {
    world.situation.people = [ana, ben].map(({ id, roles }) => ({ id, roles }));
    const asked = await request(world, "8.10.2.2");
    const edit = { requestDigest: asked.requestDigest, ttlSeconds: 600 };
    expect(codeOf(await world.govern.edit({ id: asked.id, by: ben, edit }))).toBe("NOBODY_CAN_APPROVE");
    expect(await reload(asked)).toMatchObject({ state: "pending", revision: 1 });
    expect(must(await world.govern.edit({ id: asked.id, by: ana, edit })).revision).toBe(2);
    world.situation.people = everybody.map(({ id, roles }) => ({ id, roles }));
  });

  test("what a program asks for is kept though nobody could approve it: it says so, and those who decide are told", async () => {
    const incidentId = world.incident({ n: 77, ip: "8.10.2.3", risk: 90 });
    world.situation.people = [ana].map(({ id, roles }) => ({ id, roles }));
    const soar = { actor: { kind: "automation" as const, id: "svc_w", name: "w" }, roles: [], requestId: null };
    const body = { type: "block_ip" as const, target: "8.10.2.3", justification: "x", incidentId };
    const asked = must(await world.govern.create(body, soar));
    expect(asked.state).toBe("pending");
    expect(asked.dryRun?.warnings.join(" ")).toContain("there are 0");
    const submitted = (await recordsOf(asked.id)).find(({ type }) => type === "action.submitted");
    expect(submitted?.details).toMatchObject({ short: ["automation-needs-a-person", "production-needs-approval"] });
    const told = await world.test.db.read
      .selectFrom("message")
      .select("payload")
      .where("topic", "=", "approval.nobody_can_approve")
      .execute();
    expect(told).toMatchObject([{ payload: { action_id: asked.id } }]);
    expect(await world.govern.countUnapprovable()).toBeGreaterThan(0);
    world.situation.people = everybody.map(({ id, roles }) => ({ id, roles }));
  });

  test("the policy in force is shown with its text, and its activation is in the log once", async () => {
    const shown = await world.govern.policies.inForce();
    expect(shown.digest).toBe(await world.govern.policyDigest());
    expect(shown.policies.find(({ id }) => id === "never-reserved")).toMatchObject({
      effect: "forbid",
      text: expect.stringContaining("resource.reserved") as string,
    });
    const activated = (await world.test.records()).filter(({ type }) => type === "policy.activated");
    expect(activated.map(({ after }) => after)).toEqual([shown.digest]);
  });

  test("lists page newest first, without repeating or skipping, and filter", async () => {
    const all = (await world.govern.list({ limit: 500 })).rows.map(({ id }) => id);
    const paged: string[] = [];
    for (let before: ActionId | undefined; ;) {
      const page = await world.govern.list({ limit: 4, before });
      paged.push(...page.rows.map(({ id }) => id));
      if (page.next === null) break;
      before = page.next;
    }
    expect(paged).toEqual(all);
    expect(all).toEqual(all.toSorted().toReversed());
    const waiting = (await world.govern.list({ waiting: true, limit: 500 })).rows;
    expect(new Set(waiting.map(({ state }) => state))).toEqual(new Set(["pending"]));
  });

  test("the log of every action, replayed, leads to its state: each entry begins where the last ended", async () => {
    const records = await world.test.records();
    for (const { id, state } of (await world.govern.list({ limit: 500 })).rows) {
      let reached: string | null = null;
      for (const { object, before, after, outcome } of records) {
        if (object.id !== id || outcome === "refused") continue;
        expect([id, before]).toEqual([id, reached]);
        reached = after;
      }
      expect([id, reached]).toEqual([id, state]);
    }
  });
});

const PER_HOUR = 20;

describe.each(TEST_ENGINES)("automation on %s", (engine) => {
  let world: ResponseWorld;
  beforeAll(async () => {
    world = await openResponseWorld(engine, { environment: "development" });
    must(await world.govern.editSettings({ edit: { automaticActionsPerHour: PER_HOUR }, by: adam }));
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  const proposed = async (target: string): Promise<readonly Action[]> =>
    (await world.govern.list({ target, limit: 500 })).rows;

  test("proposes to block a public address of high risk, with its evidence, and waits for a person", async () => {
    const incidentId = world.incident({ n: 1, ip: "8.8.1.1", risk: 92 });
    await world.govern.propose();
    expect(await proposed("8.8.1.1")).toMatchObject([
      {
        state: "pending",
        requester: { kind: "automation" },
        ttlSeconds: 86_400,
        evidence: { incidentId, risk: 92, detectionIds: [expect.stringMatching(/^det_/)] },
        decision: { outcome: "require_approval", requirements: [{ policyId: "automation-needs-a-person" }] },
      },
    ]);
  });

  test("proposes once per target, however often its incidents change", async () => {
    world.incident({ n: 1, ip: "8.8.1.1", risk: 95 });
    world.incident({ n: 2, ip: "8.8.1.1", risk: 99 });
    await world.govern.propose();
    expect(await proposed("8.8.1.1")).toHaveLength(1);
  });

  test.each([
    ["10.1.2.3", 99, "a private address"],
    ["203.0.113.9", 99, "a documentation address"],
    ["9.9.1.1", 99, "our own network"],
    ["8.8.1.2", 69, "medium risk"],
    ["not an address", 99, "something that is no address"],
  ])("proposes nothing for %s at risk %d: %s", async (ip, risk) => {
    world.incident({ n: 3, ip, risk });
    await world.govern.propose();
    expect(await proposed(ip)).toEqual([]);
  });

  test("proposes nothing for a closed incident or one without an address", async () => {
    world.incident({ n: 4, ip: "8.8.1.3", risk: 99, state: "closed" });
    world.incident({ n: 5, ip: null, risk: 99 });
    await world.govern.propose();
    expect(await proposed("8.8.1.3")).toEqual([]);
    expect(await cursorOf(world.test.db.read, "govern")).toBe(world.situation.changes.length);
  });

  test("does not ask again for a day after a person said no", async () => {
    const [action] = await proposed("8.8.1.1");
    must(await reject(world, { id: action?.id ?? "act_", by: ben, reason: "our scanner" }));
    world.incident({ n: 1, ip: "8.8.1.1", risk: 99 });
    await world.govern.propose();
    expect(await proposed("8.8.1.1")).toHaveLength(1);
    world.clock.advance(24 * 3_600_000 + 1);
    world.incident({ n: 1, ip: "8.8.1.1", risk: 99 });
    await world.govern.propose();
    expect(await proposed("8.8.1.1")).toHaveLength(2);
  });

  test("is not kept quiet by what somebody only tried, took back, or was refused for more", async () => {
    const asked = { type: "block_ip" as const, justification: "only looking", ttlSeconds: 3_600 };
    must(await world.govern.create({ ...asked, target: "8.9.1.0/24", submit: false }, ana));
    const back = must(await world.govern.create({ ...asked, target: "8.9.1.2" }, ana));
    must(await world.govern.cancel({ id: back.id, by: ana, reason: "no" }));
    const wide = must(await world.govern.create({ ...asked, target: "8.9.0.0/22" }, ana));
    must(await reject(world, { id: wide.id, by: ben, reason: "too wide" }));
    world.incident({ n: 7, ip: "8.9.1.2", risk: 99 });
    await world.govern.propose();
    expect((await proposed("8.9.1.2")).map(({ state }) => state)).toContain("pending");
  });

  test("two workers over the same changes propose once", async () => {
    world.incident({ n: 6, ip: "8.8.1.6", risk: 80 });
    const both = await Promise.allSettled([world.govern.propose(), world.govern.propose()]);
    await world.govern.propose();
    expect(both.some(({ status }) => status === "fulfilled")).toBe(true);
    expect(await proposed("8.8.1.6")).toHaveLength(1);
  });

  test("more attackers than people can read about become a queue, and none is forgotten", async () => {
    world.clock.advance(2 * 3_600_000);
    const attackers = PER_HOUR + 5;
    for (let n = 1; n <= attackers; n++) world.incident({ n: 100 + n, ip: `8.7.0.${n}`, risk: 80 });
    while (await world.govern.propose());
    const count = async () =>
      (await world.govern.list({ limit: 500 })).rows.filter(({ target }) => target.startsWith("8.7.0.")).length;
    expect(await count()).toBe(PER_HOUR);
    world.clock.advance(3_600_001);
    while (await world.govern.propose());
    expect(await count()).toBe(attackers);
  });
});
