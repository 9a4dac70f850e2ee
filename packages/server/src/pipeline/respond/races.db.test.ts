import { tmpdir } from "node:os";
import type { Action } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// oxlint-disable-next-line no-restricted-imports -- replays what the stages wrote to the log, as an auditor would
import { replayAction } from "../govern/testing/replay-action.ts";
import { fixedClock } from "#platform/clock";
import { openDatabase, type AuditRecord } from "#platform/database";
import { createPostgresDatabase, TEST_ENGINES, type EngineName, type TestDatabase } from "#platform/testing";
import {
  ana,
  approve,
  ben,
  codeOf,
  dora,
  must,
  openResponseWorld,
  request,
  signAs,
  type Actor,
  type ResponseWorld,
} from "./testing/response-world.ts";
import { openTestSeal } from "./testing/test-seal.ts";

const EXECUTES = 50;
const ROUNDS = 8;

/** One database as several processes have it open: each with connections of its own. */
async function openShared(processes: number): Promise<AsyncDisposable & { tests: TestDatabase[] }> {
  const { url, drop } = await createPostgresDatabase();
  const tests = await Promise.all(
    Array.from({ length: processes }, async (): Promise<TestDatabase> => {
      const clock = fixedClock("2026-02-01T12:00:00Z");
      const encode = (record: AuditRecord) => new TextEncoder().encode(JSON.stringify(record));
      const db = await openDatabase({ url, dataDir: tmpdir(), clock, encode });
      const records = async (): Promise<readonly AuditRecord[]> => {
        const rows = await db.read.selectFrom("audit_intake").select("bytes").orderBy("number").execute();
        return rows.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString("utf8")) as AuditRecord);
      };
      return { db, records, [Symbol.asyncDispose]: async () => await db[Symbol.asyncDispose]() };
    }),
  );
  return {
    tests,
    async [Symbol.asyncDispose]() {
      for (const one of tests) await one[Symbol.asyncDispose]();
      await drop();
    },
  };
}

/** The embedded engine belongs to one process; there the workers are those of that one. */
async function openWorkers(engine: EngineName): Promise<AsyncDisposable & { worlds: ResponseWorld[] }> {
  if (engine === "pglite") {
    const world = await openResponseWorld(engine);
    return { worlds: [world], [Symbol.asyncDispose]: async () => await world[Symbol.asyncDispose]() };
  }
  const shared = await openShared(3);
  const worlds: ResponseWorld[] = [];
  const seal = await openTestSeal();
  for (const one of shared.tests) worlds.push(await openResponseWorld(engine, { test: one, seal }));
  return { worlds, [Symbol.asyncDispose]: async () => await shared[Symbol.asyncDispose]() };
}

