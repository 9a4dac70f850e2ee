import type { DetectionRule, Expression, Item, Test } from "@tyr/sigma";

/** A word of a rule and the field it is looked for in; null is any field. */
type RuleToken = Readonly<{ field: string | null; text: string; folded: string }>;

const TOKEN_CHARS_MAX = 64;
const TOKENS_MAX = 8;

/** The literal words a rule asks for, in its order; what it excludes is left out. */
export function tokensOf(rule: DetectionRule): readonly RuleToken[] {
  return itemsOf(rule.expression).flatMap(({ field, tests }) =>
    tests.flatMap(literalsOf).map((text) => ({ field, text, folded: text.toLowerCase() })),
  );
}

function itemsOf(expression: Expression): readonly Item[] {
  if (expression.kind === "item") return expression.item.negated ? [] : [expression.item];
  return expression.kind === "not" ? [] : expression.children.flatMap(itemsOf);
}

function literalsOf(test: Test): readonly string[] {
  if (test.kind === "either") return test.tests.flatMap(literalsOf);
  return test.kind === "text" ? test.pattern.filter((part) => typeof part === "string") : [];
}

/** Which of a rule's words an event holds: the rule's text, never the event's, so nothing private can be in it. */
export function foundTokens(
  tokens: readonly RuleToken[],
  fields: Readonly<Record<string, unknown>>,
): readonly string[] {
  const found = new Set<string>();
  for (const { field, text, folded } of tokens) {
    if (found.size >= TOKENS_MAX) break;
    const values = field === null ? Object.values(fields) : [fields[field]];
    const isThere = values.some((value) => typeof value === "string" && value.toLowerCase().includes(folded));
    if (isThere) found.add(text.trim().slice(0, TOKEN_CHARS_MAX));
  }
  return [...found];
}
