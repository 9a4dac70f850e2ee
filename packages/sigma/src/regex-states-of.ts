import { estimateStates } from "./compile/regex-states.ts";
import type { Expression, Test } from "./expression.ts";
import type { DetectionRule } from "./rule.ts";

/** About how many states the regular expressions of a rule have: what a character may cost, at some nanoseconds each. */
export function regexStatesOf({ expression }: Pick<DetectionRule, "expression">): number {
  let states = 0;
  const open: Expression[] = [expression];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.kind === "item") states += next.item.tests.reduce((sum, one) => sum + ofTest(one), 0);
    else if (next.kind === "not") open.push(next.child);
    else open.push(...next.children);
  }
  return states;
}

function ofTest(test: Test): number {
  if (test.kind === "either") return test.tests.reduce((sum, one) => sum + ofTest(one), 0);
  return test.kind === "regex" ? estimateStates(test.regex.source) : 0;
}
