import type { CorrelationHit, Correlator } from "../correlate/correlator.ts";
import type { RuleSet } from "../load.ts";
import type { SigmaEvent } from "../match/event.ts";
import type { DetectionRule } from "../rule.ts";
import type { BatchOutcome } from "./match-pool.ts";

/** A line at least one rule holds for. */
export type MatchedLine = Readonly<{
  /** In its batch, from 0. */
  position: number;
  /** Counted over everything given to the pool, from 0. */
  number: number;
  bytes: Uint8Array;
  /** In rule order, as `Engine.match` gives them. */
  rules: readonly DetectionRule[];
}>;

/** The matched lines of one batch, in their order; none of a batch that failed. */
export function* matchedLines(
  outcome: BatchOutcome,
  ruleSet: Pick<RuleSet, "rules">,
): Generator<MatchedLine, void, undefined> {
  if (!outcome.ok) return;
  const { lines, rules, batch, range } = outcome;
  let from = 0;
  while (from < lines.length) {
    const position = lines[from] ?? 0;
    let to = from + 1;
    while (to < lines.length && lines[to] === position) to += 1;
    const found = [...rules.subarray(from, to)].flatMap((number) => ruleSet.rules[number] ?? []);
    const bytes = batch.lines[position] ?? new Uint8Array(0);
    yield { position, number: range.firstLine + position, bytes, rules: found };
    from = to;
  }
}

/**
 * Feeds matched lines to the one correlator that holds the state. Fed the batches in their order, it answers what it would
 * had one thread matched every line.
 *
 * @param eventOf the event of a line, which is parsed only here; undefined leaves it out (counting it is the caller's business)
 */
export function feedMatched(
  correlator: Correlator,
  lines: Iterable<MatchedLine>,
  eventOf: (line: MatchedLine) => SigmaEvent | undefined,
): readonly CorrelationHit[] {
  const hits: CorrelationHit[] = [];
  for (const line of lines) {
    const event = eventOf(line);
    if (event === undefined) continue;
    const matches = line.rules.map((rule) => ({ rule, eventId: event.id }));
    hits.push(...correlator.feed(event, matches));
  }
  return hits;
}
