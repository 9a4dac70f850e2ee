import { explain, quote, type RuleExplanation } from "../explain.ts";
import type { RuleSet } from "../load.ts";
import type { SigmaEvent } from "../match/event.ts";
import type { CorrelationRule, DetectionRule } from "../rule.ts";
import { groupOf } from "./contribution.ts";
import { correlatorDefaults, type CorrelatorOptions, openCorrelator } from "./correlator.ts";
import { GroupLog, type ShownWindow } from "./shown-window.ts";
import { asked, compared, whyLeft } from "./step-words.ts";
import type { CorrelationHit, CorrelationLoss, TrackStep } from "./track.ts";

/**
 * What one event came to in one correlation. `fired`: reported here; `goes-on`: the condition is met, but belongs to a
 * burst that was reported before; `not-met`: taken into the window, which does not meet the condition; `late`: behind
 * the allowed lateness; `left-out`: not taken into any group.
 */
export type CorrelationVerdict = "fired" | "goes-on" | "not-met" | "late" | "left-out";

/** What one correlation made of one event, and the window it judged it by. */
export type CorrelationExplanation = Readonly<{
  rule: CorrelationRule;
  /** Keys of the rules referred to that hold, in the order of its list. */
  from: readonly string[];
  verdict: CorrelationVerdict;
  /** For people; texts of the event are quoted, shortened and shown without control characters. */
  why: string;
  /** The group by name, in the spelling of the event; absent when it belongs to none. */
  group?: Readonly<Record<string, string>>;
  /** The window that was judged; of a late event the one it completed. */
  window?: ShownWindow;
}>;

/** What one event of a sequence came to. */
export type CorrelationAccount = Readonly<{
  eventId: string;
  /** Every rule the correlation rests on, and its own reasoning about the event. */
  bases: readonly Readonly<{ rule: DetectionRule; explanation: RuleExplanation }>[];
  /** Inner correlations of a chain stand before those that refer to them. Empty when no base holds. */
  steps: readonly CorrelationExplanation[];
  /** Of the correlation asked for. */
  hits: readonly CorrelationHit[];
  /** What was let go or not used at this event, of other groups too. */
  losses: readonly CorrelationLoss[];
}>;

/**
 * Explains a correlation over a sequence of events: feeds them, in order, to a correlator of its own that knows only
 * what this one rests on, and tells of each what became of it.
 *
 * @param options bounds, as for `createCorrelator`: an explanation holds for the bounds it was made with
 */
export function explainCorrelation(
  ruleSet: Pick<RuleSet, "rules" | "correlations">,
  rule: CorrelationRule,
  options: Omit<CorrelatorOptions, "onLoss" | "openStore"> = {},
): (event: SigmaEvent) => CorrelationAccount {
  const needed = neededBy(ruleSet, rule);
  const bases = ruleSet.rules.filter(({ key }) => needed.has(key));
  const correlations = ruleSet.correlations.filter(({ key }) => needed.has(key));
  const { allowedLatenessMs = correlatorDefaults.allowedLatenessMs } = options;
  const logs = new Map(correlations.map((one) => [one.key, new GroupLog(one.correlation, allowedLatenessMs)]));
  let steps: CorrelationExplanation[] = [];
  let losses: CorrelationLoss[] = [];
  const onLoss = (loss: CorrelationLoss): void => {
    losses.push(loss);
    const isGone = loss.reason === "evicted" || loss.reason === "expired";
    if (isGone && loss.groupKey !== undefined) logs.get(loss.rule.key)?.drop(loss.groupKey);
  };
  const onStep = (step: TrackStep): void => {
    const log = logs.get(step.rule.key);
    if (log !== undefined) steps.push(explainStep(step, log, allowedLatenessMs));
  };
  const correlator = openCorrelator(correlations, { ...options, onLoss }, onStep);
  return (event) => {
    steps = [];
    losses = [];
    const judged = bases.map((base) => ({ rule: base, explanation: explain(base, event) }));
    const matches = judged.flatMap(({ rule: base, explanation }) =>
      explanation.matched ? [{ rule: base, eventId: event.id }] : [],
    );
    const hits = correlator.feed(event, matches).filter((hit) => hit.rule.key === rule.key);
    return { eventId: event.id, bases: judged, steps, hits, losses };
  };
}

/** Keys of everything a correlation rests on, itself included. */
function neededBy({ correlations }: Pick<RuleSet, "correlations">, rule: CorrelationRule): ReadonlySet<string> {
  const needed = new Set([rule.key]);
  // Correlations stand after those they refer to.
  for (const { key, correlation } of correlations.toReversed()) {
    if (needed.has(key)) for (const referred of correlation.rules) needed.add(referred);
  }
  return needed;
}

function explainStep(step: TrackStep, log: GroupLog, allowedLatenessMs: number): CorrelationExplanation {
  const { rule, positions, signal } = step;
  const { correlation } = rule;
  const from = positions.map((position) => correlation.rules[position] ?? "");
  if (step.kind === "left") return { rule, from, verdict: "left-out", why: whyLeft(step) };
  const { entry, outcome, groupKey } = step;
  const group = groupOf(signal, correlation, from[0] ?? "");
  if (outcome.kind === "late") {
    const behindMs = (log.newestMs(groupKey) ?? entry.timeMs) - entry.timeMs;
    const why = `it is ${behindMs / 1000} s older than the newest event of its group, and at most ${allowedLatenessMs / 1000} s are allowed`;
    return { rule, from, verdict: "late", why, group };
  }
  const isLate = entry.timeMs < (log.newestMs(groupKey) ?? entry.timeMs);
  const window = log.take(groupKey, entry, outcome);
  const verdict = outcome.firings.length > 0 ? "fired" : outcome.satisfied ? "goes-on" : "not-met";
  const why = [
    ...(isLate ? ["it came late and was put in its place"] : []),
    compared(correlation, window),
    ...(verdict === "goes-on" ? ["this burst was reported before, and a burst is reported once"] : []),
    ...(outcome.truncated > 0 ? [`the group was full: its ${outcome.truncated} oldest entries were let go`] : []),
  ];
  return { rule, from, verdict, why: why.join("; "), group, window };
}

/** What a correlation waits for, in one line: `events ≥ 3 within 300 s, by "source.ip"`. */
export function describeCorrelation({ correlation }: CorrelationRule): string {
  const { spanMs, groupBy } = correlation;
  const by = groupBy.length === 0 ? "over all events" : `by ${groupBy.map(quote).join(", ")}`;
  return `${correlation.type}: ${asked(correlation)} within ${spanMs / 1000} s, ${by}`;
}
