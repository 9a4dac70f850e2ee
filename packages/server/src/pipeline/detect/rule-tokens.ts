import type { DetectionRule, Expression, Item, Test } from "@tyr/sigma";

/** A word of a rule and the field it is looked for in; null is any field. `whole`: the value is this and nothing else. */
type RuleToken = Readonly<{ field: string | null; text: string; folded: string; whole: boolean }>;
type Literal = Pick<RuleToken, "text" | "whole">;

const TOKEN_CHARS_MAX = 64;
const TOKENS_MAX = 8;

/** The literal words a rule asks for, in its order; what it excludes is left out. */
export function tokensOf(rule: DetectionRule): readonly RuleToken[] {
  return itemsOf(rule.expression).flatMap(({ field, tests }) =>
    tests.flatMap(literalsOf).map(({ text, whole }) => ({ field, text, folded: text.toLowerCase(), whole })),
  );
}

function itemsOf(expression: Expression): readonly Item[] {
  if (expression.kind === "item") return expression.item.negated ? [] : [expression.item];
  return expression.kind === "not" ? [] : expression.children.flatMap(itemsOf);
}

function literalsOf(test: Test): readonly Literal[] {
  if (test.kind === "either") return test.tests.flatMap(literalsOf);
  if (test.kind !== "text") return [];
  const whole = test.pattern.length === 1;
  return test.pattern.flatMap((part) => (typeof part === "string" ? { text: part, whole } : []));
}

/** Which of a rule's words an event holds: the rule's text, never the event's, so nothing private can be in it. */
export function foundTokens(
  tokens: readonly RuleToken[],
  fields: Readonly<Record<string, unknown>>,
): readonly string[] {
  const found = new Set<string>();
  for (const { field, text, folded, whole } of tokens) {
    if (found.size >= TOKENS_MAX) break;
    const values = field === null ? Object.values(fields) : [fields[field]];
    const isThere = values.some((value) => typeof value === "string" && holds(value.toLowerCase(), { folded, whole }));
    if (isThere) found.add(text.trim().slice(0, TOKEN_CHARS_MAX).toWellFormed());
  }
  return [...found];
}

function holds(value: string, { folded, whole }: Pick<RuleToken, "folded" | "whole">): boolean {
  return whole ? value === folded : value.includes(folded);
}
