import { describe, expect, test } from "vitest";
import { behaviourClass, toolByAgent, toolsByCadence } from "./behaviour-class.ts";
import { another, firstAt, variation } from "./intervals.ts";

describe("the class of a behaviour, by thresholds in their order", () => {
  test.each([
    ["two events say nothing", 2, 9, 0, 0, "unknown"],
    ["two services slowly", 4, 2, 10, 0.1, "slow_scan"],
    ["two services, three events", 3, 2, 10, 0.1, "mixed"],
    ["three services fast", 3, 3, 9.9, 2, "scanning"],
    ["two services very fast", 3, 2, 1.9, 2, "scanning"],
    ["two services, neither fast nor slow", 5, 2, 2, 0.4, "mixed"],
    ["one service, steady and fast", 8, 1, 4.9, 0.59, "brute_force"],
    ["seven are not enough for guessing", 7, 1, 4.9, 0.4, "mixed"],
    ["one service, steady and slow", 4, 1, 5, 0.34, "beaconing"],
    ["too irregular for a beacon", 4, 1, 5, 0.35, "mixed"],
    ["irregular and fast", 6, 1, 4.9, 0.6, "interactive"],
    ["slow and irregular", 6, 1, 60, 0.9, "mixed"],
  ] as const)("%s", (...[, events, services, meanS, cv, expected]) => {
    expect(behaviourClass({ events, services, meanS, cv })).toBe(expected);
  });
});

test.each([
  [60, 0.2, ["cobalt_strike"]],
  [68, 0.25, ["cobalt_strike", "sliver"]],
  [70, 0.38, ["sliver"]],
  [45, 0.1, ["havoc"]],
  [30, 0.15, ["mythic"]],
  [36.1, 0.15, []],
  [60, 0.5, []],
])("a beat of %d s with a jitter of %d may be %j", (intervalS, jitter, tools) => {
  expect(toolsByCadence({ intervalS, jitter })).toEqual(tools);
});

test("a tool that names itself is known by its name, an ordinary browser by none", () => {
  expect(toolByAgent("Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)")).toBe("nmap");
  expect(toolByAgent("Fuzz Faster U Fool v2.1.0-dev")).toBeUndefined();
  expect(toolByAgent("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")).toBeUndefined();
  expect(toolByAgent(`${"x".repeat(600)}sqlmap`)).toBeUndefined();
});

test("mean and spread of intervals are those of all intervals, and what comes late tells nothing", () => {
  let intervals = firstAt(0);
  for (const at of [10_000, 30_000, 25_000, 60_000]) intervals = another(intervals, at);
  // 10, 20 and 30 seconds: mean 20, population standard deviation 8.165
  expect(intervals.count).toBe(3);
  expect(intervals.mean).toBeCloseTo(20);
  expect(variation(intervals)).toBeCloseTo(0.408, 3);
  expect(variation(firstAt(0))).toBe(0);
});
