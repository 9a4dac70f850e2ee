import { evaluate, ruleApplies, type DetectionRule, type EventLogsource, type SigmaEvent } from "@tyr/sigma";
import type { RulePack } from "../rule-pack.ts";

type RuleTime = Readonly<{ samples: number; ms: number }>;
/** What rules took where they were timed, by the key of the rule; rules never timed are left out. */
export type CostReport = Readonly<{ totalMs: number; byRule: ReadonlyMap<string, RuleTime> }>;

export type RuleCosts = Readonly<{
  /** Perhaps judges the rules of this event once more, one by one, with a stopwatch. */
  offer(event: SigmaEvent): void;
  report(): CostReport;
}>;

/** Every so many events one may be sampled: a prime, so that no rhythm of a sensor falls in with it. */
const EVERY = 61;
/** Of the processor time this process takes; sampling stops where it would take more. */
const SHARE_MAX = 0.005;
/** What a quiet time saves up for a busy one. */
const SAVED_MS_MAX = 10;
/** Judging one by one takes time as texts times patterns: lines an attacker made long are not sampled. */
const LINE_CHARS_MAX = 2_048;

type Clocks = Readonly<{ nowMs: () => number; cpuMs: () => number }>;
const realClocks: Clocks = {
  nowMs: () => performance.now(),
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

/**
 * Times rules by themselves, as no two rules of the engine's program can be told apart. It compares rules with each other;
 * the engine, which shares their work, is faster than their sum.
 */
export function createRuleCosts(pack: Pick<RulePack, "ruleSet">, { nowMs, cpuMs }: Clocks = realClocks): RuleCosts {
  const times = new Map<string, { samples: number; ms: number }>();
  const applying = new WeakMap<EventLogsource, readonly DetectionRule[]>();
  let totalMs = 0;
  let events = 0;
  let savedMs = SAVED_MS_MAX;
  let lookedAtMs = cpuMs();

  const rulesOf = (logsource: EventLogsource): readonly DetectionRule[] => {
    const known = applying.get(logsource);
    if (known !== undefined) return known;
    const rules = pack.ruleSet.rules.filter((rule) => ruleApplies(rule.logsource, logsource));
    applying.set(logsource, rules);
    return rules;
  };
  const time = (rule: DetectionRule, event: SigmaEvent, fromMs: number): number => {
    evaluate(rule.expression, event);
    const toMs = nowMs();
    const known = times.get(rule.key) ?? { samples: 0, ms: 0 };
    known.samples += 1;
    known.ms += toMs - fromMs;
    times.set(rule.key, known);
    return toMs;
  };
  return {
    offer(event) {
      events += 1;
      if (events % EVERY !== 0 || (event.raw?.length ?? 0) > LINE_CHARS_MAX) return;
      const usedMs = cpuMs();
      savedMs = Math.min(SAVED_MS_MAX, savedMs + (usedMs - lookedAtMs) * SHARE_MAX);
      lookedAtMs = usedMs;
      if (savedMs <= 0) return;
      const beganMs = nowMs();
      let atMs = beganMs;
      for (const rule of rulesOf(event.logsource)) atMs = time(rule, event, atMs);
      totalMs += atMs - beganMs;
      savedMs -= nowMs() - beganMs;
    },
    report: () => ({ totalMs, byRule: new Map([...times].map(([key, one]) => [key, { ...one }])) }),
  };
}
