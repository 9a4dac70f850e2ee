import { describe, expect, test } from "vitest";
import type { Contribution } from "./incident.ts";
import { listed, listedRisk, priorityOf, riskOf, severityOf } from "./risk.ts";

const since = "2026-02-01T10:00:00.000Z";
function contribution(changes: Partial<Contribution> = {}): Contribution {
  const ruleId = changes.ruleId ?? "rule-a";
  return {
    ruleId,
    ruleTitle: "A rule",
    severity: "low",
    pointsEach: 20,
    detections: 1,
    phrase: null,
    since,
    ...changes,
  };
}

describe("risk", () => {
  test.each([
    [1, 20, "1 detection × 20 points"],
    [2, 40, "2 detections × 20 points"],
    [9, 40, "9 detections × 20 points, capped at 40 for one rule"],
  ])("%d detections of one rule worth 20 are %d points, and the reason says how", (detections, points, reason) => {
    expect(listed(contribution({ detections }))).toMatchObject({ points, detections, reason });
  });

  test("is the sum of what is listed, and never more than 100", () => {
    const some = [contribution({ detections: 9 }), contribution({ ruleId: "b", pointsEach: 35 })];
    expect(riskOf(some)).toBe(some.reduce((sum, one) => sum + listed(one).points, 0));
    expect(riskOf([...some, contribution({ ruleId: "c", pointsEach: 60 })])).toBe(100);
    expect(riskOf([])).toBe(0);
  });

  test("adds up to the score from its lines, the cap is a line of its own", () => {
    const total = (all: readonly Contribution[]) => listedRisk(all).reduce((sum, { points }) => sum + points, 0);
    const some = [contribution({ detections: 9 }), contribution({ ruleId: "b", pointsEach: 60 })];
    expect([total([]), total(some), listedRisk(some)]).toEqual([0, 100, some.map(listed)]);
    const more = [...some, contribution({ ruleId: "c", pointsEach: 35 })];
    expect([total(more), riskOf(more)]).toEqual([100, 100]);
    expect(listedRisk(more).at(-1)).toEqual({
      ruleId: "cap",
      ruleTitle: "Capped at 100",
      points: -35,
      detections: 0,
      reason: "the points add up to 135, a risk is at most 100",
    });
  });

  test.each([
    [0, "info", 5],
    [1, "low", 4],
    [39, "low", 4],
    [40, "medium", 3],
    [69, "medium", 3],
    [70, "high", 2],
    [89, "high", 2],
    [90, "critical", 1],
  ] as const)("a risk of %d is %s, priority %d", (risk, severity, priority) => {
    expect(severityOf(risk, [])).toBe(severity);
    expect(priorityOf(severity)).toBe(priority);
  });

  test("one bad detection is not outvoted by a low sum", () => {
    expect(severityOf(20, [contribution({ severity: "critical" })])).toBe("critical");
    expect(severityOf(95, [contribution({ severity: "low" })])).toBe("critical");
  });
});
