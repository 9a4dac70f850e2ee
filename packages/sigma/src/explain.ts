import type { Expression, Item, Test } from "./expression.ts";
import { showPattern } from "./compile/sigma-string.ts";
import { EventView } from "./match/event-view.ts";
import { textOf } from "./match/field-values.ts";
import { judgeItem } from "./match/item-program.ts";
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

/** What one rule says of one event, and why. */
export type RuleExplanation = Readonly<{
  matched: boolean;
  /** Whether the rule is about this kind of event at all; the tree says what it would answer. */
  applies: boolean;
  tree: Explanation;
}>;

/** Tells why a rule holds or does not hold for an event. */
export function explain(rule: DetectionRule, event: SigmaEvent): RuleExplanation {
  const applies = ruleApplies(rule.logsource, event.logsource);
  const names: string[] = [];
  const slotOf = (field: string): number => (names.includes(field) ? names.indexOf(field) : names.push(field) - 1);
  const judged = judge(rule.expression, { view: new EventView(names).show(event), slotOf });
  return { matched: applies && judged.matched, applies, tree: explained(judged, true) };
}

type Source = Readonly<{ view: EventView; slotOf: (field: string) => number }>;
type Judged = Readonly<{
  kind: Expression["kind"];
  item: string;
  matched: boolean;
  why: string;
  children: readonly Judged[];
}>;

function judge(expression: Expression, source: Source): Judged {
  if (expression.kind === "item") return judgeLine(expression.item, source);
  const { kind, label: item } = expression;
  if (kind === "not") {
    const child = judge(expression.child, source);
    const why = `what is excluded ${child.matched ? "holds" : "does not hold"}`;
    return { kind, item, matched: !child.matched, why, children: [child] };
  }
  const children = expression.children.map((child) => judge(child, source));
  const count = children.filter(({ matched }) => matched).length;
  const matched = kind === "and" ? count === children.length : count > 0;
  const why = `${count} of ${children.length} hold, ${kind === "and" ? "all are" : "one is"} needed`;
  return { kind, item, matched, why, children };
}

/** An `and` that fails rests on its failing parts, one that holds on all of them; an `or` the other way round. */
function explained(node: Judged, decisive: boolean): Explanation {
  const { kind, item, matched, why } = node;
  const restsOnAll = kind === "not" || matched === (kind === "and");
  const children = node.children.map((child) =>
    explained(child, decisive && (restsOnAll || child.matched === matched)),
  );
  return { item, matched, why, decisive, children };
}

function judgeLine(item: Item, source: Source): Judged {
  const answers = judgeItem(item, source.view, source.slotOf);
  const holding = item.tests.filter((_, index) => answers[index] === true);
  const failing = item.tests.filter((_, index) => answers[index] !== true);
  const isMet = item.join === "all" ? failing.length === 0 : holding.length > 0;
  const { values } = item.field === null ? source.view.keywords() : source.view.field(source.slotOf(item.field));
  const subject = item.field ?? "the event";
  const found = values === undefined ? "is absent" : `is ${values.slice(0, shownValuesMax).map(show).join(", ")}`;
  const why = `${subject} ${found}; ${verdict(item, holding, failing)}`;
  return { kind: "item", item: item.text, matched: isMet !== item.negated, why, children: [] };
}

function verdict(item: Item, holding: readonly Test[], failing: readonly Test[]): string {
  const negation = item.negated ? ", which neq excludes" : "";
  const [held] = holding;
  const [failed] = failing;
  if (failed !== undefined && (item.join === "all" || held === undefined)) {
    const others = item.join === "any" && failing.length > 1 ? ` or ${failing.length - 1} more` : "";
    return `it does not ${describe(failed)}${others}`;
  }
  const rest = item.join === "all" && holding.length > 1 ? ` and ${holding.length - 1} more` : "";
  return held === undefined ? "nothing was asked" : `it does ${describe(held)}${rest}${negation}`;
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
const shownValuesMax = 3;

function show(value: unknown): string {
  return quote(textOf(value) ?? (value === null || value === undefined ? "null" : "an object"));
}

/** Control and format characters (also those that turn the direction of writing) are spelled out. */
export function quote(text: string): string {
  const short = text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text;
  const visible = short.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
  return `"${visible}"`;
}
