/** What the engine answers to every vector, the same way in Node and in a page: nothing of either platform is used here. */
import {
  createCorrelator,
  createEngine,
  evaluate,
  type EngineOptions,
  explain,
  type Fields,
  type LoadOptions,
  loadRules,
  type RuleSet,
  type StoredGroup,
} from "../src/index.ts";

type Detection = Readonly<{ id: string; rule: string; event: Fields; expected: boolean; config?: LoadOptions }>;
type Rejection = Readonly<{ id: string; rule: string }>;
type Filter = Readonly<{ id: string; rules: string; event: Fields; expected_titles: readonly string[] }>;
type Sequence = Readonly<{ id: string; rules: string; events: readonly Readonly<{ ts: number; event: Fields }>[] }>;

/** The files of `vectors/`, read. */
export type Vectors = Readonly<{
  detection: readonly Detection[];
  rejection: readonly Rejection[];
  filters: readonly Filter[];
  correlations: readonly (Sequence & Readonly<{ expected_first_fire_index: number | null }>)[];
  sequences: readonly (Sequence & Readonly<{ expected_fires: readonly number[] }>)[];
}>;

/** Without what a policy may forbid: no generated code, no WebAssembly. */
export const plainly = { generate: false, kernel: false } as const;

/** JSON, so that it can be handed from a page to a test. */
export type Answers = Readonly<{
  detection: Readonly<Record<string, DetectionAnswer>>;
  rejection: Readonly<Record<string, unknown>>;
  filters: Readonly<Record<string, readonly string[]>>;
  /** Per vector, the indexes of the events at which its correlation fired, and the rest it said. */
  correlations: Readonly<Record<string, SequenceAnswer>>;
  /** Lines that are no ASCII, no UTF-8 or no JSON. */
  lines: Readonly<Record<string, unknown>>;
}>;
export type DetectionAnswer = Readonly<{
  match: boolean;
  line: boolean;
  oracle: boolean;
  explained: boolean;
  explanation: unknown;
}>;
export type SequenceAnswer = Readonly<{ fires: readonly number[]; hits: unknown; stored: unknown }>;

export function answersTo(vectors: Vectors, options: EngineOptions = {}): Answers {
  const unrouted: EngineOptions = { ...options, routing: "none" };
  const byId = <V extends Readonly<{ id: string }>, A>(list: readonly V[], answer: (vector: V) => A) =>
    Object.fromEntries(list.map((vector) => [vector.id, answer(vector)]));
  return {
    detection: byId(vectors.detection, (vector) => detection(vector, unrouted)),
    rejection: byId(vectors.rejection, ({ rule }) => load(rule).report),
    filters: byId(vectors.filters, ({ rules, event }) => titles(load(rules), event, unrouted)),
    correlations: byId([...vectors.correlations, ...vectors.sequences], (vector) => sequence(vector, unrouted)),
    lines: lineAnswers(unrouted),
  };
}

function load(text: string, config: LoadOptions = {}): RuleSet {
  return loadRules([{ path: "vector.yml", text }], config);
}

const eventOf = (fields: Fields, index = 0) => ({ id: `e${index}`, timeMs: 0, logsource: {}, fields });

function detection({ rule: text, event: fields, config }: Detection, options: EngineOptions): DetectionAnswer {
  const ruleSet = load(text, config);
  const [rule] = ruleSet.rules;
  if (rule === undefined) throw new Error(`the vector does not load: ${JSON.stringify(ruleSet.report)}`);
  const engine = createEngine(ruleSet, options);
  const event = { ...eventOf(fields), logsource: rule.logsource };
  const explanation = explain(rule, event);
  return {
    match: engine.match(event).length > 0,
    line: engine.matchLine(new TextEncoder().encode(JSON.stringify(fields)), event).length > 0,
    oracle: evaluate(rule.expression, event),
    explained: explanation.matched,
    explanation,
  };
}

function titles(ruleSet: RuleSet, fields: Fields, options: EngineOptions): readonly string[] {
  return createEngine(ruleSet, options)
    .match(eventOf(fields))
    .map(({ rule }) => rule.title);
}

/** With a restart after every event, so that what is stored is part of the answer. */
function sequence({ rules, events }: Sequence, options: EngineOptions): SequenceAnswer {
  const ruleSet = load(rules);
  const engine = createEngine(ruleSet, options);
  const hits: unknown[] = [];
  const fires: number[] = [];
  const groups = new Map<string, StoredGroup>();
  let correlator = createCorrelator(ruleSet);
  for (const [index, { ts, event }] of events.entries()) {
    const sigmaEvent = { ...eventOf(event, index), timeMs: ts * 1000 };
    for (const { rule, ...hit } of correlator.feed(sigmaEvent, engine.match(sigmaEvent))) {
      hits.push({ title: rule.title, ...hit });
      if (rule.title === "CORR") fires.push(index);
    }
    const { upserts, removals, checkpoint } = correlator.takeDirtyGroups();
    for (const { correlationId, groupKey } of removals) groups.delete(`${correlationId} ${groupKey}`);
    for (const group of upserts) groups.set(`${group.correlationId} ${group.groupKey}`, group);
    correlator = createCorrelator(ruleSet);
    correlator.restore({ groups: [...groups.values()], checkpoint });
  }
  return { fires, hits, stored: [...groups.values()] };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const oneByte = (byte: number): Uint8Array => Uint8Array.of(...bytesOf('{"f":"a'), byte, ...bytesOf('b","g":1}'));

/** Where one platform's decoder might differ from another's. */
const lines: Readonly<Record<string, Uint8Array>> = {
  ascii: bytesOf('{"f":"abc","g":1}'),
  umlaut: bytesOf('{"f":"Grüße aus KÖLN"}'),
  kelvin: bytesOf('{"f":"\u212Aelvin"}'),
  dotted: bytesOf('{"f":"\u0130stanbul"}'),
  astral: bytesOf('{"f":"x\u{1F600}y"}'),
  escaped: bytesOf(String.raw`{"f":"a\u0062c","\u0067":1}`),
  quoted: bytesOf(String.raw`{"f":"„abc“ \"abc\""}`),
  "no object": bytesOf("[1]"),
  "no JSON": bytesOf('{"f":"abc"'),
  ...Object.fromEntries(Array.from({ length: 128 }, (_, high) => [`byte ${high + 128}`, oneByte(high + 128)])),
};
const lineRules = `
title: contains
logsource: { category: test }
detection: { s: { f|contains: [b, "köl", "kelvin", "stanbul", "\\u201Eabc"] }, condition: s }
---
title: keywords
logsource: { category: test }
detection: { s: ["grüße", "\\U0001F600", "abc"], condition: s }
---
title: wildcard
logsource: { category: test }
detection: { s: { f: "a?b" }, condition: s }
---
title: expression
logsource: { category: test }
detection: { s: { f|re: "^x.y$" }, condition: s }
`;

function lineAnswers(options: EngineOptions): Readonly<Record<string, unknown>> {
  const engine = createEngine(load(lineRules), options);
  const answer = (line: Uint8Array): unknown => {
    try {
      return engine.matchLine(line, { id: "e", logsource: {} }).map(({ rule }) => rule.title);
    } catch (error) {
      return error instanceof Error ? error.name : "not an error";
    }
  };
  return Object.fromEntries(Object.entries(lines).map(([name, line]) => [name, answer(line)]));
}
