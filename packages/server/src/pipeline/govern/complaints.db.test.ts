import { ActionCreate, type Action, type SubjectId } from "@tyr/contract";
import { Check } from "typebox/value";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createRespond } from "../respond/index.ts";
import {
  adam,
  ana,
  approve,
  ben,
  blockNow,
  cleo,
  codeOf,
  dora,
  everybody,
  must,
  openResponseWorld,
  reject,
  request,
  withdraw,
  type Actor,
  type ResponseWorld,
} from "../respond/testing/response-world.ts";
import { createBus } from "#platform/bus";
import { silentLogger } from "#platform/log";
import { filesOf, loadBundle, readBundleSource } from "./policy/bundle.ts";

// What people complained about elsewhere, each as a test of what holds here.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const POLICIES = fileURLToPath(new URL("../../../../../policies", import.meta.url));
/** Asks and approves: as in every small team. */
const both: Actor = { ...dora, roles: ["analyst", "approver"] };

describe("what people complained about elsewhere", () => {
  let world: ResponseWorld;
  let round = 0;
  beforeAll(async () => void (world = await openResponseWorld("pglite")));
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(() => {
    world.situation.people = everybody.map(({ id, roles }) => ({ id, roles: id === dora.id ? both.roles : roles }));
    world.situation.successfulLogins = 0;
  });

  const next = (length = 32): string => `8.40.${(round += 2)}.0/${length}`;
  const reload = async ({ id }: Action): Promise<Action> => must(await world.govern.get(id));
  const blocked = async (target: string): Promise<boolean> =>
    (await world.respond.blocks.list()).values.includes(target.replace("/32", ""));
  const askAs = async (by: Actor, target: string): Promise<Action> =>
    must(await world.govern.create({ type: "block_ip", target, justification: "x" }, by));

  test("an approver approved their own request: whoever asked never counts, whatever roles they hold", async () => {
    const asked = await askAs(both, next());
    expect(codeOf(await approve(world, asked, both))).toBe("APPROVAL_BY_REQUESTER");
    await world.respond.execute();
    expect(await reload(asked)).toMatchObject({ state: "pending", approvals: [] });
  });

  test("an approver changed a request and approved the change: whoever edited never counts either", async () => {
    const asked = await request(world, next());
    const edit = { requestDigest: asked.requestDigest, ttlSeconds: 600 };
    const edited = must(await world.govern.edit({ id: asked.id, by: ben, edit }));
    expect(codeOf(await approve(world, edited, ben))).toBe("APPROVAL_BY_REQUESTER");
    expect(must(await approve(world, edited, dora)).state).toBe("approved");
  });

  test("a requester went round by a program of theirs: the people behind it never count", async () => {
    const incidentId = world.incident({ n: 401, ip: "8.41.0.1", risk: 90 });
    const soar = {
      actor: { kind: "automation" as const, id: "svc_s", name: "s" },
      roles: [],
      requestId: null,
      behind: [dora.id],
    };
    const body = { type: "block_ip" as const, target: "8.41.0.1", justification: "x", incidentId };
    const asked = must(await world.govern.create(body, soar));
    expect(codeOf(await approve(world, asked, both))).toBe("APPROVAL_BY_REQUESTER");
    expect(must(await approve(world, asked, ben)).state).toBe("approved");
  });

  test("a program changed hands between asking and changing: those behind it at either time never count", async () => {
    const incidentId = world.incident({ n: 402, ip: "8.41.0.2", risk: 90 });
    const soar = (owner: SubjectId) => ({
      actor: { kind: "automation" as const, id: "svc_t", name: "t" },
      roles: [],
      permissions: new Set(["action:request"] as const),
      requestId: null,
      behind: [owner],
    });
    const body = { type: "block_ip" as const, target: "8.41.0.2", justification: "x", incidentId };
    const asked = must(await world.govern.create(body, soar(ben.id)));
    const edit = { requestDigest: asked.requestDigest, ttlSeconds: 600 };
    const edited = must(await world.govern.edit({ id: asked.id, by: soar(dora.id), edit }));
    for (const by of [ben, both]) expect(codeOf(await approve(world, edited, by))).toBe("APPROVAL_BY_REQUESTER");
    expect(must(await approve(world, edited, cleo)).state).toBe("approved");
  });

  test("an administrator has ways round the check: here there is none, on any path", async () => {
    const action = await request(world, next());
    const admin: Actor = { ...adam, roles: ["admin", "approver"] };
    const answers = [
      await world.govern.approve({ id: action.id, by: adam, requestDigest: action.requestDigest, dryRunDigest: "x" }),
      await approve(world, action, adam),
      await world.govern.reject({ id: action.id, by: adam, reason: "x" }),
      await world.respond.revert({ id: action.id, by: admin, reason: "x" }),
    ];
    expect(answers.map(codeOf)).not.toContain("ok");
    await world.respond.execute();
    expect((await reload(action)).state).toBe("pending");
  });

  test.each([
    ["left out", ""],
    ["0", `@approvals("0")`],
    ["negative", `@approvals("-1")`],
    ["a fraction", `@approvals("1.5")`],
    ["no number", `@approvals("two")`],
    ["empty", `@approvals("")`],
  ])("a quorum that is %s failed open: here the bundle does not load", (_what, annotation) => {
    const source = readBundleSource(POLICIES);
    const gate = `@id("a-gate") @reason("x") ${annotation} @approver_roles("approver")
      forbid (principal, action in Action::"execute", resource is Target) unless { context.approvals.total >= 1 };`;
    expect(() => loadBundle({ ...source, policies: { ...source.policies, "gate.cedar": gate } })).toThrow("a-gate");
  });

  test("approvers could not see what they approve: they sign the very text, and any other is refused", async () => {
    const asked = await request(world, next());
    const wish = {
      statement: "approve" as const,
      requestDigest: asked.requestDigest,
      dryRunDigest: asked.dryRun?.digest,
    };
    const stated = must(await world.govern.statement({ id: asked.id, by: ben, wish: wish as never }));
    expect(JSON.parse(stated.text)).toMatchObject({
      statement: "approve",
      action_id: asked.id,
      target: asked.target,
      ttl_seconds: asked.ttlSeconds,
      request_digest: asked.requestDigest,
      dry_run_digest: asked.dryRun?.digest,
      signer: ben.id,
    });
    const other = { ...asked, requestDigest: "0".repeat(64) };
    expect(codeOf(await approve(world, other, ben))).toBe("APPROVAL_STALE");
  });

  test("one of several thresholds was enough: here every gate must be passed", async () => {
    const asked = await request(world, next(23));
    expect(asked.decision?.requirements.map(({ approvals }) => approvals).toSorted()).toEqual([1, 2]);
    const one = must(await approve(world, asked, ben));
    await world.respond.execute();
    expect([one.state, (await reload(asked)).state, await blocked(asked.target)]).toEqual([
      "pending",
      "pending",
      false,
    ]);
  });

  test("waiting for a decision shortened the access: its time begins when it is executed", async () => {
    const asked = await request(world, next(), { ttlSeconds: 3_600 });
    world.clock.advance(3 * HOUR);
    must(await approve(world, asked, ben));
    await world.respond.execute();
    const { executedAt, effectEndsAt } = await reload(asked);
    expect(executedAt).toBe(world.clock.now().toISOString());
    expect(effectEndsAt).toBe(new Date(world.clock.now().getTime() + HOUR).toISOString());
  });

  test("requests were pending for ever: what nobody decides expires after four hours, with an entry", async () => {
    const asked = await request(world, next());
    expect(new Date(asked.deadlineAt ?? 0).getTime() - world.clock.now().getTime()).toBe(4 * HOUR);
    world.clock.advance(4 * HOUR);
    await world.govern.expireOverdue();
    expect((await reload(asked)).state).toBe("expired");
    const entries = (await world.test.records()).filter(({ object }) => object.id === asked.id);
    expect(entries.at(-1)).toMatchObject({ type: "action.expired", before: "pending", after: "expired" });
  });

  test("an approved request was denied later and kept its effect: approval is withdrawn before, after only reverted", async () => {
    const before = await request(world, next());
    must(await approve(world, before, ben));
    must(await withdraw(world, { id: before.id, by: ben }));
    await world.respond.execute();
    expect([(await reload(before)).state, await blocked(before.target)]).toEqual(["pending", false]);
    const after = await blockNow(world, next());
    for (const answer of [
      await reject(world, { id: after.id, by: dora, reason: "no" }),
      await withdraw(world, { id: after.id, by: ben }),
      await world.govern.cancel({ id: after.id, by: ana, reason: "no" }),
    ])
      expect(codeOf(answer)).toBe("ACTION_TRANSITION_REFUSED");
    expect([(await reload(after)).state, await blocked(after.target)]).toEqual(["executed", true]);
    must(await world.respond.revert({ id: after.id, by: cleo, reason: "no" }));
    expect([(await reload(after)).state, await blocked(after.target)]).toEqual(["reverted", false]);
  });

  test("history vanished when a request was over: it is read as long as the log is", async () => {
    const asked = await request(world, next(23));
    must(await approve(world, asked, ben));
    world.clock.advance(4 * HOUR + 365 * 24 * HOUR);
    await world.govern.expireOverdue();
    expect(await reload(asked)).toMatchObject({ state: "expired", approvals: [{ by: { id: ben.id } }] });
    const entries = (await world.test.records()).filter(({ object }) => object.id === asked.id);
    expect(entries.map(({ type }) => type)).toEqual([
      "action.created",
      "action.dry_run",
      "action.submitted",
      "action.approval_recorded",
      "action.expired",
    ]);
  });

  test("nothing released early: every effect is taken back now, by a person, before its time", async () => {
    const done = await blockNow(world, next(), 86_400);
    expect(await blocked(done.target)).toBe(true);
    must(await world.respond.revert({ id: done.id, by: cleo, reason: "a customer" }));
    expect([await blocked(done.target), (await reload(done)).state]).toEqual([false, "reverted"]);
  });

  test("a gate that only its requester could pass waited in silence: it is said at submission", async () => {
    world.situation.people = [{ id: dora.id, roles: both.roles }];
    const asked = await world.govern.create({ type: "block_ip", target: next(), justification: "x" }, both);
    const said = asked.ok ? asked.value.dryRun?.warnings.join(" ") : asked.refusal.detail;
    expect(said).toMatch(/asks for 1 other person .*there (?:is|are) 0/);
  });

  test("an undo was lost with a restart and the block stayed for ever: its end is a row another process reads", async () => {
    const done = await blockNow(world, next(), 60);
    const { db } = world.test;
    const { clock, govern } = world;
    const after = createRespond({ db, clock, bus: createBus(clock), log: silentLogger, execution: govern.execution });
    clock.advance(61_000);
    await after.expire();
    expect([await blocked(done.target), (await reload(done)).state]).toEqual([false, "reverted"]);
  });

  test("only the first of several timed responses was undone: each ends at its own time", async () => {
    const target = next();
    const short = await blockNow(world, target, 60);
    const long = await blockNow(world, target, 600);
    const other = await blockNow(world, next(), 60);
    world.clock.advance(61_000);
    await world.respond.expire();
    expect(await Promise.all([short, long, other].map(async (one) => (await reload(one)).state))).toEqual([
      "reverted",
      "executed",
      "reverted",
    ]);
    expect([await blocked(target), await blocked(other.target)]).toEqual([true, false]);
    world.clock.advance(600_000);
    await world.respond.expire();
    expect(await blocked(target)).toBe(false);
  });

  test("a negative duration was taken: a duration is a whole number from a minute to a year", () => {
    const body = { type: "block_ip", target: "8.8.8.8", justification: "x" };
    for (const ttlSeconds of [-1, 0, 59, 59.5, 60.5, 31_536_001, Number.NaN, "3600", null])
      expect([ttlSeconds, Check(ActionCreate, { ...body, ttlSeconds })]).toEqual([ttlSeconds, false]);
    for (const ttlSeconds of [60, 31_536_000]) expect(Check(ActionCreate, { ...body, ttlSeconds })).toBe(true);
  });

  test("a dry run only skipped the task: here it reads the target, asks policy and says before and after", async () => {
    const target = next();
    const asked = await request(world, target);
    expect(asked.dryRun).toMatchObject({
      ok: true,
      before: [expect.stringContaining("is not blocked")],
      after: [expect.stringContaining("is blocked for 1 day")],
    });
    expect(asked.decision?.reasons.map(({ policyId }) => policyId)).toEqual(["production-needs-approval"]);
    expect(await blocked(target)).toBe(false);
    must(await approve(world, asked, ben));
    await world.respond.execute();
    world.situation.successfulLogins = 3;
    const again = await request(world, target);
    expect(again.dryRun?.before.join(" ")).toContain("is blocked until");
    expect(again.dryRun?.warnings.join(" ")).toContain("3 successful log-ins");
  });

  test("nothing asked before it ran: without the approval that policy wants nothing runs", async () => {
    const asked = await request(world, next());
    for (let turn = 0; turn < 3; turn++) await world.respond.execute();
    expect([(await reload(asked)).state, await blocked(asked.target)]).toEqual(["pending", false]);
  });

  test("a timeout was read and never applied: at its deadline, by the clock, it is too late for everybody", async () => {
    const late = await request(world, next());
    const approved = await request(world, next());
    must(await approve(world, approved, ben));
    world.clock.advance(4 * HOUR - 1);
    expect((await reload(approved)).state).toBe("approved");
    world.clock.advance(1);
    await world.respond.execute();
    expect([(await reload(approved)).state, await blocked(approved.target)]).toEqual(["expired", false]);
    expect(codeOf(await approve(world, late, ben))).toBe("ACTION_TRANSITION_REFUSED");
    expect((await reload(late)).state).toBe("expired");
  });

  test("an account that ended went on counting: what it approved and has not run needs somebody else", async () => {
    const asked = await request(world, next());
    must(await approve(world, asked, ben));
    world.situation.people = world.situation.people.filter(({ id }) => id !== ben.id);
    await world.respond.execute();
    expect([(await reload(asked)).state, await blocked(asked.target)]).toEqual(["pending", false]);
    expect(must(await approve(world, await reload(asked), dora)).state).toBe("approved");
  });

  test("an account of the same person counted again under another role: one person is one approval", async () => {
    const asked = await request(world, next(23));
    must(await approve(world, asked, ben));
    const again: Actor = { ...ben, roles: ["security_manager"], id: ben.id satisfies SubjectId };
    must(await approve(world, await reload(asked), again));
    expect(await reload(asked)).toMatchObject({ state: "pending", approvalsMissing: 1 });
  });

  test("whoever is alone had an unofficial way round the check: here a mode that everybody sees, with a delay, and for one approval only", async () => {
    const solo: Actor = { ...adam, roles: ["admin", "approver"] };
    world.situation.people = [{ id: solo.id, roles: solo.roles }];
    const body = { type: "block_ip" as const, target: next(), justification: "x" };
    expect(codeOf(await world.govern.create(body, solo))).toBe("NOBODY_CAN_APPROVE");
    must(await world.govern.setSinglePerson({ on: true, reason: "I run this alone", by: solo }));
    const asked = must(await world.govern.create(body, solo));
    expect(asked.singlePerson).toBe(true);
    expect(must(await approve(world, asked, solo)).state).toBe("pending");
    world.clock.advance(29 * MINUTE);
    await world.govern.expireOverdue();
    await world.respond.execute();
    expect(await blocked(asked.target)).toBe(false);
    world.clock.advance(2 * MINUTE);
    await world.govern.expireOverdue();
    await world.respond.execute();
    expect(await blocked(asked.target)).toBe(true);
    expect(codeOf(await world.govern.create({ ...body, target: next(23) }, solo))).toBe("NOBODY_CAN_APPROVE");
    // It ends as openly: where somebody else may approve, nobody's own approval counts.
    must(await world.govern.setSinglePerson({ on: false, reason: "we are several again", by: solo }));
    const types = (await world.test.records()).map(({ type }) => type);
    expect(types).toContain("action.own_approval_counted");
    expect(types.filter((type) => type === "single_person.changed")).toHaveLength(2);
  });

  test("every request had the same hour to be decided in: each kind has its own, within a week, and people agree to another", async () => {
    const source = readBundleSource(POLICIES);
    const blocks = source.policies["approval.cedar"] ?? "";
    const within = (text: string) =>
      blocks.replace(`@id("wide-needs-two")`, `@id("wide-needs-two") @decide_within("${text}")`);
    for (const text of ["14m", "8d", "0h", "1.5h", "", "4", "-1h", "1w"])
      expect(() => loadBundle({ ...source, policies: { ...source.policies, "approval.cedar": within(text) } })).toThrow(
        "wide-needs-two",
      );
    const longer = blocks
      .replace(`@id("wide-needs-two")\n`, `@id("wide-needs-two")\n@decide_within("2d")\n`)
      .replace(`@id("production-needs-approval")\n`, `@id("production-needs-approval")\n@decide_within("6h")\n`);
    const files = filesOf({ ...source, policies: { ...source.policies, "approval.cedar": longer } });
    world.situation.people = everybody.map(({ id, roles }) => ({ id, roles: id === dora.id ? cleo.roles : roles }));
    const change = must(await world.govern.policies.publish({ files, justification: "weekends", by: adam }));
    const usual = await request(world, next());
    // Longer is laxer: two people read it.
    expect(change.decision?.requirements.map(({ policyId }) => policyId)).toContain("laxer-policy-needs-two");
    // The shortest of all that ask: one gate says six hours, the other two days.
    const wide = async () => await request(world, next(23));
    const before = await wide();
    must(await approve(world, change, cleo));
    must(await approve(world, must(await world.govern.get(change.id)), { ...dora, roles: cleo.roles }));
    await world.respond.execute();
    const after = await wide();
    const hours = ({ deadlineAt }: Action) =>
      (new Date(deadlineAt ?? 0).getTime() - world.clock.now().getTime()) / HOUR;
    expect([usual, before, after].map(hours)).toEqual([4, 4, 6]);
    world.clock.advance(6 * HOUR - 1);
    await world.govern.expireOverdue();
    expect([(await reload(usual)).state, (await reload(before)).state, (await reload(after)).state]).toEqual([
      "expired",
      "expired",
      "pending",
    ]);
    world.clock.advance(1);
    await world.govern.expireOverdue();
    expect((await reload(after)).state).toBe("expired");
    const activated = (await world.test.records()).filter(({ type }) => type === "policy.activated").at(-1);
    expect(activated).toMatchObject({ details: { action_id: change.id } });
  });
});
