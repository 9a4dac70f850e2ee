import { fold } from "../compile/fold.ts";
import { literalOf, type Pattern } from "../compile/sigma-string.ts";
import type { Expression, Item, Test } from "../expression.ts";

/** Where in a folded text the literal of an atom stands; `present` asks only for the field. */
type AtomPlace = "exact" | "prefix" | "suffix" | "part" | "present";

/** Something cheap to find out about an event. `field` is null for the whole event, as keywords search it. */
export type Atom = Readonly<{ field: string | null; place: AtomPlace; text: string }>;

/** How often an atom is seen, from 0 (never) to 1 (in every event). */
export type Frequency = (atom: Atom) => number;

/** Atoms of which an event must show at least one before a rule can hold for it. */
export type Witness = readonly Atom[];

/**
 * The rarest necessary condition of an expression: of an `and` its best part, of an `or` all of its parts together.
 *
 * @returns undefined when there is none, as for `not`: such a rule is tried on every event
 */
export function witnessOf(expression: Expression, frequency: Frequency): Witness | undefined {
  if (expression.kind === "not") return undefined;
  if (expression.kind === "item") return itemWitness(expression.item, frequency);
  const witnesses = expression.children.map((child) => witnessOf(child, frequency));
  return expression.kind === "and" ? rarest(witnesses, frequency) : union(witnesses);
}

/** Every atom that could be a witness, for measuring how often each is seen. */
export function atomsOf(expression: Expression): Witness {
  if (expression.kind === "not") return [];
  if (expression.kind !== "item") return expression.children.flatMap(atomsOf);
  const { item } = expression;
  return item.negated ? [] : item.tests.flatMap((test) => choicesOf(test, item.field).flat());
}

function itemWitness(item: Item, frequency: Frequency): Witness | undefined {
  if (item.negated) return undefined;
  const witnesses = item.tests.map((test) => rarest(choicesOf(test, item.field), frequency));
  return item.join === "all" ? rarest(witnesses, frequency) : union(witnesses);
}

function rarest(witnesses: readonly (Witness | undefined)[], frequency: Frequency): Witness | undefined {
  let best: Witness | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const witness of witnesses) {
    if (witness === undefined) continue;
    const often = witness.reduce((sum, atom) => sum + frequency(atom), 0);
    if (often < least) [best, least] = [witness, often];
  }
  return best;
}

function union(witnesses: readonly (Witness | undefined)[]): Witness | undefined {
  return witnesses.includes(undefined) ? undefined : witnesses.flatMap((witness) => witness ?? []);
}

/** Alternative witnesses of one test; none when it may hold for an event without the field. */
function choicesOf(test: Test, field: string | null): readonly Witness[] {
  const choices = everyChoiceOf(test, field);
  return field === null ? choices.filter((atoms) => !atoms.some(({ text }) => couldBeNumber(text))) : choices;
}

/**
 * Whether the text of a number, as JavaScript writes it, could hold this literal. How JSON wrote the number does not tell
 * (`1e5` is 100000, `1e999` Infinity), so as a keyword such a literal cannot be searched for in lines.
 *
 * @param literal folded
 */
export function couldBeNumber(literal: string): boolean {
  return /^[\d.e+-]*$/.test(literal) || "-infinity".includes(literal);
}

function everyChoiceOf(test: Test, field: string | null): readonly Witness[] {
  if (test.kind === "null" || (test.kind === "exists" && !test.expected)) return [];
  if (test.kind === "text") return textChoices(test.pattern, field);
  if (test.kind === "regex" && test.regex.required.length > 0)
    return test.regex.required.map((text) => [{ field, place: "part", text }]);
  if (test.kind === "either") return eitherChoices(test.tests, field);
  return presence(field);
}

function eitherChoices(tests: readonly Test[], field: string | null): readonly Witness[] {
  const perTest = tests.map((test) => choicesOf(test, field)[0]);
  const all = union(perTest);
  return all === undefined ? [] : [all];
}

/** That a keyword is searched says nothing about the event. */
function presence(field: string | null): readonly Witness[] {
  return field === null ? [] : [[{ field, place: "present", text: "" }]];
}

function textChoices(pattern: Pattern, field: string | null): readonly Witness[] {
  const literal = literalOf(pattern);
  if (literal !== undefined) return [[{ field, place: "exact", text: fold(literal) }]];
  const choices = pattern.flatMap((part, index): readonly Witness[] => {
    if (typeof part !== "string") return [];
    const last = index === pattern.length - 1;
    const place = index === 0 ? "prefix" : last ? "suffix" : "part";
    return [[{ field, place, text: fold(part) }]];
  });
  return choices.length === 0 ? presence(field) : choices;
}

/** A guess before anything was measured: exact values are rare, long literals rarer than short ones. */
export function guessedFrequency({ place, text }: Atom): number {
  if (place === "present") return 0.9;
  const length = Math.min(text.length, 24);
  const byLength = 0.6 ** length;
  return place === "exact" ? 0.02 * byLength + 0.002 : (place === "part" ? 1 : 0.5) * byLength + 0.0005;
}
