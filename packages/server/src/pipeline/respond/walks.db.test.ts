import fc from "fast-check";
import { expect, test } from "vitest";
import type { Action } from "@tyr/contract";
// oxlint-disable-next-line no-restricted-imports -- replays what the stages wrote to the log, as an auditor would
import { replayAction } from "../govern/testing/replay-action.ts";
import type { AuditRecord } from "#platform/database";
import {
  ana,
  approve,
  ben,
  blockNow,
  cleo,
  dora,
  everybody,
  must,
  openResponseWorld,
  request,
  type ResponseWorld,
  reject,
  withdraw,
} from "./testing/response-world.ts";

/**
 * Random walks of people, clocks, modes and workers over the real rooms. After every step the invariants hold,
 * whatever happened; a step that is refused is a step too.
 */
const PEOPLE = [ana, ben, cleo, dora];
type ByPerson = Readonly<{
  do: "approve" | "reject" | "withdraw" | "cancel" | "revert" | "dryRun" | "edit";
  who: number;
  which: number;
}>;
type ByWorld =
  | Readonly<{ do: "execute" | "expire" | "deadlines" }>
  | Readonly<{ do: "wait"; ms: number }>
  | Readonly<{ do: "mode"; mode: "normal" | "elevated" | "lockdown" }>
  | Readonly<{ do: "disable"; who: number }>
  | Readonly<{ do: "enable"; who: number }>
  | Readonly<{ do: "ask"; target: number; ttl: number }>
  | Readonly<{ do: "allow"; target: number }>;
type Step = ByPerson | ByWorld;
type Walk = Readonly<{ asked: readonly Action[]; neighbour: Action }>;

const person = fc.nat(PEOPLE.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("ask" as const), target: fc.nat(2), ttl: fc.constantFrom(60, 3600) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("approve" as const), who: person, which: fc.nat(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "reject" as const,
        "withdraw" as const,
        "cancel" as const,
        "revert" as const,
        "revert" as const,
        "dryRun" as const,
        "edit" as const,
      ),
      who: person,
      which: fc.nat(2),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("execute" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("expire" as const, "deadlines" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1_000, 61_000, 4 * 3_600_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("mode" as const),
      mode: fc.constantFrom("normal" as const, "elevated" as const, "lockdown" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("disable" as const, "enable" as const), who: person }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("allow" as const), target: fc.nat(2) }) },
);

let round = 0;
const targetOf = (n: number): string =>
  n === 2 ? `8.${round % 250}.${Math.floor(round / 250)}.0/23` : `8.${round % 250}.${Math.floor(round / 250)}.${n + 1}`;

const isByPerson = (one: Step): one is ByPerson => "which" in one;

/** Refusals are answers: every step may come at any time. */
async function decide(world: ResponseWorld, one: ByPerson, action: Action): Promise<void> {
  const { id } = action;
  const by = PEOPLE[one.who] ?? ana;
  const moves = {
    approve: async () => await approve(world, must(await world.govern.get(id)), by),
    reject: async () => await reject(world, { id, by, reason: "x" }),
    withdraw: async () => await withdraw(world, { id, by }),
    cancel: async () => await world.govern.cancel({ id, by, reason: "x" }),
    dryRun: async () => await world.govern.dryRun({ id, by }),
    edit: async () => {
      const { requestDigest, ttlSeconds } = must(await world.govern.get(id));
      return await world.govern.edit({ id, by, edit: { requestDigest, ttlSeconds: (ttlSeconds ?? 0) + 60 } });
    },
    revert: async () => await world.respond.revert({ id, by, reason: "x" }),
  };
  await moves[one.do]();
}

async function ask(world: ResponseWorld, target: string, ttlSeconds: number): Promise<Action[]> {
  const made = await world.govern.create({ type: "block_ip", target, justification: "x", ttlSeconds }, ana);
  return made.ok ? [made.value] : [];
}

/** @returns what was asked for anew */
async function happen(world: ResponseWorld, one: ByWorld): Promise<Action[]> {
  const { situation } = world;
  if (one.do === "ask") return await ask(world, targetOf(one.target), one.ttl);
  if (one.do === "wait") world.clock.advance(one.ms);
  else if (one.do === "mode") await world.setMode(one.mode);
  else if (one.do === "allow")
    await world.respond.allow({ value: targetOf(one.target), reason: "x", expiresAt: null, by: cleo });
  else if (one.do === "execute") await world.respond.execute();
  else if (one.do === "expire") await world.respond.expire();
  else if (one.do === "deadlines") await world.govern.expireOverdue();
  else if (one.do === "disable" || one.do === "enable") {
    const { id, roles } = PEOPLE[one.who] ?? ana;
    const rest = situation.people.filter((other) => other.id !== id);
    situation.people = one.do === "enable" ? [...rest, { id, roles }] : rest;
  }
  return [];
}

async function take(world: ResponseWorld, one: Step, asked: Action[]): Promise<void> {
  if (!isByPerson(one)) return void asked.push(...(await happen(world, one)));
  const action = asked[one.which % asked.length];
  if (action !== undefined) await decide(world, one, action);
}

type Holds = readonly Readonly<{ action_id: string; created_at: Date; expires_at: Date; ended_at: Date | null }>[];

