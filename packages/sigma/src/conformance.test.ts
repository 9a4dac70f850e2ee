import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createCorrelator, createEngine, evaluate, type LoadOptions, loadRules } from "./index.ts";

type Status = "spec" | "contested";
type DetectionVector = Readonly<{
  id: string;
  rule: string;
  event: Readonly<Record<string, unknown>>;
  expected: boolean;
  status: Status;
  config?: LoadOptions;
}>;
type RejectVector = Readonly<{ id: string; rule: string; status: Status }>;
type FilterVector = Readonly<{
  id: string;
  rules: string;
  event: Readonly<Record<string, unknown>>;
  expected_titles: readonly string[];
}>;
type CorrelationVector = Readonly<{
  id: string;
  rules: string;
  events: readonly Readonly<{ ts: number; event: Readonly<Record<string, unknown>> }>[];
  expected_first_fire_index: number | null;
}>;

function vectors(name: string): unknown {
  const text = readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8");
  return (JSON.parse(text) as { vectors: unknown }).vectors;
}

describe("detection", () => {
  test.each(vectors("sigma-detection") as readonly DetectionVector[])(
    "$id ($status)",
    ({ rule, event, expected, config }) => {
      const ruleSet = loadRules([{ path: "vector.yml", text: rule }], config ?? {});
      expect(ruleSet.report).toMatchObject([{ status: "loaded" }]);
      const engine = createEngine(ruleSet, { routing: "none" });
      const sigmaEvent = { id: "e", timeMs: 0, logsource: {}, fields: event };
      expect(engine.match(sigmaEvent).length > 0).toBe(expected);
      expect(ruleSet.rules.map(({ expression }) => evaluate(expression, sigmaEvent))).toEqual([expected]);
    },
  );
});

describe("rejection", () => {
  test.each(vectors("sigma-reject") as readonly RejectVector[])("$id ($status)", ({ rule }) => {
    const { report, rules } = loadRules([{ path: "vector.yml", text: rule }]);
    expect(rules).toEqual([]);
    expect(report).toMatchObject([{ status: "rejected", path: "vector.yml" }]);
  });
});

describe("filters", () => {
  test.each(vectors("sigma-filters") as readonly FilterVector[])("$id", ({ rules, event, expected_titles }) => {
    const ruleSet = loadRules([{ path: "vector.yml", text: rules }]);
    expect(ruleSet.report.filter(({ status }) => status === "rejected")).toEqual([]);
    const engine = createEngine(ruleSet, { routing: "none" });
    const matches = engine.match({ id: "e", timeMs: 0, logsource: {}, fields: event });
    expect(matches.map(({ rule }) => rule.title)).toEqual(expected_titles);
  });
});

describe("correlation", () => {
  test.each(vectors("sigma-correlation") as readonly CorrelationVector[])("$id", (vector) => {
    const ruleSet = loadRules([{ path: "vector.yml", text: vector.rules }]);
    expect(ruleSet.report.filter(({ status }) => status === "rejected")).toEqual([]);
    const engine = createEngine(ruleSet, { routing: "none" });
    const correlator = createCorrelator(ruleSet);
    const firstFire = vector.events.findIndex(({ ts, event }, index) => {
      const sigmaEvent = { id: `e${index}`, timeMs: ts * 1000, logsource: {}, fields: event };
      return correlator.feed(sigmaEvent, engine.match(sigmaEvent)).some(({ rule }) => rule.title === "CORR");
    });
    expect(firstFire === -1 ? null : firstFire).toBe(vector.expected_first_fire_index);
  });
});