describe.each(TEST_ENGINES)("at the same time, on %s", (engine) => {
  let workers: Awaited<ReturnType<typeof openWorkers>>;
  let world: ResponseWorld;
  let round = 0;
  beforeAll(async () => {
    workers = await openWorkers(engine);
    const [first] = workers.worlds;
    if (first === undefined) throw new Error("one world was opened");
    world = first;
  });
  afterAll(async () => await workers?.[Symbol.asyncDispose]());

  const nextTarget = (length = 32): string => `8.20.${(round += 1)}.0/${length}`;
  const reload = async ({ id }: Action): Promise<Action> => must(await world.govern.get(id));
  const recordsOf = async (id: string): Promise<readonly AuditRecord[]> =>
    (await world.test.records()).filter(({ object }) => object.id === id);

  /** Signed before, so that only the deciding itself is raced. */
  async function readyToApprove(shown: Action, by: Actor) {
    const { id, requestDigest } = shown;
    const what = { id, requestDigest, dryRunDigest: shown.dryRun?.digest ?? "none" };
    const signature = must(await signAs(world, by, { ...what, statement: "approve" }));
    return async () => await world.govern.approve({ ...what, by, signature });
  }
  async function readyToReject({ id, requestDigest }: Action, by: Actor) {
    const signature = must(await signAs(world, by, { id, statement: "reject", requestDigest, reason: "no" }));
    return async () => await world.govern.reject({ id, by, reason: "no", signature });
  }
  async function readyToWithdraw({ id, requestDigest }: Action, by: Actor) {
    const signature = must(await signAs(world, by, { id, statement: "withdraw", requestDigest }));
    return async () => await world.govern.withdraw({ id, by, signature });
  }

  /** Whoever was first: one history, each entry from where the last one ended, and the row is where it leads. */
  async function expectOneHistory(action: Action): Promise<Action> {
    const now = await reload(action);
    const replayed = replayAction(await recordsOf(action.id));
    expect(replayed).toMatchObject({ state: now.state, revision: now.revision, requestDigest: now.requestDigest });
    const executions = (await recordsOf(action.id)).filter(({ type }) => type === "action.executing").length;
    expect(executions).toBeLessThanOrEqual(1);
    return now;
  }

  test(`${EXECUTES} executions of one approved action are one: one outcome, one block, one entry in the log`, async () => {
    const asked = await request(world, nextTarget());
    must(await approve(world, asked, ben));
    const running = Array.from({ length: EXECUTES }, async (_none, n) =>
      workers.worlds[n % workers.worlds.length]?.respond.execute(),
    );
    const done = await Promise.allSettled(running);
    expect(done.filter(({ status }) => status === "rejected")).toEqual([]);
    const { read } = world.test.db;
    const count = async (table: "outcome" | "block" | "block_hold") =>
      (await read.selectFrom(table).selectAll().where("action_id", "=", asked.id).execute()).length;
    expect([await count("outcome"), await count("block"), await count("block_hold")]).toEqual([1, 1, 1]);
    const types = (await recordsOf(asked.id)).map(({ type }) => type);
    expect(types.filter((type) => type === "action.executing")).toHaveLength(1);
    expect(types.filter((type) => type === "action.executed")).toHaveLength(1);
    expect((await reload(asked)).state).toBe("executed");
  });

  test("two people who approve what one of them would have approved alone: one of them was the last", async () => {
    for (let n = 0; n < ROUNDS; n++) {
      const asked = await request(world, nextTarget());
      const both = await Promise.all([readyToApprove(asked, ben), readyToApprove(asked, dora)]);
      const answers = await Promise.all(both.map(async (send) => await send()));
      expect(answers.map(codeOf).toSorted()).toEqual(["ACTION_TRANSITION_REFUSED", "ok"]);
      const now = await expectOneHistory(asked);
      expect([now.state, now.approvals.length]).toEqual(["approved", 1]);
    }
  });

  test("two people who approve what needs two: both count, the second approves it", async () => {
    for (let n = 0; n < ROUNDS; n++) {
      const asked = await request(world, nextTarget(23));
      const both = await Promise.all([readyToApprove(asked, ben), readyToApprove(asked, dora)]);
      const answers = await Promise.all(both.map(async (send) => await send()));
      expect(answers.map(codeOf)).toEqual(["ok", "ok"]);
      const now = await expectOneHistory(asked);
      expect([now.state, now.approvals.length, now.approvals.every(({ counts }) => counts)]).toEqual([
        "approved",
        2,
        true,
      ]);
    }
  });

  test("somebody approves what somebody else rejects: the first decides, the other is told so", async () => {
    for (let n = 0; n < ROUNDS; n++) {
      const asked = await request(world, nextTarget());
      const both = await Promise.all([readyToApprove(asked, ben), readyToReject(asked, dora)]);
      const answers = await Promise.all(both.map(async (send) => await send()));
      expect(answers.map(codeOf).toSorted()).toEqual(["ACTION_TRANSITION_REFUSED", "ok"]);
      const now = await expectOneHistory(asked);
      expect(now.state).toBe(answers[0]?.ok === true ? "approved" : "rejected");
    }
  });

  test("somebody approves what its requester changes: what was changed is not approved", async () => {
    for (let n = 0; n < ROUNDS; n++) {
      const asked = await request(world, nextTarget());
      const send = await readyToApprove(asked, ben);
      const edit = { requestDigest: asked.requestDigest, ttlSeconds: 7_200 };
      const [approved, edited] = await Promise.all([send(), world.govern.edit({ id: asked.id, by: ana, edit })]);
      const now = await expectOneHistory(asked);
      expect([approved.ok, edited.ok].filter(Boolean)).toHaveLength(1);
      expect([now.state, now.revision]).toEqual(approved.ok ? ["approved", 1] : ["pending", 2]);
      expect(now.approvals.filter(({ counts }) => counts)).toHaveLength(approved.ok ? 1 : 0);
    }
  });

  test("an approval is taken back while its action begins: it ran with it, or it waits without it", async () => {
    for (let n = 0; n < ROUNDS; n++) {
      const asked = await request(world, nextTarget());
      const approved = must(await approve(world, asked, ben));
      const takeBack = await readyToWithdraw(approved, ben);
      const again = await readyToApprove(approved, dora).catch(() => undefined);
      const [withdrawn] = await Promise.all([
        takeBack(),
        again?.(),
        ...workers.worlds.map(async ({ respond }) => await respond.execute()),
      ]);
      const now = await expectOneHistory(asked);
      const held = await world.test.db.read
        .selectFrom("block_hold")
        .selectAll()
        .where("action_id", "=", asked.id)
        .execute();
      expect(held).toHaveLength(now.state === "executed" ? 1 : 0);
      expect(["executed", "pending"]).toContain(now.state);
      expect(now.approvals).toHaveLength(now.state === "executed" && !withdrawn.ok ? 1 : 0);
    }
  });
});
