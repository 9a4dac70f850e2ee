import { createEngine, type Engine, evaluate, type Fields, type Match } from "../../src/index.ts";
import { bytesOf, insist, type Target, textOf } from "../target.ts";
import { lineRules, lineRuleSeeds } from "./line-rules.ts";
import { vectorTexts } from "./texts.ts";

const sets = Object.values(lineRules).map((rules) => ({
  rules,
  engines: [true, false].map((kernel) => createEngine(rules, { routing: "none", kernel })),
}));
const closures = createEngine(lineRules.all, { routing: "none", generate: false });
/** Larger sets are held against the engine on parsed events, which is quicker than the oracle. */
const ORACLE_RULES_MAX = 12;
const about = { id: "e", logsource: {} };

/** Lines of NDJSON: read from the bytes, they give what their parsed form gives; no JSON breaks nothing. */
export const lineTarget: Target = {
  name: "line",
  seeds: [
    ...vectorTexts().events.slice(0, 60),
    '{"f":"xabcx","g":"1"}',
    '{"f":"\\u0061bc","f":"x","n":{"m":"deep"}}',
    '\t{ "g g" : "\u212Aelvinſ" , "f" : 1e1 , "x":true}\r',
    '{"f":"\\ud83d\\ude00\\"\\\\/\\/","__proto__":"abc"}',
    '{"f":["abc",null,{"m":[1]}],"n.m":"deep"}',
    '\uFEFF{"f":null}',
    '{"f":" \u2013enc ","g":-0}',
    '{"f":"\\u0000\\n\\\\\\"/"}',
    "[1]",
    '"abc"',
    "{}",
    ...lineRuleSeeds,
  ].map(bytesOf),
  words: [
    '"f":',
    '"g":',
    '"g g":',
    '"n.m":',
    '"n":{"m":',
    '"__proto__":',
    "\\u0061",
    "\\u212a",
    "\\ud83d",
    "\\\\",
    '\\"',
    "abc",
  ]
    .concat([
      "ABC",
      "ſ",
      "\u212A",
      "İ",
      "é",
      "\uFEFF",
      "\uFFFD",
      "null",
      "true",
      "1e5",
      "-0.0",
      "0x1",
      "{}",
      "[]",
      "{",
      "}",
      "[",
      "]",
    ])
    .concat(["10.1.2.3", ".exe", "\u2028", "\u00A0", "\u000B", "\\/", "kelvin", "deep", ',"f":"abc"', " -enc "]),
  sizeMax: 1024,
  run: (input) => {
    const fields = parsed(input);
    for (const { rules, engines } of sets) {
      // Of a line that is no JSON, only what the rules read of it is looked at: a SyntaxError or an answer, nothing else.
      const found = engines.map((engine) => answersOf(engine, input));
      if (fields !== undefined) insistOnOne(found.flat(), titlesOf(engines[0]?.match({ ...about, timeMs: 0, fields })));
      if (fields === undefined || rules.rules.length >= ORACLE_RULES_MAX) continue;
      const holding = rules.rules.filter(({ expression }) => evaluate(expression, { fields }));
      insistOnOne(found.flat(), holding.map(({ title }) => title).join());
    }
    if (fields !== undefined) {
      const expected = lineRules.all.rules.filter(({ expression }) => evaluate(expression, { fields }));
      const found = closures.match({ ...about, timeMs: 0, fields });
      insist(titlesOf(found) === expected.map(({ title }) => title).join(), "the oracle agrees");
    }
    return fields !== undefined;
  },
};

/** Twice: the second time the names of the fields are where they are expected. */
function answersOf(engine: Engine, input: Uint8Array): readonly (string | undefined)[] {
  return [1, 2].map(() => attempt(() => titlesOf(engine.matchLine(input, about))));
}

function titlesOf(matches: readonly Match[] | undefined): string {
  return (matches ?? []).map(({ rule }) => rule.title).join();
}

function insistOnOne(found: readonly (string | undefined)[], expected: string): void {
  const other = found.findIndex((titles) => titles !== expected);
  insist(other === -1, `a line gives what it gives parsed: ${expected}, not ${found[other]} (${other})`);
}

function parsed(input: Uint8Array): Fields | undefined {
  const value = attempt((): unknown => JSON.parse(textOf(input)));
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}
