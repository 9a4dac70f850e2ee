import { loadRules } from "@tyr/sigma";
import { expect, test } from "vitest";
import { coverageOf } from "./coverage.ts";
import { navigatorLayer } from "./navigator-layer.ts";

const rule = (title: string, rest: string): string => `
title: ${title}
name: ${title}
${rest}
detection: { selection: { a: b }, condition: selection }
`;
const ruleSet = loadRules([
  { path: "1.yml", text: rule("quiet", "logsource: { category: authentication }\ntags: [attack.t1110]") },
  { path: "2.yml", text: rule("web", "logsource: { category: webserver }\ntags: [attack.t1190, attack.t1110]") },
  { path: "3.yml", text: rule("lost", "logsource: { product: nowhere }\ntags: [attack.t1190, attack.t1003.008]") },
  {
    path: "4.yml",
    text: `
title: many
tags: [attack.t1110]
correlation: { type: event_count, rules: [quiet], group-by: [ip], timespan: 5m, condition: { gte: 3 } }
`,
  },
]);
const covered = coverageOf(ruleSet, new Set(["lost"]), {
  T1110: ["Brute Force", ["credential-access"]],
  T1190: ["Exploit Public-Facing Application", ["initial-access"]],
});

test("a technique is covered by rules that find something and can match; a correlation has the sources of its rules", () => {
  expect(covered).toEqual([
    { technique: "T1003.008", name: null, tactics: [], rules: 0, never: 1, sources: [], titles: [] },
    {
      technique: "T1110",
      name: "Brute Force",
      tactics: ["credential-access"],
      rules: 2,
      never: 0,
      sources: ["*/authentication/*", "*/webserver/*"],
      titles: ["web", "many"],
    },
    {
      technique: "T1190",
      name: "Exploit Public-Facing Application",
      tactics: ["initial-access"],
      rules: 1,
      never: 1,
      sources: ["*/webserver/*"],
      titles: ["web"],
    },
  ]);
});

test("a Navigator layer shows what is covered, and nothing that can never match", () => {
  expect(navigatorLayer(covered, { release: "18.1", domain: "enterprise-attack" })).toMatchObject({
    versions: { layer: "4.5", attack: "18" },
    domain: "enterprise-attack",
    techniques: [
      { techniqueID: "T1110", score: 2, metadata: [{ value: "*/authentication/*" }, { value: "*/webserver/*" }] },
      { techniqueID: "T1190", score: 1, comment: "web" },
    ],
    gradient: { minValue: 1, maxValue: 2 },
  });
});
