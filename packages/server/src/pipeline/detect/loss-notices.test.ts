import { pino } from "pino";
import { createCorrelator, createEngine, loadRules } from "@tyr/sigma";
import { expect, test } from "vitest";
import { createLossNotices } from "./loss-notices.ts";

const text = `title: seen
name: seen
logsource: { category: test }
detection: { sel: { kind: a }, condition: sel }
---
title: Many
name: many
correlation: { type: event_count, rules: [seen], group-by: [user], timespan: 1m, condition: { gte: 9 } }
`;

test("groups let go are told at once by rule and group, then at most once a minute with what has come together", () => {
  const ruleSet = loadRules([{ path: "r.yml", text }]);
  const engine = createEngine(ruleSet);
  const said: object[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void said.push(JSON.parse(line) as object) });
  let nowMs = 1_000_000;
  const onLoss = createLossNotices(log, { now: () => new Date(nowMs) });
  const correlator = createCorrelator(ruleSet, { groupsMax: 1, onLoss });
  const feed = (user: string): void => {
    const event = { id: "e", timeMs: 0, logsource: { category: "test" }, fields: { kind: "a", user } };
    correlator.feed(event, engine.match(event));
  };
  for (const user of ["one\u202E", "two", "three", "four"]) feed(user);
  expect(said).toMatchObject([{ rule: "many", title: "Many", reason: "evicted", count: 1, times: 1 }]);
  expect(said).toMatchObject([{ group: String.raw`["one\u{202e}"]` }]);
  nowMs += 60_000;
  feed("five");
  expect(said.slice(1)).toMatchObject([{ reason: "evicted", group: '["four"]', count: 3, times: 3 }]);
});
