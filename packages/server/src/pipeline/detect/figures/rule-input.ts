import { type DetectionRule, type Expression, type Item, type Logsource, type Test } from "@tyr/sigma";
import type { PackRule, RulePack } from "../rule-pack.ts";

/** What a rule of one log source reads: a field of it, or with an empty name the source itself. */
export type RuleInput = Readonly<{ logsource: string; field: string }>;

/** As rules name it, in one spelling: `product=linux,category=authentication`. */
export function logsourceName({ product, category, service }: Logsource): string {
  const parts = Object.entries({ product, category, service }).filter(([, value]) => value !== undefined);
  return parts.map(([name, value]) => `${name}=${String(value)}`).join(",");
}

/** Names of the fields an expression reads; keywords have none. */
export function fieldsOf(expression: Expression): readonly string[] {
  return [...new Set(itemsOf(expression).flatMap(namesOf))];
}

function itemsOf(expression: Expression): readonly Item[] {
  if (expression.kind === "item") return [expression.item];
  return expression.kind === "not" ? itemsOf(expression.child) : expression.children.flatMap(itemsOf);
}

function namesOf({ field, tests }: Item): readonly string[] {
  return [...(field === null ? [] : [field]), ...tests.flatMap((test) => (test.kind === "field" ? [test.other] : []))];
}

/** Single-event rules behind a rule: itself, or those its correlation rests on, through chains. */
export function basesOf(rule: PackRule, pack: Pick<RulePack, "rules">): readonly DetectionRule[] {
  if (rule.sigma.kind === "detection") return [rule.sigma];
  const needed = rule.sigma.correlation.rules.flatMap((key) => pack.rules.get(key) ?? []);
  // References form no circle: the loader rejects those.
  return [...new Set(needed.flatMap((one) => basesOf(one, pack)))];
}

/** Whether an expression can be true of an event that has these fields only, whatever their values. */
export function couldHold(expression: Expression, hasField: (name: string) => boolean): boolean {
  if (expression.kind === "item") return couldItemHold(expression.item, hasField);
  // What is excluded is absent at best.
  if (expression.kind === "not") return true;
  const could = (child: Expression): boolean => couldHold(child, hasField);
  return expression.kind === "and" ? expression.children.every(could) : expression.children.some(could);
}

function couldItemHold({ field, tests, negated }: Item, hasField: (name: string) => boolean): boolean {
  return field === null || negated || hasField(field) || tests.some(isMetByAbsence);
}

function isMetByAbsence(test: Test): boolean {
  if (test.kind === "either") return test.tests.some(isMetByAbsence);
  return test.kind === "null" || (test.kind === "exists" && !test.expected);
}
