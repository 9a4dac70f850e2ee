import type { SigmaEvent } from "@tyr/sigma";
import { expect, test } from "vitest";
import { buildRulePack } from "../rule-pack.ts";
import { createRuleCosts } from "./rule-costs.ts";

const LOGIN = "11111111-1111-4111-8111-111111111111";
const WEB = "22222222-2222-4222-8222-222222222222";
const pack = buildRulePack([
  {
    path: "rules.yml",
    text: `
title: Refused
id: ${LOGIN}
logsource: { category: authentication }
detection: { selection: { event.outcome: failure }, condition: selection }
---
title: Asked
id: ${WEB}
logsource: { category: webserver }
detection: { words: [wget], condition: words }
`,
  },
]);
const logsource = Object.freeze({ category: "authentication" });
const event = (raw = "line"): SigmaEvent => ({
  id: "evt_1",
  timeMs: 0,
  logsource,
  fields: { "event.outcome": "failure" },
  raw,
});
/** A clock that goes on by so much each time somebody looks. */
const ticking = (stepMs: number) => {
  let ms = 0;
  const nowMs = () => (ms += stepMs);
  return { clocks: { nowMs, cpuMs: () => ms }, wait: (more: number) => void (ms += more) };
};

test("of many events some are timed, and only for rules their log source concerns", () => {
  const clock = ticking(0.001);
  const costs = createRuleCosts(pack, clock.clocks);
  for (let sent = 0; sent < 6_100; sent += 1) costs.offer(event());
  const { byRule, totalMs } = costs.report();
  expect([...byRule.keys()]).toEqual([LOGIN]);
  expect(byRule.get(LOGIN)?.samples).toBe(100);
  expect(totalMs).toBeCloseTo(0.1, 6);
});

test("timing stops where it would take more than its share of the time, and goes on after a quiet time", () => {
  const clock = ticking(3);
  const costs = createRuleCosts(pack, clock.clocks);
  for (let sent = 0; sent < 61_000; sent += 1) costs.offer(event());
  const flooded = costs.report().byRule.get(LOGIN)?.samples ?? 0;
  expect(flooded).toBeGreaterThan(1);
  expect(flooded).toBeLessThan(10);
  clock.wait(10_000);
  for (let sent = 0; sent < 61; sent += 1) costs.offer(event());
  expect(costs.report().byRule.get(LOGIN)?.samples).toBe(flooded + 1);
});

test("lines an attacker made long are not timed: one by one they would take too much", () => {
  const costs = createRuleCosts(pack);
  for (let sent = 0; sent < 6_100; sent += 1) costs.offer(event("x".repeat(3_000)));
  expect(costs.report().byRule.size).toBe(0);
});
