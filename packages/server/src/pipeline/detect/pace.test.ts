import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createPace } from "./pace.ts";

async function isWaiting(waiting: Promise<void>): Promise<boolean> {
  return (await Promise.race([waiting, turn("waiting")])) === "waiting";
}

describe("the pace of intake", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  test("nobody waits while detection is close behind", async () => {
    const pace = createPace();
    pace.stored(1_000);
    expect(await isWaiting(pace.wait())).toBe(false);
  });

  test("a writer waits until detection has come close", async () => {
    const pace = createPace();
    pace.stored(10_000);
    const waiting = pace.wait();
    expect(await isWaiting(waiting)).toBe(true);
    pace.finished(5_000);
    expect(await isWaiting(waiting)).toBe(true);
    pace.finished(9_000);
    expect(await isWaiting(waiting)).toBe(false);
  });

  test("a stage that does not move is not waited for, until it moves again", async () => {
    const pace = createPace();
    pace.stored(10_000);
    const waiting = pace.wait();
    expect(await isWaiting(waiting)).toBe(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await isWaiting(waiting)).toBe(false);
    expect(await isWaiting(pace.wait())).toBe(false);
    pace.finished(100);
    expect(await isWaiting(pace.wait())).toBe(true);
  });
});
