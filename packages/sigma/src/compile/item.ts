import type { Item, Test, TextPosition, TimePart } from "../expression.ts";
import { reject, type ValuePath } from "../parse/rejection.ts";
import type { Budget } from "./budget.ts";
import { parseNetwork } from "./cidr.ts";
import { encodeBase64, encodeBase64Offset, encodeWide, type Encoded } from "./encoding.ts";
import { type ItemModifiers, readModifiers, type Transform } from "./modifiers.ts";
import { expandPlaceholders, type Placeholders } from "./placeholder.ts";
import { compileRegex } from "./regex.ts";
import { estimateStates } from "./regex-states.ts";
import { expandDashes, isMany, many, parsePattern, type Pattern, type PatternPart, tidy } from "./sigma-string.ts";

/** What building an item needs besides the item. */
export type ItemContext = Readonly<{ placeholders: Placeholders; at: ValuePath; budget: Budget }>;

type Scalar = string | number | boolean | null;
type TestBuilder = (value: Scalar, modifiers: ItemModifiers, context: ItemContext) => readonly Test[];

const builders: Readonly<Record<ItemModifiers["kind"], TestBuilder>> = {
  text: textTests,
  regex: regexTest,
  cidr: cidrTests,
  exists: existsTest,
  fieldref: fieldTest,
  number: numberTest,
  time: timeTest,
};

/**
 * Builds one item from `Field|modifier|modifier: value(s)`.
 *
 * @throws {RuleRejected} for unknown or contradictory modifiers and values they cannot take
 */
export function buildItem(key: string, value: unknown, context: ItemContext): Item {
  const [name = "", ...names] = key.split("|");
  const modifiers = readModifiers(names, context.at);
  const field = name === "" ? null : name;
  const values = scalarsOf(value, context.at);
  checkShape({ field, modifiers, values }, context);
  // Keywords are searched for inside the values; a modifier that compares otherwise overrides that.
  const position = field === null && modifiers.position === "equals" ? "contains" : modifiers.position;
  const placedModifiers = { ...modifiers, position };
  const asWritten = { field, key, value, modifiers };
  if (isPlainText(modifiers)) {
    context.budget.spend(values.length, context.at);
    return finish(
      asWritten,
      values.map((scalar) => plainTextTest(scalar, placedModifiers)),
    );
  }
  const perValue = values.map((scalar, index) => {
    const at = Array.isArray(value) ? [...context.at, index] : context.at;
    context.budget.spend(1, at);
    return builders[modifiers.kind](scalar, placedModifiers, { ...context, at });
  });
  return finish(asWritten, modifiers.all ? perValue.map(together) : perValue.flat());
}

type Written = Readonly<{ field: string | null; key: string; value: unknown; modifiers: ItemModifiers }>;

/** Under `all` the variants of one value are alternatives, so a value that became several keeps them together. */
function together(tests: readonly Test[]): Test {
  const [only] = tests;
  return tests.length === 1 && only !== undefined ? only : { kind: "either", tests };
}

function finish({ field, key, value, modifiers }: Written, tests: readonly Test[]): Item {
  const join = modifiers.all ? "all" : "any";
  const { negated } = modifiers;
  const text = `${key}: ${JSON.stringify(value)}`;
  return { field, join, negated, tests, text, key: JSON.stringify([field, join, negated, ...tests.map(keyOf)]) };
}

const wildcardKeys = { many: 0, one: 1, dash: 2 } as const;

/** Texts are most of what rules are made of: their part of the key is kept short, and no other kind gives a list. */
function keyOf(test: Test): unknown {
  if (test.kind !== "text") return test;
  const parts = test.pattern.map((part) => (typeof part === "string" ? part : wildcardKeys[part.wildcard]));
  parts.push(test.cased ? 1 : 0);
  return parts;
}

function scalarsOf(value: unknown, at: ValuePath): readonly Scalar[] {
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  if (list.length === 0) reject("value-invalid", "the list of values is empty", at);
  return list.map((entry, index) => {
    const isScalar = entry === null || ["string", "number", "boolean"].includes(typeof entry);
    if (!isScalar) reject("value-invalid", "a value must be a string, a number, a boolean or null", [...at, index]);
    if (entry === null && list.length > 1) {
      reject("value-invalid", "null cannot stand in a list; write a second selection for it", [...at, index]);
    }
    return entry as Scalar;
  });
}

type Shape = Readonly<{ field: string | null; modifiers: ItemModifiers; values: readonly Scalar[] }>;

function checkShape({ field, modifiers, values }: Shape, context: ItemContext): void {
  const { kind } = modifiers;
  if (field === null && (kind === "exists" || kind === "fieldref")) {
    reject("modifier-conflict", `${kind} needs a field`, context.at);
  }
  if (kind === "exists" && values.length > 1) reject("value-invalid", "exists takes one value", context.at);
  for (const text of [field, ...values]) checkCharacters(text, context.at);
  if (values.includes(null)) checkNull(field, modifiers, context);
  if (modifiers.all && values.length === 1) {
    reject("modifier-conflict", "all needs a list of at least two values", context.at);
  }
}

/** Bytes of UTF-8 have no halves of characters, so one in a rule would stand in no line and in some parsed texts. */
function checkCharacters(text: Scalar, at: ValuePath): void {
  if (typeof text === "string" && !text.isWellFormed())
    reject("value-invalid", "half of a character (U+D800 to U+DFFF) stands by itself; write the whole character", at);
}

function checkNull(field: string | null, modifiers: ItemModifiers, context: ItemContext): void {
  const isPlain =
    modifiers.kind === "text" &&
    modifiers.position === "equals" &&
    !modifiers.expand &&
    modifiers.transforms.length === 0;
  if (field === null || !isPlain)
    reject("value-invalid", "null stands for a field without a value; it takes no modifier", context.at);
}

