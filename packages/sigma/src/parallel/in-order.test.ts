import fc from "fast-check";
import { expect, test } from "vitest";
import { inOrder } from "./in-order.ts";

const later = async <T>(value: T, turns: number): Promise<T> => {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  return value;
};

test("results come in the order of the items, whatever takes how long, and never too many at once", async () => {
  const plan = fc.array(fc.nat(30), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(plan, fc.integer({ min: 1, max: 5 }), async (turns, atOnce) => {
      let working = 0;
      let most = 0;
      const work = async (index: number): Promise<number> => {
        most = Math.max(most, (working += 1));
        const result = await later(index, turns[index] ?? 0);
        working -= 1;
        return result;
      };
      const results: number[] = [];
      for await (const result of inOrder(turns.keys(), work, atOnce)) results.push(result);
      expect(results).toEqual([...turns.keys()]);
      expect(most).toBeLessThanOrEqual(atOnce);
    }),
  );
});

test("a result is not held back for an item that does not come, and a reader may leave", async () => {
  let isLeft = false;
  async function* source(): AsyncGenerator<number> {
    try {
      yield 1;
      await new Promise(() => undefined);
    } finally {
      isLeft = true;
    }
  }
  for await (const result of inOrder(source(), async (item) => await later(item, 3), 4)) {
    expect(result).toBe(1);
    break;
  }
  // The source is stuck in its own waiting, so it cannot have been left; the reader was not made to wait for it.
  expect(isLeft).toBe(false);
});

test("a reader that leaves lets go of the source", async () => {
  let isLeft = false;
  function* source(): Generator<number> {
    try {
      for (let item = 0; ; item += 1) yield item;
    } finally {
      isLeft = true;
    }
  }
  for await (const result of inOrder(source(), async (item) => await later(item, 1), 2)) if (result === 3) break;
  expect(isLeft).toBe(true);
});

test("what the source gave before it threw is delivered before its error", async () => {
  function* source(): Generator<number> {
    yield* [1, 2, 3];
    throw new Error("the disk is gone");
  }
  const seen: number[] = [];
  const reading = (async () => {
    for await (const result of inOrder(source(), async (item) => await later(item, 10), 5)) seen.push(result);
  })();
  await expect(reading).rejects.toThrow("the disk is gone");
  expect(seen).toEqual([1, 2, 3]);
});

test("work that throws ends the run in its turn, after the results before it", async () => {
  const work = async (item: number): Promise<number> => {
    if (item === 2) throw new Error("two");
    return await later(item, 20);
  };
  const seen: number[] = [];
  const reading = (async () => {
    for await (const result of inOrder([0, 1, 2, 3], work, 4)) seen.push(result);
  })();
  await expect(reading).rejects.toThrow("two");
  expect(seen).toEqual([0, 1]);
});
