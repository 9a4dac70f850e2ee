import { TriedCredentialPage, type SensorId } from "@tyr/contract";
import { Value } from "typebox/value";
import { afterAll, beforeAll, expect, test } from "vitest";
import { observationIdOf } from "#collect";
import { anonymous } from "#identity";
import { openTestDatabase, type TestDatabase } from "#platform/testing";
import { countTried, type TriedOnce } from "../pipeline/detect/lift/credential-store.ts";
import { credentialHandlers } from "./credentials.ts";
import type { Call } from "./handler.ts";

const call = { caller: anonymous, requestId: "r" } as unknown as Call;
const sensorId = "snr_01890a5d-ac96-774b-bcce-b302099a8057" as SensorId;
const tried = (more: Partial<TriedOnce> = {}): TriedOnce => ({
  src: "203.0.113.9",
  sensorId,
  service: "ssh",
  principal: "deploy",
  secretKind: "plaintext",
  secretHash: "0123456789abcdef0123456789abcdef",
  common: false,
  outcome: "failure",
  atMs: Date.UTC(2026, 2, 1),
  ...more,
});

let world: TestDatabase;
beforeAll(async () => {
  world = await openTestDatabase("pglite");
  const rows = [
    tried(),
    tried({ outcome: "success", atMs: Date.UTC(2026, 2, 2) }),
    tried({ src: "::ffff:198.51.100.4".slice(7), service: "telnet", outcome: "observed" }),
    tried({ principal: "a\0\ud800'; drop table credential; --", secretHash: "f".repeat(32) }),
  ];
  for (const part of [rows.slice(0, 1), rows.slice(1)])
    await world.db.bookkeep("counters", async (tx) => await countTried(tx, part, new Date()));
});
afterAll(async () => await world[Symbol.asyncDispose]());

async function list(query: Readonly<Record<string, unknown>>) {
  const answer = await credentialHandlers({ database: world.db })["credential.list"](
    { params: undefined, query, body: undefined },
    call,
  );
  if (!answer.ok) throw new Error(`${answer.refusal.code}: ${answer.refusal.detail}`);
  expect([...Value.Errors(TriedCredentialPage, answer.value)]).toEqual([]);
  return answer.value;
}

test("attempts add up per address and target, over transactions, and being let in once is remembered", async () => {
  const { items } = await list({ attacker: "::ffff:203.0.113.9", principal: "deploy" });
  expect(items).toEqual([
    expect.objectContaining({
      address: "203.0.113.9",
      attackerId: observationIdOf("203.0.113.9"),
      attemptCount: 2,
      outcome: "success",
      firstSeenAt: "2026-03-01T00:00:00.000Z",
      lastSeenAt: "2026-03-02T00:00:00.000Z",
      targetCount: 2,
      sourceCount: 2,
    }),
  ]);
});

test("pairs tried at two targets are found, and equal secrets by their hash", async () => {
  expect((await list({ reused: true })).items.map(({ service }) => service).toSorted()).toEqual(["ssh", "telnet"]);
  expect((await list({ secretHash: "f".repeat(32) })).items).toHaveLength(1);
});

test("account names are whatever an attacker typed, and harm nobody", async () => {
  const [hostile] = (await list({ secretHash: "f".repeat(32) })).items;
  expect(hostile?.principal).toBe("a\uFFFD\uFFFD'; drop table credential; --");
});

test("pages neither skip nor repeat, an attacker nobody saw has none, and one that is none is refused", async () => {
  const first = await list({ limit: 2 });
  const second = await list({ limit: 2, after: first.next });
  expect(new Set([...first.items, ...second.items].map((one) => JSON.stringify(one))).size).toBe(3);
  expect(second.next).toBeNull();
  expect((await list({ attacker: observationIdOf("192.0.2.1") })).items).toEqual([]);
  await expect(list({ attacker: "nobody" })).rejects.toThrow("VALIDATION_FAILED");
  await expect(list({ after: "-1" })).rejects.toThrow("VALIDATION_FAILED");
});
