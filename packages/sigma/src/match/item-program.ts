import { fold } from "../compile/fold.ts";
import type { LinearRegex } from "../compile/regex.ts";
import { isMany, literalOf, type Pattern } from "../compile/sigma-string.ts";
import type { Item, Test } from "../expression.ts";
import type { EventView, FieldView } from "./event-view.ts";
import { createLiteralIndex, type IndexedLiteral } from "./literal-index.ts";
import { hasNoValue, meetsNetwork, meetsNumber, meetsTime, relate } from "./naive.ts";
import { compilePattern, foldPattern, type TextTest } from "./pattern.ts";

/** An item ready to run against the view of an event. */
export type ItemProgram = (event: EventView) => boolean;

type FieldTest = (field: FieldView, event: EventView) => boolean;

/** @param slot the number of the item's field in the engine's views, or -1 for keywords */
export function compileItem(item: Item, slot: number, slotOf: (field: string) => number): ItemProgram {
  const tests = compileTests(item, slotOf);
  const matched: FieldTest =
    item.join === "all"
      ? (field, event) => tests.every((test) => test(field, event))
      : (field, event) => tests.some((test) => test(field, event));
  const read = slot === -1 ? (event: EventView) => event.keywords() : (event: EventView) => event.field(slot);
  return item.negated ? (event) => !matched(read(event), event) : (event) => matched(read(event), event);
}

/** Literals of an "any" item are looked up in one set instead of one by one. */
function compileTests(item: Item, slotOf: (field: string) => number): readonly FieldTest[] {
  const together = searchedTogether(item);
  if (together !== undefined) return [together];
  const exact = new Set<string>();
  const others: FieldTest[] = [];
  for (const test of item.tests) {
    const literal = test.kind === "text" && !test.cased && item.join === "any" ? literalOf(test.pattern) : undefined;
    if (literal === undefined) others.push(compileTest(test, slotOf));
    else exact.add(fold(literal));
  }
  if (exact.size === 0) return others;
  return [(field) => field.folded().some((text) => exact.has(text)), ...others];
}

/** From so many literals on one search for all of them is faster than one search for each. */
const SEARCHED_TOGETHER_MIN = 8;

/** An item of many plain literals, of which one is enough: found in one pass over the text. */
function searchedTogether(item: Item): FieldTest | undefined {
  if (item.join !== "any" || item.tests.length < SEARCHED_TOGETHER_MIN) return undefined;
  const literals = item.tests.map((test, number) => {
    const plain = test.kind === "text" && !test.cased ? plainLiteral(test.pattern) : undefined;
    return plain && { ...plain, number };
  });
  const known = literals.filter((literal) => literal !== undefined);
  if (known.length < literals.length) return undefined;
  const index = createLiteralIndex(known);
  let isFound = false;
  const found = (): void => {
    isFound = true;
  };
  return (field) =>
    field.folded().some((text) => {
      isFound = false;
      index.search(text, found);
      return isFound;
    });
}

/** A literal by itself, or with wildcards at its ends only. */
function plainLiteral(pattern: Pattern): Pick<IndexedLiteral, "place" | "text"> | undefined {
  const whole = literalOf(pattern);
  if (whole !== undefined) return { place: "exact", text: fold(whole) };
  const texts = pattern.filter((part) => typeof part === "string");
  const [text] = texts;
  if (text === undefined || texts.length > 1 || !pattern.every((part) => typeof part === "string" || isMany(part)))
    return undefined;
  const opensFree = typeof pattern[0] !== "string";
  const endsFree = typeof pattern.at(-1) !== "string";
  const place = opensFree && endsFree ? "part" : opensFree ? "suffix" : "prefix";
  return { place, text: fold(text) };
}

/** Tells the tests of an item that hold from those that do not. */
export function judgeItem(item: Item, view: EventView, slotOf: (field: string) => number): readonly boolean[] {
  const field = item.field === null ? view.keywords() : view.field(slotOf(item.field));
  return item.tests.map((test) => compileTest(test, slotOf)(field, view));
}

function compileTest(test: Test, slotOf: (field: string) => number): FieldTest {
  if (test.kind === "text") {
    return test.cased ? onTexts(compilePattern(test.pattern)) : onFolded(compilePattern(foldPattern(test.pattern)));
  }
  if (test.kind === "regex") return onRegex(test.regex);
  if (test.kind === "cidr") return onTexts((text) => meetsNetwork(test, text));
  if (test.kind === "number") return onValues((value) => meetsNumber(test, value));
  if (test.kind === "time") return onValues((value) => meetsTime(test, value));
  if (test.kind === "exists") return ({ values }) => (values !== undefined) === test.expected;
  if (test.kind === "null") return ({ values }) => hasNoValue(values);
  if (test.kind === "field") return compileRelation(test, slotOf(test.other));
  const inner = test.tests.map((one) => compileTest(one, slotOf));
  return (field, event) => inner.some((one) => one(field, event));
}

function compileRelation(test: Extract<Test, { kind: "field" }>, other: number): FieldTest {
  return (field, event) => {
    const others = event.field(other).values ?? [];
    return (field.values ?? []).some((value) => others.some((second) => relate(value, second, test)));
  };
}

function onTexts(test: TextTest): FieldTest {
  return (field) => field.texts().some((text) => test(text));
}

/** Running an expression costs a thousand times as much as looking for what it needs. */
function onRegex({ required, test }: LinearRegex): FieldTest {
  if (required.length === 0) return onTexts(test);
  return (field) => {
    const folded = field.folded();
    const mayMatch = (text: string): boolean => required.every((literal) => text.includes(literal));
    return field.texts().some((text, index) => mayMatch(folded[index] ?? "") && test(text));
  };
}

function onFolded(test: TextTest): FieldTest {
  return (field) => field.folded().some((text) => test(text));
}

function onValues(test: (value: unknown) => boolean): FieldTest {
  return (field) => (field.values ?? []).some(test);
}
