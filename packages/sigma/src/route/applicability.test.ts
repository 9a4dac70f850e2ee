import { expect, test } from "vitest";
import { loadRules } from "../load.ts";
import { applicability } from "./applicability.ts";

function rule(name: string, logsource: string): string {
  return `title: ${name}\nname: ${name}\nlogsource: ${logsource}\ndetection: { s: { a: 1 }, condition: s }\n`;
}

function correlation(name: string, type: string, rules: string): string {
  const condition = type === "temporal" ? "" : "condition: { gte: 2 }, ";
  return `title: ${name}\nname: ${name}\ncorrelation: { type: ${type}, ${condition}rules: ${rules}, timespan: 1m }\n`;
}

const documents = [
  rule("process", "{ product: windows, category: process_creation }"),
  rule("django", "{ product: django, category: application }"),
  rule("crossed", "{ product: linux, service: windefend }"),
  rule("own", "{ mine: 1 }"),
  correlation("both", "temporal", "[process, django]"),
  correlation("either", "event_count", "[process, django]"),
  correlation("neither", "event_count", "[crossed, django]"),
  correlation("chain", "event_count", "[neither]"),
];
const ruleSet = loadRules([{ path: "r.yml", text: documents.join("---\n") }]);
const reasons = (of: ReturnType<typeof applicability>): unknown =>
  Object.fromEntries(of.never.map(({ key, reason }) => [key, reason]));

test("rules no log source can reach are named with the reason and their place", () => {
  const found = applicability(ruleSet);
  expect(found.applicable).toEqual(["process", "either"]);
  expect(reasons(found)).toEqual({
    django: "no log source has product django",
    crossed: "no log source has product linux and service windefend together",
    own: "the rule names neither product, category nor service",
    both: "it refers to django, which can never match",
    neither: "it refers to crossed, django, which can never match",
    chain: "it refers to neither, which can never match",
  });
  expect(found.never[0]).toMatchObject({ path: "r.yml", line: 6, kind: "detection", title: "django" });
});

test("what really arrives decides, when the caller says so", () => {
  expect(applicability(ruleSet, [{ product: "Django", category: ["application", "log"] }]).applicable).toEqual([
    "django",
    "either",
    "neither",
    "chain",
  ]);
  expect(reasons(applicability(ruleSet, []))).toMatchObject({
    process: "no log source has product windows and category process_creation",
  });
});
