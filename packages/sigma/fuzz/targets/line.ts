import { createEngine, evaluate, type Fields, loadRules } from "../../src/index.ts";
import { bytesOf, insist, type Target, textOf } from "../target.ts";
import { vectorTexts } from "./texts.ts";

const detections: readonly Readonly<Record<string, unknown>>[] = [
  { "f|contains": "abc" },
  { "f|contains|cased": "Abc" },
  { "f|startswith": "é" },
  { "f|endswith": ".exe" },
  { "f|re": "b+.c" },
  { f: null },
  { "f|exists": false },
  { f: "" },
  { f: 1 },
  { "f|gte": 10 },
  { "n.m": "deep" },
  { "g g|contains|all": ["kelvin", "ſ"] },
  { "f|fieldref": "g" },
  { "f|cidr": "10.0.0.0/8" },
  { "f|contains": '\u0000\n\\"/' },
  { f: "a*b?c" },
  { "f|neq": "abc" },
  { "__proto__|contains": "abc" },
  { "f|contains|windash": " -enc " },
  { "f|contains": "\uFFFD" },
];
const ruleSet = loadRules([
  ...detections.map((selection, index) => ({
    path: `${index}.yml`,
    text: `{"title":"r${index}","logsource":{"category":"x"},"detection":{"s":${JSON.stringify(selection)},"condition":"s"}}`,
  })),
  { path: "k.yml", text: '{"title":"k","logsource":{"category":"x"},"detection":{"s":["abc","k*y"],"condition":"s"}}' },
  ...["not s", "s and not t", "1 of them"].map((condition, index) => ({
    path: `c${index}.yml`,
    text: `{"title":"c${index}","logsource":{"category":"x"},"detection":{"s":{"f|contains":"abc"},"t":{"g":"1"},"condition":"${condition}"}}`,
  })),
]);
/** Without the rules that hold for nearly every event, most lines are left unparsed. */
const few = { rules: ruleSet.rules.filter(({ title }) => !["c0", "r5", "r6", "r16"].includes(title)) };
const engines = [ruleSet, few].flatMap((rules) =>
  [true, false].map((kernel) => createEngine(rules, { routing: "none", kernel })),
);
const closures = createEngine(ruleSet, { routing: "none", generate: false });
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
    for (const engine of engines) {
      const found = attempt(() => engine.matchLine(input, about));
      // Of a line that is no JSON, only what the rules read of it is looked at: a SyntaxError or an answer, nothing else.
      if (fields !== undefined) {
        const expected = engine.match({ ...about, timeMs: 0, fields }).map(({ rule }) => rule.title);
        insist(
          found?.map(({ rule }) => rule.title).join() === expected.join(),
          `a line gives what it gives parsed: ${expected.join()}, not ${found?.map(({ rule }) => rule.title).join()}`,
        );
      }
    }
    if (fields !== undefined) {
      const expected = ruleSet.rules.filter(({ expression }) => evaluate(expression, { fields }));
      const found = closures.match({ ...about, timeMs: 0, fields });
      insist(
        found.map(({ rule }) => rule.title).join() === expected.map(({ title }) => title).join(),
        "the oracle agrees",
      );
    }
    return fields !== undefined;
  },
};

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
