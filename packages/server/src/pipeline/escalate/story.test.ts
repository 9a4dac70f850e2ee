import { describe, expect, test } from "vitest";
import type { Contribution } from "./incident.ts";
import { categoryOf, titleOf } from "./story.ts";

function contribution(changes: Partial<Contribution>): Contribution {
  const ruleId = changes.ruleId ?? "rule";
  const since = "2026-02-01T10:00:00.000Z";
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
const guessed = contribution({ ruleId: "a", phrase: "guessed passwords", severity: "medium" });
const entered = contribution({
  ruleId: "b",
  phrase: "logged in as root after guessing",
  severity: "critical",
  since: "2026-02-01T10:05:00.000Z",
});
const looked = contribution({ ruleId: "c", phrase: "looked the system over", since: "2026-02-01T09:00:00.000Z" });
const actorIp = "203.0.113.7";

describe("the title of an incident", () => {
  test("tells the two weightiest things in the order in which they happened", () => {
    expect(titleOf({ actorIp, contributions: [looked, entered, guessed], sensors: ["gate"] })).toBe(
      "203.0.113.7 guessed passwords on gate and logged in as root after guessing",
    );
  });

  test("counts further places instead of listing them", () => {
    expect(titleOf({ actorIp, contributions: [guessed], sensors: ["gate", "web", "db"] })).toBe(
      "203.0.113.7 guessed passwords on gate and 2 more",
    );
  });

  test("names the rule where no phrase or no address is known", () => {
    expect(titleOf({ actorIp: null, contributions: [contribution({})], sensors: ["gate"] })).toBe("A rule on gate");
    expect(titleOf({ actorIp, contributions: [contribution({})], sensors: [] })).toBe("203.0.113.7: A rule");
  });

  test("is one bounded line, whatever a sensor is called", () => {
    const title = titleOf({ actorIp, contributions: [guessed], sensors: [`a\nb\u202E${"x".repeat(500)}`] });
    expect(title).not.toMatch(/[\n\u202E]/);
    expect(Array.from(title).length).toBeLessThanOrEqual(200);
  });
});

test.each([
  [["reconnaissance", "discovery"], "policy_violation"],
  [["reconnaissance", "credential-access"], "unauthorized_access"],
  [["credential-access", "execution"], "system_compromise"],
  [["execution", "command-and-control"], "malware"],
  [["command-and-control", "exfiltration"], "data_leak"],
  [[], "policy_violation"],
])("tactics %j make a %s", (tactics, category) => {
  expect(categoryOf(tactics)).toBe(category);
});
