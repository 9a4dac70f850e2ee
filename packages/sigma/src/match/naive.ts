import { isInside, parseAddress } from "../compile/cidr.ts";
import { fold } from "../compile/fold.ts";
import { numberOf } from "../compile/item.ts";
import { parseMoment, partOf } from "../compile/moment.ts";
import { dashes, type Pattern } from "../compile/sigma-string.ts";
import type { CompareOperator, Expression, Fields, Item, Test, TextPosition } from "../expression.ts";
import { allTexts, textOf, valuesOf } from "./field-values.ts";

/** What the oracle reads of an event. */
export type EventContent = Readonly<{ fields: Fields; raw?: string }>;

/**
 * Evaluates an expression by its definition: no sharing, no shortcuts, no state. Slow and obviously right; the engine
 * must agree with it on every event. Time grows with text length times pattern length: for tests, not for traffic.
 */
export function evaluate(expression: Expression, event: EventContent): boolean {
  if (expression.kind === "item") return evaluateItem(expression.item, event);
  if (expression.kind === "not") return !evaluate(expression.child, event);
  if (expression.kind === "and") return expression.children.every((child) => evaluate(child, event));
  return expression.children.some((child) => evaluate(child, event));
}

function evaluateItem(item: Item, event: EventContent): boolean {
  const values = item.field === null ? allTexts(event.fields, event.raw) : valuesOf(event.fields, item.field);
  const holds = (test: Test): boolean => evaluateTest(test, values, event.fields);
  const matched = item.join === "all" ? item.tests.every(holds) : item.tests.some(holds);
  return matched !== item.negated;
}

/** Any value of a list may meet a test. */
function evaluateTest(test: Test, values: readonly unknown[] | undefined, fields: Fields): boolean {
  if (test.kind === "exists") return (values !== undefined) === test.expected;
  if (test.kind === "null") return hasNoValue(values);
  if (test.kind === "either") return test.tests.some((inner) => evaluateTest(inner, values, fields));
  if (test.kind === "field") {
    const others = valuesOf(fields, test.other) ?? [];
    return (values ?? []).some((value) => others.some((other) => relate(value, other, test)));
  }
  return (values ?? []).some((value) => evaluateValue(test, value));
}

/** Absent, null and an empty list are alike; the empty string is a value. */
export function hasNoValue(values: readonly unknown[] | undefined): boolean {
  return values === undefined || values.length === 0 || values.some((value) => value === null || value === undefined);
}

type ValueTest = Exclude<Test, { kind: "exists" | "null" | "either" | "field" }>;

function evaluateValue(test: ValueTest, value: unknown): boolean {
  if (test.kind === "number") return meetsNumber(test, value);
  if (test.kind === "time") return meetsTime(test, value);
  const text = textOf(value);
  if (text === undefined) return false;
  if (test.kind === "text") return matchesPattern(test.pattern, text, test.cased);
  return test.kind === "regex" ? test.regex.test(text) : meetsNetwork(test, text);
}

export function meetsNumber(test: Extract<Test, { kind: "number" }>, value: unknown): boolean {
  const number = numberOf(value);
  return number !== undefined && compare[test.operator](number, test.operand);
}

export function meetsTime(test: Extract<Test, { kind: "time" }>, value: unknown): boolean {
  const moment = parseMoment(value);
  return moment !== undefined && compare[test.operator](partOf(moment, test.part), test.operand);
}

export function meetsNetwork(test: Extract<Test, { kind: "cidr" }>, text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && isInside(test.network, address);
}

const compare: Readonly<Record<CompareOperator, (left: number, right: number) => boolean>> = {
  lt: (left, right) => left < right,
  lte: (left, right) => left <= right,
  gt: (left, right) => left > right,
  gte: (left, right) => left >= right,
  eq: (left, right) => left === right,
};

const relations: Readonly<Record<TextPosition, (left: string, right: string) => boolean>> = {
  equals: (left, right) => left === right,
  contains: (left, right) => left.includes(right),
  startswith: (left, right) => left.startsWith(right),
  endswith: (left, right) => left.endsWith(right),
};

/** Whether two values of one event stand in the relation a `fieldref` asks for; nothing in them is a wildcard. */
export function relate(
  value: unknown,
  other: unknown,
  how: Readonly<{ position: TextPosition; cased: boolean }>,
): boolean {
  const left = textOf(value);
  const right = textOf(other);
  if (left === undefined || right === undefined) return false;
  return how.cased ? relations[how.position](left, right) : relations[how.position](fold(left), fold(right));
}

/** The textbook table: row by row, which prefixes of the text the pattern read so far can have consumed. */
function matchesPattern(pattern: Pattern, text: string, cased: boolean): boolean {
  const characters = Array.from(cased ? text : fold(text));
  let reached: boolean[] = [true, ...characters.map(() => false)];
  for (const part of pattern) {
    const slots = typeof part === "string" ? Array.from(cased ? part : fold(part)) : [part.wildcard];
    for (const slot of slots) reached = advance(reached, characters, { slot, isWildcard: typeof part !== "string" });
  }
  return reached[characters.length] === true;
}

type Slot = Readonly<{ slot: string; isWildcard: boolean }>;

function advance(reached: readonly boolean[], characters: readonly string[], { slot, isWildcard }: Slot): boolean[] {
  if (isWildcard && slot === "many") {
    const first = reached.indexOf(true);
    return reached.map((_, index) => first !== -1 && index >= first);
  }
  return reached.map((_, index) => {
    const character = characters[index - 1];
    if (character === undefined || reached[index - 1] !== true) return false;
    if (!isWildcard) return character === slot;
    return slot === "one" || dashes.includes(character);
  });
}
