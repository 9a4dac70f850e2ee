import { createCorrelator, createEngine, type RefusedGroup } from "@tyr/sigma";
import { expect, test } from "vitest";
import { createLossCounts } from "./loss-counts.ts";
import { buildRulePack } from "./rule-pack.ts";

const SEEN = "11111111-2222-4333-8444-555555555555";
const BY_USER = "22222222-2222-4333-8444-555555555555";
const BY_HOST = "33333333-2222-4333-8444-555555555555";
const counting = (id: string, field: string): string => `
---
title: Many by ${field}
id: ${id}
correlation: { type: event_count, rules: [seen], group-by: [${field}], timespan: 1m, condition: { gte: 9 } }
`;
const text = `title: Seen
id: ${SEEN}
name: seen
logsource: { category: test }
detection: { sel: { kind: a }, condition: sel }
${counting(BY_USER, "user")}${counting(BY_HOST, "host")}`;
const pack = buildRulePack([{ path: "r.yml", text }]);
const none = { late: 0, untimed: 0, ungrouped: 0, truncated: 0, evicted: 0, refused: 0, expired: 0 };

test("groups let go are counted for the rule that let them go, the one that lost most first", () => {
  expect(pack.rejected).toEqual([]);
  const counts = createLossCounts(() => pack.rules);
  const engine = createEngine(pack.ruleSet);
  const correlator = createCorrelator(pack.ruleSet, { groupsMax: 2, onLoss: counts.add });
  for (const user of ["one", "two", "three", "four", "five"]) {
    const fields = { kind: "a", user, ...(user === "one" ? {} : { host: "h" }) };
    const event = { id: user, timeMs: 0, logsource: { category: "test" }, fields };
    correlator.feed(event, engine.match(event));
  }
  expect(counts.report()).toEqual({
    total: { ...none, evicted: 3, ungrouped: 1 },
    byRule: [
      { ruleId: BY_USER, title: "Many by user", losses: { ...none, evicted: 3 } },
      { ruleId: BY_HOST, title: "Many by host", losses: { ...none, ungrouped: 1 } },
    ],
  });
});

test("windows nobody can go on from are counted too, also for a rule that is gone; what expires as it should is not told", () => {
  const counts = createLossCounts(() => pack.rules);
  const refused = (correlationId: string): RefusedGroup => ({ correlationId, groupKey: "[]", reason: "is gone" });
  counts.refuse([refused("gone"), refused("gone"), refused(BY_USER)]);
  const [rule] = pack.ruleSet.correlations.filter(({ key }) => key === BY_HOST);
  if (rule === undefined) throw new Error("the pack has lost a rule");
  counts.add({ rule, reason: "expired", count: 5 });
  expect(counts.report()).toMatchObject({
    total: { refused: 3, expired: 5 },
    byRule: [
      { ruleId: "gone", title: null, losses: { refused: 2 } },
      { ruleId: BY_USER, title: "Many by user", losses: { refused: 1 } },
    ],
  });
});

test("an answer names at most a hundred rules, and still counts all", () => {
  const counts = createLossCounts(() => pack.rules);
  const ids = Array.from({ length: 150 }, (_, number) => `rule-${number}`);
  counts.refuse(ids.map((correlationId) => ({ correlationId, groupKey: "[]", reason: "is gone" })));
  expect(counts.report().byRule).toHaveLength(100);
  expect(counts.report().total.refused).toBe(150);
});
