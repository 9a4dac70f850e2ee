import type { CorrelationHit, SavedState, SigmaEvent } from "@tyr/sigma";

/** What the killed process leaves behind. */
export type SavedStream = Required<SavedState> &
  Readonly<{ position: number; hits: readonly (Omit<CorrelationHit, "rule"> & Readonly<{ rule: string }>)[] }>;

const base = ["failure", "success", "probe"].map(
  (name) => `title: ${name}
name: ${name}
logsource: { category: test }
detection: { s: { kind: ${name} }, condition: s }
`,
);
const correlations = {
  guessing: "type: event_count, rules: [failure], group-by: [user], timespan: 20s, condition: { gte: 5 }",
  spraying:
    "type: value_count, rules: [failure], group-by: [source], timespan: 30s, condition: { field: user, gte: 4 }",
  entered: "type: temporal_ordered, rules: [guessing, success], group-by: [user], timespan: 40s",
  together: "type: temporal, rules: [probe, failure, success], group-by: [source], timespan: 5s",
  volume: "type: value_sum, rules: [probe], group-by: [source], timespan: 30s, condition: { field: bytes, gte: 300 }",
};

export const correlationRules: string = [
  ...base,
  ...Object.entries(correlations).map(([name, text]) => `title: ${name}\nname: ${name}\ncorrelation: { ${text} }\n`),
].join("---\n");

/** Mulberry32. */
export function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The same 12,000 events every time, some of them late: every window is open at nearly every moment. */
export function stream(): readonly SigmaEvent[] {
  const next = generator(20_260_102);
  return Array.from({ length: 12_000 }, (_, index) => ({
    id: `evt_${index}`,
    timeMs: index * 700 - (next(12) === 0 ? next(15_000) : 0),
    logsource: { category: "test" },
    fields: {
      kind: ["failure", "failure", "success", "probe"][next(4)],
      user: `user-${next(9)}`,
      source: `203.0.113.${next(7)}`,
      bytes: next(120),
    },
  }));
}
