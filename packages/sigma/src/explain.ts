import type { Expression, Item, Test } from "./expression.ts";
import { showPattern } from "./compile/sigma-string.ts";
import { allTexts, textOf, valuesOf } from "./match/field-values.ts";
import { evaluate, evaluateItem, evaluateTest, type EventContent } from "./match/naive.ts";
import { ruleApplies } from "./match/route.ts";
import type { SigmaEvent } from "./match/event.ts";
import type { DetectionRule } from "./rule.ts";

/** One node of the reasoning, in the shape of the rule's condition. */
export type Explanation = Readonly<{
  /** The selection or operator, or the line of the rule. */
  item: string;
  matched: boolean;
  /** For people; texts of the event are quoted, shortened and shown without control characters. */
  why: string;
  /** Whether the answer of the whole rule rests on this node. */
  decisive: boolean;
  children: readonly Explanation[];
}>;

export type RuleExplanation = Readonly<{
  matched: boolean;
  /** Whether the rule is about this kind of event at all; the tree says what it would answer. */
  applies: boolean;
  tree: Explanation;
}>;

/** Tells why a rule holds or does not hold for an event, by the oracle's slow and complete evaluation. */
export function explain(rule: DetectionRule, event: SigmaEvent): RuleExplanation {
  const applies = ruleApplies(rule.logsource, event.logsource);
  const tree = explainExpression(rule.expression, event, true);
  return { matched: applies && tree.matched, applies, tree };
}

function explainExpression(expression: Expression, event: EventContent, decisive: boolean): Explanation {
  if (expression.kind === "item") return { ...explainItem(expression.item, event), decisive, children: [] };
  const matched = evaluate(expression, event);
  if (expression.kind === "not") {
    const child = explainExpression(expression.child, event, decisive);
    return {
      item: "not",
      matched,
      why: `what is excluded ${child.matched ? "holds" : "does not hold"}`,
      decisive,
      children: [child],
    };
  }
  // An `and` that fails rests on its failing parts, one that holds on all of them; an `or` the other way round.
  const deciding = expression.kind === "or";
  const children = expression.children.map((child) => {
    const isDecisive = decisive && (matched === deciding ? evaluate(child, event) === deciding : true);
    return explainExpression(child, event, isDecisive);
  });
  const count = children.filter((child) => child.matched).length;
  const wanted = expression.kind === "and" ? "all are needed" : "one is needed";
  return { item: expression.label, matched, why: `${count} of ${children.length} hold, ${wanted}`, decisive, children };
}

function explainItem(item: Item, event: EventContent): Pick<Explanation, "item" | "matched" | "why"> {
  const matched = evaluateItem(item, event);
  const values = item.field === null ? allTexts(event.fields, event.raw) : valuesOf(event.fields, item.field);
  const holding = item.tests.filter((test) => evaluateTest(test, values, event.fields));
  const failing = item.tests.filter((test) => !holding.includes(test));
  const subject = item.field ?? "the event";
  const found = `${subject} ${values === undefined ? "is absent" : `is ${values.slice(0, 3).map(show).join(", ")}`}`;
  return { item: item.text, matched, why: `${found}; ${verdict(item, holding, failing)}` };
}

function verdict(item: Item, holding: readonly Test[], failing: readonly Test[]): string {
  const negation = item.negated ? ", which neq excludes" : "";
  const [held] = holding;
  const [failed] = failing;
  if (item.join === "all" && failed !== undefined) return `it does not ${describe(failed)}`;
  const rest = item.join === "all" && holding.length > 1 ? ` and ${holding.length - 1} more` : "";
  if (held !== undefined) return `it does ${describe(held)}${rest}${negation}`;
  const others = failing.length > 1 ? ` or ${failing.length - 1} more` : "";
  return failed === undefined ? "nothing was asked" : `it does not ${describe(failed)}${others}`;
}

function describe(test: Test): string {
  if (test.kind === "text") return `match ${quote(showPattern(test.pattern))}${test.cased ? " (case counts)" : ""}`;
  if (test.kind === "null") return "lack a value";
  if (test.kind === "exists") return test.expected ? "exist" : "lack the field";
  if (test.kind === "regex") return `match the expression ${quote(test.regex.source)}`;
  if (test.kind === "cidr") return `lie in ${test.network.text}`;
  if (test.kind === "number") return `compare ${test.operator} ${test.operand}`;
  if (test.kind === "time") return `fall on ${test.part} ${test.operator} ${test.operand}`;
  if (test.kind === "field") return `relate (${test.position}) to the field ${test.other}`;
  return test.tests.map(describe).join(" or ");
}

const shownCharsMax = 120;

function show(value: unknown): string {
  return quote(textOf(value) ?? (value === null || value === undefined ? "null" : "an object"));
}

/** Control and format characters (also those that turn the direction of writing) are spelled out. */
function quote(text: string): string {
  const short = text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text;
  const visible = short.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
  return `"${visible}"`;
}