/** Nothing about such values can be wrong, and each is one test. */
function isPlainText({ kind, expand, transforms }: ItemModifiers): boolean {
  return kind === "text" && !expand && transforms.length === 0;
}

function plainTextTest(value: Scalar, { position, cased }: ItemModifiers): Test {
  if (value === null) return { kind: "null" };
  return { kind: "text", pattern: placed(parsePattern(String(value)), position), cased };
}

function textTests(value: Scalar, modifiers: ItemModifiers, context: ItemContext): readonly Test[] {
  if (value === null) return [{ kind: "null" }];
  const written = String(value);
  const texts = modifiers.expand ? expandPlaceholders(written, context.placeholders, context.at) : [written];
  return texts
    .flatMap((text) => {
      checkCharacters(text, context.at);
      const start = { pattern: parsePattern(text), isBytes: false };
      const values = transformed(start, modifiers.transforms, context.at);
      context.budget.spend(values.length, context.at);
      return values;
    })
    .map(({ pattern }) => ({
      kind: "text",
      pattern: placed(tidy(pattern), modifiers.position),
      cased: modifiers.cased,
    }));
}

function transformed(start: Encoded, transforms: readonly Transform[], at: ValuePath): readonly Encoded[] {
  let values: readonly Encoded[] = [start];
  for (const transform of transforms) values = values.flatMap((value) => applyTransform(value, transform, at));
  return values;
}

function applyTransform(value: Encoded, transform: Transform, at: ValuePath): readonly Encoded[] {
  if (transform === "windash") return [{ ...value, pattern: expandDashes(value.pattern) }];
  if (transform === "base64") return encodeBase64(value, at);
  if (transform === "base64offset") return encodeBase64Offset(value, at);
  return [encodeWide(value, transform)];
}

const anything: Pattern = [many];
const nothing: readonly PatternPart[] = [];

/**
 * The added wildcards are parts of their own, so a value that ends in a backslash cannot escape them.
 *
 * @param pattern tidy, as is what comes of it
 */
function placed(pattern: Pattern, position: TextPosition): Pattern {
  if (position === "equals") return pattern;
  const [first] = pattern;
  const last = pattern.at(-1);
  if (first === undefined || last === undefined) return anything;
  const before = position === "startswith" || isMany(first) ? nothing : anything;
  const after = position === "endswith" || isMany(last) ? nothing : anything;
  // `concat` takes no more memory than needed, of which there are tens of thousands.
  return before.concat(pattern, after);
}

function regexTest(value: Scalar, modifiers: ItemModifiers, context: ItemContext): readonly Test[] {
  const source = String(value);
  context.budget.spendRegex(estimateStates(source), context.at);
  const regex = compileRegex(source, modifiers.flags);
  if (typeof regex === "string")
    return reject("regex-invalid", `not a regular expression Sigma allows: ${regex}`, context.at);
  return [{ kind: "regex", regex }];
}

function cidrTests(value: Scalar, modifiers: ItemModifiers, context: ItemContext): readonly Test[] {
  const written = String(value);
  const texts = modifiers.expand ? expandPlaceholders(written, context.placeholders, context.at) : [written];
  return texts.map((text) => {
    const network = parseNetwork(text);
    if (network === undefined) return reject("value-invalid", `${JSON.stringify(text)} is not a network`, context.at);
    return { kind: "cidr", network };
  });
}

const booleans: Readonly<Record<string, boolean>> = { true: true, false: false, yes: true, no: false };

function existsTest(value: Scalar, _modifiers: ItemModifiers, context: ItemContext): readonly Test[] {
  const name = String(value).toLowerCase();
  const expected = Object.hasOwn(booleans, name) ? booleans[name] : undefined;
  if (expected === undefined) return reject("value-invalid", "exists takes true or false", context.at);
  return [{ kind: "exists", expected }];
}

function fieldTest(value: Scalar, modifiers: ItemModifiers, context: ItemContext): readonly Test[] {
  if (typeof value !== "string" || value === "")
    return reject("value-invalid", "fieldref takes the name of a field", context.at);
  return [{ kind: "field", other: value, position: modifiers.position, cased: modifiers.cased }];
}

function numberTest(value: Scalar, modifiers: ItemModifiers, context: ItemContext): readonly Test[] {
  const operand = numberOf(value);
  if (operand === undefined || modifiers.operator === undefined) {
    return reject("value-invalid", `${written(value)} is not a finite decimal number`, context.at);
  }
  return [{ kind: "number", operator: modifiers.operator, operand }];
}

function timeTest(value: Scalar, modifiers: ItemModifiers, context: ItemContext): readonly Test[] {
  const { timePart: part, operator = "eq" } = modifiers;
  const operand = numberOf(value);
  if (part === undefined || operand === undefined || !Number.isInteger(operand)) {
    return reject("value-invalid", `${written(value)} is not a part of a date, which is a whole number`, context.at);
  }
  const [first, last] = timeRanges[part];
  if (operand < first || operand > last)
    return reject("value-invalid", `${part} goes from ${first} to ${last}; ${operand} is never it`, context.at);
  return [{ kind: "time", part, operator, operand }];
}

/** What each part of a date can be; weeks are those of ISO 8601. */
const timeRanges: Readonly<Record<TimePart, readonly [first: number, last: number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  week: [1, 53],
  month: [1, 12],
  year: [0, 9999],
};

/** JSON has no word for what is not finite. */
function written(value: Scalar): string {
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

const decimal = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** A finite number, or a text that spells one in decimal. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string" || value.length > 64 || !decimal.test(value)) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}
