import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createCorrelator, createEngine, loadRules } from "../index.ts";

type Vector = Readonly<{
  id: string;
  note: string;
  rules: string;
  events: readonly Readonly<{ ts: number; event: Readonly<Record<string, unknown>> }>[];
  expected_fires: readonly number[];
}>;

const file = readFileSync(new URL("../../vectors/tyr-correlation.json", import.meta.url), "utf8");
const { vectors } = JSON.parse(file) as { vectors: readonly Vector[] };

test.each(vectors)("$id: $note", ({ rules, events, expected_fires: expected }) => {
  const ruleSet = loadRules([{ path: "vector.yml", text: rules }]);
  expect(ruleSet.report.filter(({ status }) => status === "rejected")).toEqual([]);
  const engine = createEngine(ruleSet, { routing: "none" });
  const correlator = createCorrelator(ruleSet);
  const fired = events.flatMap(({ ts, event: fields }, index) => {
    const event = { id: `e${index}`, timeMs: ts * 1000, logsource: {}, fields };
    const hits = correlator.feed(event, engine.match(event)).filter(({ rule }) => rule.title === "CORR");
    return hits.map(() => index);
  });
  expect(fired).toEqual(expected);
});
