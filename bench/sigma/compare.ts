/** Where two engines disagree about one rule, in events. */
export type Difference = Readonly<{ rule: string; both: number; onlyOurs: number; onlyTheirs: number }>;

export type Comparison = Readonly<{ ours: number; theirs: number; both: number; differences: readonly Difference[] }>;

/** Compares matches written as lines of `line number, tab, rule id`; the order and repetitions do not count. */
export function comparePairs(oursText: string, theirsText: string): Comparison {
  const ours = pairsOf(oursText);
  const theirs = pairsOf(theirsText);
  const rules = new Map<string, { both: number; onlyOurs: number; onlyTheirs: number }>();
  const countFor = (pair: string) => {
    const rule = pair.slice(pair.indexOf("\t") + 1);
    const counts = rules.get(rule) ?? { both: 0, onlyOurs: 0, onlyTheirs: 0 };
    rules.set(rule, counts);
    return counts;
  };
  for (const pair of ours) countFor(pair)[theirs.has(pair) ? "both" : "onlyOurs"] += 1;
  for (const pair of theirs) if (!ours.has(pair)) countFor(pair).onlyTheirs += 1;
  const differences = [...rules]
    .filter(([, counts]) => counts.onlyOurs + counts.onlyTheirs > 0)
    .map(([rule, counts]) => ({ rule, ...counts }))
    .sort((a, b) => b.onlyOurs + b.onlyTheirs - a.onlyOurs - a.onlyTheirs);
  const both = [...rules.values()].reduce((sum, counts) => sum + counts.both, 0);
  return { ours: ours.size, theirs: theirs.size, both, differences };
}

function pairsOf(text: string): ReadonlySet<string> {
  return new Set(text.split("\n").filter((line) => line !== ""));
}
