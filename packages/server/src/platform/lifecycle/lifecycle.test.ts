import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "#platform/log";
import { expect, test } from "vitest";
import { startLoop } from "./index.ts";

test("a loop goes on while there is more, rests when there is not, and wakes at once", async () => {
  let steps = 0;
  const loop = startLoop({ name: "test", restMs: 60_000, log: silentLogger, step: async () => ++steps < 3 });
  await sleep(20);
  expect(steps).toBe(3);
  loop.wake();
  await sleep(20);
  expect(steps).toBe(4);
  await loop.stop();
});

test("a wake-up during a step is not lost", async () => {
  let steps = 0;
  const loop = startLoop({
    name: "test",
    restMs: 60_000,
    log: silentLogger,
    step: async () => {
      steps += 1;
      await sleep(20);
      return false;
    },
  });
  await sleep(5);
  loop.wake();
  await sleep(60);
  expect(steps).toBe(2);
  await loop.stop();
});

test("a failing step is tried again, and stopping waits for the step in hand", async () => {
  let steps = 0;
  let finished = false;
  const loop = startLoop({
    name: "test",
    restMs: 60_000,
    log: silentLogger,
    step: async () => {
      steps += 1;
      if (steps === 1) throw new Error("once");
      await sleep(100);
      finished = true;
      return false;
    },
  });
  await sleep(300);
  await loop.stop();
  expect([steps, finished]).toEqual([2, true]);
});

test("while another process leads a loop stands by, and begins as soon as this one does", async () => {
  let leads = false;
  const listeners = new Set<() => void>();
  const leading = {
    isLeading: () => leads,
    onChange: (listener: () => void) => (listeners.add(listener), () => void listeners.delete(listener)),
  };
  const done: string[] = [];
  const noting = (what: string) => async () => {
    done.push(what);
    return await Promise.resolve(false);
  };
  const loop = startLoop({
    name: "test",
    restMs: 60_000,
    log: silentLogger,
    leading,
    step: noting("step"),
    standBy: async () => void (await noting("stand by")()),
  });
  await sleep(20);
  expect(done).toEqual(["stand by"]);
  leads = true;
  for (const listener of listeners) listener();
  await sleep(20);
  leads = false;
  loop.wake();
  await sleep(20);
  expect(done).toEqual(["stand by", "step", "stand by"]);
  await loop.stop();
  expect(listeners.size).toBe(0);
});
