import { expect, test } from "vitest";
import { fixedClock } from "#platform/clock";
import { TokenBuckets } from "./token-buckets.ts";
import { rateLimitsContract } from "./testing/rate-limits-contract.ts";

const START = "2026-11-02T08:00:00.000Z";

rateLimitsContract("in the process", async () => {
  const clock = fixedClock(START);
  return { limits: new TokenBuckets(clock), pass: async (ms) => clock.advance(ms) };
});

const rule = { capacity: 2, perSecond: 0.5 };

test("a clock set back gives nobody tokens, and takes none away", async () => {
  const clock = fixedClock(START);
  const limits = new TokenBuckets(clock);
  const take = async () => await limits.take({ limit: "x", holder: "a", rule });
  await take();
  await take();
  clock.advance(-60_000);
  expect(await take()).toBe(2);
});

test("a flood of holders is forgotten from its oldest, and forgets nobody of another class", async () => {
  const limits = new TokenBuckets(fixedClock(START));
  const take = async (limit: string, holder: string) => await limits.take({ limit, holder, rule });
  await take("account", "ada");
  await take("account", "ada");
  for (let at = 0; at < 25_000; at += 1) await take("address", `2001:db8::${at}`);
  expect(limits.sizeOf("address")).toBe(20_000);
  expect(await take("account", "ada")).toBe(2);
});
