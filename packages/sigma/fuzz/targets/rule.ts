import { createCorrelator, loadRules } from "../../src/index.ts";
import { bytesOf, insist, type Target, textOf } from "../target.ts";
import { insistOnAgreement } from "./agree.ts";
import { ownRules, vectorTexts } from "./texts.ts";

const neighbour = {
  path: "neighbour.yml",
  text: "title: N\nid: 00000000-0000-4000-8000-00000000abcd\nlogsource: { category: n }\ndetection: { s: { kind: a }, condition: s }\n",
};

/** Rule files: every document is accounted for, a bad one never stops its neighbour, and what loads works. */
export const ruleTarget: Target = {
  name: "rule",
  seeds: [...vectorTexts().rules, ...ownRules().slice(0, 12)].map(bytesOf),
  words: [
    "|contains",
    "|all",
    "|re",
    "|re|i",
    "|cidr",
    "|base64offset",
    "|windash",
    "|wide",
    "|exists",
    "|fieldref",
    "|gte",
  ]
    .concat([
      "|expand",
      "%user%",
      "|cased",
      "|neq",
      "|utf16",
      "|startswith",
      "|endswith",
      "|minute",
      "null",
      "''",
      "\\*",
      "*",
    ])
    .concat([
      "\n---\n",
      "&a ",
      "*a",
      "<<: ",
      "!!binary ",
      "? ",
      ": ",
      "\n  - ",
      "condition: ",
      "1 of them",
      "not ",
      " and ",
    ])
    .concat([
      "detection:\n",
      "correlation:\n",
      "filter:\n",
      "type: ",
      "value_count",
      "temporal_ordered",
      "timespan: 5m",
    ])
    .concat([
      "group-by: [user]",
      "aliases:",
      "generate: true",
      "__proto__",
      "constructor",
      "rules: any",
      "field: ",
      "gte: 2",
    ]),
  sizeMax: 4096,
  run: (input) => {
    const ruleSet = loadRules([{ path: "fuzz.yml", text: textOf(input) }, neighbour]);
    const { rules, correlations, filters, report } = ruleSet;
    const loaded = report.filter(({ status }) => status === "loaded").length;
    insist(loaded === rules.length + correlations.length + filters.length, "the report has every rule that loaded");
    insist(
      report.every(({ line }) => Number.isSafeInteger(line) && line >= 1),
      "every report names a line",
    );
    insist(
      report.some(({ path, status }) => path === "neighbour.yml" && status === "loaded") || mayShareTheKey(input),
      "a bad rule does not stop its neighbour",
    );
    insistOnAgreement(ruleSet);
    createCorrelator(ruleSet);
    return loaded > 1;
  },
};

/** Two rules of one id are refused, and the neighbour's id might be hit upon. */
function mayShareTheKey(input: Uint8Array): boolean {
  return textOf(input).includes("00000000abcd");
}
