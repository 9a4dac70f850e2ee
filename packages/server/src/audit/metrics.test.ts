import type { AuditMetrics } from "@tyr/contract";
import { expect, test } from "vitest";
import { fixedClock } from "#platform/clock";
import { shareMetrics } from "./metrics.ts";

test("many who ask for the same counts at once cost one count, and counts run one after the other", async () => {
  const clock = fixedClock("2026-02-01T12:00:00Z");
  let running = 0;
  const asked: string[] = [];
  const measure = shareMetrics(async (timeframe) => {
    running += 1;
    expect(running).toBe(1);
    asked.push(timeframe);
    await new Promise((resolve) => void setImmediate(resolve));
    running -= 1;
    return { timeframe } as AuditMetrics;
  }, clock);
  const answers = await Promise.all(
    (["day", "quarter", "day", "day", "quarter"] as const).map(async (one) => await measure(one, 0)),
  );
  expect(answers.map(({ timeframe }) => timeframe)).toEqual(["day", "quarter", "day", "day", "quarter"]);
  expect(asked).toEqual(["day", "quarter"]);
  clock.advance(5_000);
  await measure("day", 0);
  await measure("day", 60);
  expect(asked).toEqual(["day", "quarter", "day", "day"]);
});

test("a count that failed is not kept: whoever asks next is answered", async () => {
  let failing = true;
  const measure = shareMetrics(async (timeframe) => {
    if (failing) throw new Error("the database is away");
    return { timeframe } as AuditMetrics;
  }, fixedClock("2026-02-01T12:00:00Z"));
  await expect(measure("day", 0)).rejects.toThrow("away");
  failing = false;
  expect(await measure("day", 0)).toEqual({ timeframe: "day" });
});
