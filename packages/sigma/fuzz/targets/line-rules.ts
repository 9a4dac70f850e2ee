import { loadRules, type RuleSet } from "../../src/index.ts";

type Detection = Readonly<Record<string, unknown>>;

/** One rule for each way a selection asks: what the engine reads of an event. */
const askings: readonly Detection[] = [
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
].map((s) => ({ s, condition: "s" }));
const combined: readonly Detection[] = [
  { s: ["abc", "k*y"], condition: "s" },
  ...["not s", "s and not t", "1 of them"].map((condition) => ({
    s: { "f|contains": "abc" },
    t: { g: "1" },
    condition,
  })),
];

/** So long are the literals at which a search in WebAssembly changes its way: vectors, grams, tables. */
const lengths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 20, 32, 33];
/** Of two letters, so that literals overlap; each begins in its own way. */
const literals = lengths.map((length) => (length.toString(2) + "abbaababbaababba".repeat(3)).slice(0, length));
const places: readonly Detection[] = [
  { s: { f: literals }, condition: "s" },
  { s: { "f|startswith": literals }, condition: "s" },
  { s: { "f|endswith": literals }, condition: "s" },
  ...[literals.slice(0, 3), literals.slice(3, 6), literals.slice(6)].map((some) => ({
    s: { "g|contains": some },
    condition: "s",
  })),
];
/** What the kernel decides by itself, with what only the caller can tell on either side of it. */
const judged: readonly Detection[] = [
  "s and not t",
  "s and not (t and not u)",
  "s and not (u or k)",
  "s and (t or not u)",
  "not (not s or not k)",
  "s and not w",
  "k and not d",
].map((condition) => ({
  s: { "f|contains": ["abba", "\\x"] },
  t: { "g|endswith": ["ba", "\\"], "h|exists": true },
  u: { "f|re": "ab+a.c" },
  k: ["ab*ba", "*needle", "\\\\n*", "exact", 'q"x'],
  w: { "h|contains|windash": " -enc", f: "*é*" },
  d: { "a-name-of-17-bytes": null, "n.m": "deep", gg: "x" },
  condition,
}));
/** More literals of four to six letters than are searched for sixteen places at a time. */
const brief: readonly Detection[] = Array.from({ length: 30 }, (_, number) => ({
  s: { "f|contains": [`${number}abba`, `ba${number}b`], "g|contains|all": ["ab", `b${number % 3}`] },
  condition: "1 of s",
}));

function rulesOf(detections: readonly Detection[], from: string): RuleSet {
  return loadRules(
    detections.map((detection, number) => {
      const title = `${from}${number}`;
      return { path: `${title}.yml`, text: JSON.stringify({ title, logsource: { category: "x" }, detection }) };
    }),
  );
}

/** Sets of rules to search lines for. Those of fewer than 24 rules are searched for by the kernel from the first line on. */
export const lineRules: Readonly<Record<"all" | "few" | "places" | "judged" | "brief", RuleSet>> = {
  all: rulesOf([...askings, ...combined], "r"),
  // Without the rules that hold for nearly every event, most lines are left unparsed.
  few: rulesOf(
    [...askings, ...combined].filter((_, number) => ![5, 6, 16, 21].includes(number)),
    "f",
  ),
  places: rulesOf(places, "p"),
  judged: rulesOf(judged, "j"),
  brief: rulesOf(brief, "b"),
};

/** Lines for which these rules hold, one for each way to search, and some for which they nearly do. */
export const lineRuleSeeds: readonly string[] = [
  ...literals.flatMap((literal) => [
    `{"f":"${literal}","g":"${literal}"}`,
    `{"h":1,"f":"xx${literal}","g":"x ${literal.toUpperCase()}z"}`,
    `{"g":"${"-".repeat(11)}${literal}","f":"${literal}ab"}`,
  ]),
  '{"f":"xabbax","g":"\\\\","h":null}',
  '{"f":"abba","k":["abxba"],"g":"ba","h":"x -enc y"}',
  '{"f":"\\\\x","k":"a needle","k":"none"}',
  '{"f":"abbaXc","x":"EXACT","h":" /enc","gg":"x"}',
  '{"a-name-of-17-bytes":1,"n":{"m":"deep"},"x":"\\\\n at once","f":"abba"}',
  '{"x":"q\\"x","g g":"x","f":"ABBA\u00E9"}',
  '{"f":"7abba ba12b","g":"abb0"}',
  '{"g":"ABB2 ","f":"2ABBA29abba"}',
];
