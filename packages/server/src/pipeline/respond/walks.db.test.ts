import fc from "fast-check";
import { expect, test } from "vitest";
import type { Action } from "@tyr/contract";
import {
  ana,
  approve,
  ben,
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
  do: "approve" | "reject" | "withdraw" | "cancel" | "revert" | "dryRun";
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

async function check(world: ResponseWorld, asked: readonly Action[]): Promise<void> {
  const db = world.test.db.read;
  const ids = asked.map(({ id }) => id);
  if (ids.length === 0) return;
  const holds = await db.selectFrom("block_hold").selectAll().where("action_id", "in", ids).execute();
  const held = new Set(holds.filter(({ ended_at: end }) => end === null).map(({ action_id: id }) => id));
  for (const id of ids) {
    const action = must(await world.govern.get(id));
    // In force exactly while executed, and only once ever.
    expect([id, held.has(id)]).toEqual([id, action.state === "executed"]);
    expect(holds.filter(({ action_id: one }) => one === id).length).toBeLessThanOrEqual(1);
    expect(action.approvals.filter(({ by, counts }) => counts && by.id === action.requester.id)).toEqual([]);
  }
  const blocks = await db.selectFrom("block").selectAll().where("action_id", "in", ids).execute();
  for (const block of blocks) {
    const own = await db.selectFrom("block_hold").selectAll().where("block_id", "=", block.id).execute();
    const alive = own.filter(({ ended_at: end }) => end === null);
    expect([block.id, block.state === "active"]).toEqual([block.id, alive.length > 0]);
    const ends = alive.map(({ expires_at: end }) => end.getTime());
    expect(Math.max(block.expires_at.getTime(), ...ends)).toBe(block.expires_at.getTime());
  }
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
    expect([id, reached]).toEqual([id, must(await world.govern.get(id as Action["id"])).state]);
  }
}

test("whatever people, clocks and workers do in whatever order, the invariants of actions and blocks hold", async () => {
  await using world = await openResponseWorld("pglite");
  let executions = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 24, size: "max" }), async (steps) => {
      round += 1;
      await world.setMode("normal");
      world.situation.people = everybody.map(({ id, roles }) => ({ id, roles }));
      const asked: Action[] = [await request(world, targetOf(0), { ttlSeconds: 60 })];
      for (const one of steps) {
        await take(world, one, asked);
        await check(world, asked);
      }
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
});
