import { describe, expect, test } from "vitest";
import type { NotificationKind } from "@tyr/contract";
import { planMessages } from "./plan-messages.ts";

const now = new Date("2026-11-02T08:01:00.000Z");
function notices(count: number, secondsAgo: number, kind: NotificationKind = "waiting") {
  const at = new Date(now.getTime() - secondsAgo * 1_000);
  return Array.from({ length: count }, (_, number) => ({ number, kind, at }));
}
const sizes = (plan: ReturnType<typeof planMessages>) => [plan.single.length, plan.digest.length];

describe("what goes out", () => {
  test("is a message for each thing while there is little", () => {
    expect(sizes(planMessages(notices(3, 0), 0, now))).toEqual([3, 0]);
    expect(sizes(planMessages(notices(1, 0), 2, now))).toEqual([1, 0]);
  });

  test("is one message for a hundred proposals of a minute, at the minute's end", () => {
    expect(sizes(planMessages(notices(100, 59), 0, now))).toEqual([0, 0]);
    expect(sizes(planMessages(notices(100, 60), 0, now))).toEqual([0, 100]);
    expect(sizes(planMessages(notices(1, 30), 3, now))).toEqual([0, 0]);
  });

  test("is never a digest of one thing", () => {
    expect(sizes(planMessages(notices(1, 60), 3, now))).toEqual([1, 0]);
  });

  test("does not wait where approvals were done without, however much else happens", () => {
    const all = [...notices(100, 5), ...notices(2, 0, "break_glass")];
    const plan = planMessages(all, 3, now);
    expect(sizes(plan)).toEqual([2, 0]);
    expect(plan.single.every(({ kind }) => kind === "break_glass")).toBe(true);
    expect(sizes(planMessages([...notices(100, 60), ...notices(1, 0, "break_glass")], 0, now))).toEqual([1, 100]);
  });
});
