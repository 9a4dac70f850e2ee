import { createCorrelator } from "./correlate/correlator.ts";
import { explain, type RuleExplanation } from "./explain.ts";
import type { RuleSet } from "./load.ts";
import { createEngine } from "./match/engine.ts";
import type { EventLogsource, SigmaEvent } from "./match/event.ts";
import type { Fields } from "./expression.ts";

/** One event of a rule test; what is left out is filled in. */
export type RuleTestEvent = Readonly<{
  fields: Fields;
  /** Milliseconds; by default one second after the event before. */
  timeMs?: number;
  raw?: string;
  /** Without one every rule applies. */
  logsource?: EventLogsource;
}>;

/** A few events and what the rule must say of them. */
export type RuleTestCase = Readonly<{
  name: string;
  /** Fed in this order. */
  events: readonly RuleTestEvent[];
  /** How often the rule must hit: matching events of a rule, hits of a correlation; true means at least once. */
  expected: boolean | number;
}>;

/** What became of one case. */
export type RuleTestResult = Readonly<{
  name: string;
  passed: boolean;
  expected: boolean | number;
  actual: number;
  /** For a failed test of a single-event rule: why each event did or did not match. */
  explanations: readonly RuleExplanation[];
}>;

/**
 * Runs the tests of one rule inside its rule set, so that filters and referred rules take part.
 *
 * @param ruleKey key, id or name of a rule or correlation
 * @throws {RangeError} when there is no such rule: a test that tests nothing must not pass
 */
export function runRuleTests(
  ruleSet: RuleSet,
  ruleKey: string,
  cases: readonly RuleTestCase[],
): readonly RuleTestResult[] {
  const rule = [...ruleSet.rules, ...ruleSet.correlations].find(({ key, id, name }) =>
    [key, id, name].includes(ruleKey),
  );
  if (rule === undefined) throw new RangeError(`there is no loaded rule ${ruleKey} to test`);
  return cases.map(({ name, events, expected }) => {
    const prepared = prepare(events);
    const actual = countHits(ruleSet, rule.key, prepared);
    const passed = typeof expected === "number" ? actual === expected : actual > 0 === expected;
    const explanations = passed || rule.kind === "correlation" ? [] : prepared.map(({ event }) => explain(rule, event));
    return { name, passed, expected, actual, explanations };
  });
}

type Prepared = Readonly<{ event: SigmaEvent; isRouted: boolean }>;

function prepare(events: readonly RuleTestEvent[]): readonly Prepared[] {
  let timeMs = -1000;
  return events.map((event, index) => {
    timeMs = event.timeMs ?? timeMs + 1000;
    const raw = event.raw === undefined ? {} : { raw: event.raw };
    const { fields, logsource } = event;
    return {
      event: { id: `event-${index + 1}`, timeMs, logsource: logsource ?? {}, fields, ...raw },
      isRouted: logsource !== undefined,
    };
  });
}

function countHits(ruleSet: RuleSet, key: string, events: readonly Prepared[]): number {
  const routed = createEngine(ruleSet);
  const unrouted = createEngine(ruleSet, { routing: "none" });
  const correlator = createCorrelator(ruleSet);
  let hits = 0;
  for (const { event, isRouted } of events) {
    const matches = (isRouted ? routed : unrouted).match(event);
    const found = [...matches, ...correlator.feed(event, matches)];
    hits += found.filter(({ rule }) => rule.key === key).length;
  }
  return hits;
}
