import { MessagesAfter } from "@tyr/contract";
import { Value } from "typebox/value";
import { afterAll, beforeAll, expect, test } from "vitest";
import { anonymous } from "#identity";
import { enqueue, type NewMessage } from "#platform/bus";
import { openTestDatabase, type TestDatabase } from "#platform/testing";
import type { Call } from "./handler.ts";
import { messageHandlers } from "./messages.ts";

const call = { caller: anonymous, requestId: "r" } as unknown as Call;

function state(rule: string): NewMessage<"ttp.rule.state.*"> {
  const payload = { rule_id: rule, state: "muted", confidence_max: null, expires_at: null, set_by: "usr_1" };
  return { family: "ttp.rule.state.*", segments: [rule], payload };
}
function reloaded(rule: string): NewMessage<"ttp.rule.reloaded.*"> {
  return {
    family: "ttp.rule.reloaded.*",
    segments: [rule],
    payload: { rule_id: rule, change: "changed", version: "2" },
  };
}

let world: TestDatabase;
beforeAll(async () => {
  world = await openTestDatabase("pglite");
  const sent = [state("r1"), reloaded("r1"), state("r2"), state("r3")];
  await world.db.bookkeep("counters", async (tx) => await enqueue(tx, sent, new Date("2026-11-22T12:00:00.250Z")));
});
afterAll(async () => await world[Symbol.asyncDispose]());

async function list(query: Readonly<Record<string, unknown>>) {
  const answer = await messageHandlers({ database: world.db })["message.list"](
    { params: undefined, query, body: undefined },
    call,
  );
  if (!answer.ok) throw new Error(`${answer.refusal.code}: ${answer.refusal.detail}`);
  expect([...Value.Errors(MessagesAfter, answer.value)]).toEqual([]);
  return answer.value;
}

test("a program that goes on with `next` gets every message of its topic once, in order, and learns where the end is", async () => {
  const got: string[] = [];
  let page = await list({ topic: "ttp.rule.state.*", limit: 2 });
  for (; ; page = await list({ topic: "ttp.rule.state.*", limit: 2, after: page.next })) {
    got.push(...page.items.map(({ topic }) => topic));
    if (page.end) break;
  }
  expect(got).toEqual(["ttp.rule.state.r1", "ttp.rule.state.r2", "ttp.rule.state.r3"]);
  expect(await list({ after: page.next })).toEqual({ items: [], next: page.next, end: true, missed: 0 });
});

test("a program that was killed before it moved on gets the same messages again", async () => {
  const first = await list({ limit: 2 });
  expect(await list({ limit: 2 })).toEqual(first);
  expect(first.items[0]).toMatchObject({ v: 1, topic: "ttp.rule.state.r1", ts: 1_795_348_800.25, position: "1" });
});

test("what is no topic, and no place, is refused", async () => {
  await expect(list({ topic: "a.>.b" })).rejects.toThrow("VALIDATION_FAILED");
  await expect(list({ after: "x" })).rejects.toThrow("VALIDATION_FAILED");
});
