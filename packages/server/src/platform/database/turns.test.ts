import { describe, expect, test } from "vitest";
import { isUrgent, urgently } from "./lane.ts";
import { Turns, URGENT_IN_A_ROW_MAX, type Turn } from "./turns.ts";

type Named = Turn & Readonly<{ name: string }>;

/** Everything comes while the first statement runs. @returns the order in which they ran */
async function ranAs(turns: readonly Named[]): Promise<readonly string[]> {
  const ran: string[] = [];
  const arrived = Promise.withResolvers<void>();
  const line = new Turns<Named>(async ({ name }) => {
    await arrived.promise;
    ran.push(name);
  });
  for (const turn of turns) line.add(turn);
  arrived.resolve();
  while (ran.length < turns.length) await new Promise((resolve) => void setImmediate(resolve));
  return ran;
}

describe("the one session of the embedded engine", () => {
  test("lets what somebody waits for go before batches, each kind as it came", async () => {
    const running = { name: "running", connection: 1 };
    const batches = ["batch 1", "batch 2"].map((name, index) => ({ name, connection: 2 + index }));
    const clicks = ["click 1", "click 2"].map((name, index) => ({ name, connection: 7 + index, urgent: true }));
    expect(await ranAs([running, ...batches, ...clicks])).toEqual([
      "running",
      "click 1",
      "click 2",
      "batch 1",
      "batch 2",
    ]);
  });

  test("lets nothing into an open transaction, however urgent", async () => {
    const order = await ranAs([
      { name: "begin", connection: 1, begins: true },
      { name: "click", connection: 2, urgent: true },
      { name: "insert", connection: 1 },
      { name: "commit", connection: 1, ends: true },
    ]);
    expect(order).toEqual(["begin", "insert", "commit", "click"]);
  });

  test("asks before each turn who has come meanwhile, so that nobody waits for all that came before", async () => {
    const ran: string[] = [];
    const coming = [{ name: "click", connection: 9, urgent: true }];
    const line = new Turns<Named>(
      async ({ name }) => void ran.push(name),
      () => (ran.length === 1 ? coming.splice(0) : []),
    );
    for (const name of ["batch 1", "batch 2", "batch 3"]) line.add({ name });
    while (ran.length < 4) await new Promise((resolve) => void setImmediate(resolve));
    expect(ran).toEqual(["batch 1", "click", "batch 2", "batch 3"]);
  });

  test("does not let people who click without end stop the stages", async () => {
    const clicks = Array.from({ length: 20 }, (_, index) => ({ name: "click", connection: 9 + index, urgent: true }));
    const order = await ranAs([{ name: "running" }, { name: "batch" }, ...clicks, { name: "batch" }]);
    const [first, second] = order.flatMap((name, index) => (name === "batch" ? [index] : []));
    expect(first).toBe(1 + URGENT_IN_A_ROW_MAX);
    expect(second).toBe(2 + 2 * URGENT_IN_A_ROW_MAX);
  });
});

describe("what somebody waits for", () => {
  const pause = async (): Promise<void> => await new Promise((resolve) => void setTimeout(resolve, 1));

  test("is urgent as long as they wait, and not what it set off besides", async () => {
    const background = Promise.withResolvers<boolean>();
    const during = await urgently(async () => {
      await pause();
      void pause()
        .then(pause)
        .then(() => background.resolve(isUrgent()));
      return isUrgent();
    });
    expect([during, await background.promise, isUrgent()]).toEqual([true, false, false]);
  });

  test("is not urgent any more when it failed", async () => {
    const after = Promise.withResolvers<boolean>();
    const failing = urgently(async () => {
      void pause()
        .then(pause)
        .then(() => after.resolve(isUrgent()));
      await Promise.reject(new Error("half way"));
    });
    await expect(failing).rejects.toThrow("half way");
    expect(await after.promise).toBe(false);
  });
});