/** Of one action: in force exactly while executed, once ever, for as long as was asked for. */
function checkEffect(action: Action, holds: Holds): void {
  const { id, state, ttlSeconds: ttl } = action;
  const own = holds.filter(({ action_id: one }) => one === id);
  expect([id, own.some(({ ended_at: end }) => end === null)]).toEqual([id, state === "executed"]);
  expect(own.length).toBeLessThanOrEqual(1);
  expect(ttl !== null && Number.isInteger(ttl) && ttl >= 60 && ttl <= 31_536_000).toBe(true);
  for (const { created_at: from, expires_at: to } of own)
    expect(to.getTime() - from.getTime()).toBe(Number(ttl) * 1000);
  const counting = action.approvals.filter(({ counts }) => counts).map(({ by }) => by.id);
  expect(new Set(counting).size).toBe(counting.length);
  expect(counting).not.toContain(action.requester.id);
}

/** Blocks stay while one action holds them, to the end of the longest; what somebody else blocked is not touched. */
async function check(world: ResponseWorld, { asked, neighbour }: Walk): Promise<void> {
  const db = world.test.db.read;
  const ids = asked.map(({ id }) => id);
  const holds = await db.selectFrom("block_hold").selectAll().where("action_id", "in", ids).execute();
  for (const id of ids) checkEffect(must(await world.govern.get(id)), holds);
  const blocks = await db.selectFrom("block").selectAll().where("action_id", "in", ids).execute();
  for (const block of blocks) {
    const own = await db.selectFrom("block_hold").selectAll().where("block_id", "=", block.id).execute();
    const alive = own.filter(({ ended_at: end }) => end === null);
    expect([block.id, block.state === "active"]).toEqual([block.id, alive.length > 0]);
    const ends = alive.map(({ expires_at: end }) => end.getTime());
    expect(Math.max(block.expires_at.getTime(), ...ends)).toBe(block.expires_at.getTime());
  }
  const beside = await db.selectFrom("block").select("state").where("action_id", "=", neighbour.id).execute();
  expect(beside).toEqual([{ state: "active" }]);
}

/** After the sweep nothing holds on past its end. */
async function checkSwept(world: ResponseWorld): Promise<void> {
  await world.respond.expire();
  const late = await world.test.db.read
    .selectFrom("block_hold")
    .select("action_id")
    .where("ended_at", "is", null)
    .where("expires_at", "<=", world.clock.now())
    .execute();
  expect(late).toEqual([]);
}

/** The entries of an action, replayed, give its row. */
function checkReplay(action: Action, records: readonly AuditRecord[]): void {
  expect(replayAction(records.filter(({ object }) => object.id === action.id))).toEqual({
    state: action.state,
    revision: action.revision,
    target: action.target,
    requesterId: action.requester.id,
    justification: action.justification,
    ttlSeconds: action.ttlSeconds,
    requestDigest: action.requestDigest,
    dryRunDigest: action.dryRun?.digest ?? null,
    deadlineAt: action.deadlineAt,
    effectEndsAt: action.effectEndsAt,
    blockId: action.blockId,
  });
}

async function checkLog(world: ResponseWorld, ids: readonly string[]): Promise<void> {
  const records = (await world.test.records()).filter(({ object }) => ids.includes(object.id));
  const decisions = await world.test.db.read
    .selectFrom("policy_decision")
    .selectAll()
    .where("step", "=", "execute")
    .execute();
  for (const id of ids) {
    let reached: string | null = null;
    for (const { type, before, after, outcome, details } of records.filter(({ object }) => object.id === id)) {
      if (outcome === "refused") continue;
      expect([id, type, before]).toEqual([id, type, reached]);
      reached = after;
      if (type !== "action.executing") continue;
      // No path to execution but through an evaluation that answered allow, recorded with its bundle.
      const allowed = decisions.filter((one) => one.action_id === id && one.outcome === "allow");
      expect(allowed.map((one) => one.bundle_digest)).toContain(details["bundle_digest"]);
      expect(Number(details["approvers"])).toBeGreaterThanOrEqual(1);
    }
    const action = must(await world.govern.get(id as Action["id"]));
    expect([id, reached]).toEqual([id, action.state]);
    checkReplay(action, records);
  }
}

/**
 * Of the twelve: 5 effects end, 6 durations are bounded, 7 a revert takes only what was added, 8 overlapping effects are
 * counted, 12 the log replayed gives each row; 1, 4 and 11 once more on a real database.
 */
test("whatever people, clocks and workers do in whatever order, the invariants of actions and blocks hold", async () => {
  await using world = await openResponseWorld("pglite");
  let executions = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 24, size: "max" }), async (steps) => {
      round += 1;
      // Whom the walk before disabled may be who agrees to a lower mode.
      world.situation.people = everybody.map(({ id, roles }) => ({ id, roles }));
      await world.setMode("normal");
      const neighbour = await blockNow(world, `8.250.${round}.1`, 2_592_000);
      const asked: Action[] = [await request(world, targetOf(0), { ttlSeconds: 60 })];
      for (const one of steps) {
        await take(world, one, asked);
        await check(world, { asked, neighbour });
      }
      await checkSwept(world);
      await checkLog(
        world,
        asked.map(({ id }) => id),
      );
      for (const { id } of asked) executions += must(await world.govern.get(id)).executedAt === null ? 0 : 1;
    }),
    { numRuns: 40, endOnFailure: true },
  );
  // Walks that never execute would prove little.
  expect(executions).toBeGreaterThan(5);
}, 180_000);
