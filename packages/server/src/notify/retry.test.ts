import { expect, test } from "vitest";
import { nextAttempt } from "./retry.ts";

const since = new Date("2026-11-02T08:00:00.000Z");
const seconds = (attempts: number, spread = 0.5, failed = {}): number | undefined => {
  const next = nextAttempt({ attempts, since }, { isFinal: false, ...failed }, { now: since, spread });
  return next && (next.getTime() - since.getTime()) / 1_000;
};

test("a failed message is tried after 5 seconds, then ever later, at most a quarter of an hour apart", () => {
  expect([1, 2, 3, 4, 5, 6, 7, 50, 5_000].map((attempts) => seconds(attempts))).toEqual([
    5, 15, 45, 135, 405, 900, 900, 900, 900,
  ]);
});

test("servers that failed together do not come back together, and a receiver's own word counts", () => {
  expect([seconds(2, 0), seconds(2, 1)]).toEqual([12, 18]);
  expect(seconds(1, 0.5, { retryAfterMs: 120_000 })).toBe(120);
});

test("after a day, or when the receiver will never take it, it is given up", () => {
  const later = (hours: number) => new Date(since.getTime() + hours * 3_600_000);
  const next = (now: Date, isFinal = false) => nextAttempt({ attempts: 90, since }, { isFinal }, { now, spread: 0.5 });
  expect(next(later(23))).toEqual(new Date("2026-11-03T07:15:00.000Z"));
  expect([next(later(23.9)), next(later(0), true)]).toEqual([undefined, undefined]);
});
