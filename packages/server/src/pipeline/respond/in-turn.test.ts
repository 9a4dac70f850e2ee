import { expect, test } from "vitest";
import { createTurns } from "./in-turn.ts";

test("whoever asks at once is served one after the other, in that order", async () => {
  const inTurn = createTurns();
  let running = 0;
  const seen: string[] = [];
  const work = (name: string) => async () => {
    running += 1;
    seen.push(`${name} with ${running}`);
    await new Promise((resolve) => void setTimeout(resolve, 1));
    running -= 1;
    return name;
  };
  expect(await Promise.all(["a", "b", "c"].map(async (name) => await inTurn(work(name))))).toEqual(["a", "b", "c"]);
  expect(seen).toEqual(["a with 1", "b with 1", "c with 1"]);
});

test("a failure is its own asker's, and the next is served", async () => {
  const inTurn = createTurns();
  const broken = inTurn(async () => await Promise.reject(new Error("the database is away")));
  const next = inTurn(async () => "served");
  await expect(broken).rejects.toThrow("the database is away");
  expect(await next).toBe("served");
});
