import { describe, expect, test } from "vitest";
import { isAboutData, Narrowing } from "./narrowing.ts";

/** What of events 1 to `count` is left out where storing is refused as `refuses` says; and how often it was tried. */
function run(count: number, refuses: (positions: readonly number[], leftOut: Narrowing["leftOut"]) => boolean) {
  const narrowing = new Narrowing();
  const left: (readonly [number, string])[] = [];
  let tries = 0;
  for (let stored = 0; stored < count; tries += 1) {
    if (tries > 10_000) throw new Error("it does not go on");
    const events = Math.min(narrowing.limit(1_000), count - stored);
    const positions = Array.from({ length: events }, (_, index) => stored + 1 + index);
    const position = stored + events;
    if (refuses(positions, (at) => narrowing.leftOut(at))) {
      const next = narrowing.refused({ events, position });
      if (next === undefined) return { left, tries, stuckAt: position };
      if (next !== "half") left.push([position, next]);
    } else narrowing.stored((stored = position));
  }
  return { left, tries, isNarrow: narrowing.isNarrow };
}

describe("a batch that cannot be stored", () => {
  test("is narrowed down to what it is about, and the next batches are whole again", () => {
    const poison = new Set([1, 500, 777, 778, 2_000]);
    const refuses = (positions: readonly number[], leftOut: Narrowing["leftOut"]) =>
      positions.some((one) => poison.has(one) && leftOut(one) === undefined);
    const { left, tries, isNarrow } = run(2_500, refuses);
    expect(left).toEqual([...poison].map((one) => [one, "outcome"]));
    expect(isNarrow).toBe(false);
    expect(tries).toBeLessThan(150);
  });

  test("for state that cannot be stored leaves out the event as a whole", () => {
    const refuses = (positions: readonly number[], leftOut: Narrowing["leftOut"]) =>
      positions.includes(7) && leftOut(7) !== "event";
    expect(run(20, refuses).left).toEqual([
      [7, "outcome"],
      [7, "event"],
    ]);
  });

  test("whatever is left out of it is not about its events: nothing is passed over", () => {
    expect(run(20, (positions) => positions.includes(7)).stuckAt).toBe(7);
  });
});

test("only what would be refused again is about data, never a database that is gone, busy or taken over", () => {
  const withCode = (code: string) => Object.assign(new Error("refused"), { code });
  for (const code of ["21000", "22021", "22003", "23514", "54000"]) expect(isAboutData(withCode(code))).toBe(true);
  for (const code of ["08006", "40001", "40P01", "53300", "57P01", "58030", "XX000", "ECONNRESET", "ERR_OUT"])
    expect(isAboutData(withCode(code))).toBe(false);
  expect(isAboutData(new RangeError("Invalid time value"))).toBe(true);
  expect(isAboutData(new Error("the cursor lift is not where this process left it"))).toBe(false);
});
