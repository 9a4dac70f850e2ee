import { type Condition, parseCondition } from "../../src/parse/condition.ts";
import { RuleRejected } from "../../src/parse/rejection.ts";
import { bytesOf, insist, type Target, textOf } from "../target.ts";

/** Conditions: refused as a refusal, or read; what was read, written out with every bracket, reads the same. */
export const conditionTarget: Target = {
  name: "condition",
  seeds: [
    "selection",
    "a and b or not c",
    "(a or b) and not (c and not d)",
    "1 of selection_* and not 1 of filter_*",
    "all of them",
    "any of them or ALL OF x_*",
    "not not a",
    "((((a))))",
    "a AND (b Or C) aNd NOT 1 of them",
    "selection | count() > 5",
    "1 of (a)",
    "of of of",
  ].map(bytesOf),
  words: [
    " and ",
    " or ",
    " not ",
    "(",
    ")",
    " 1 of ",
    " all of ",
    " any of ",
    "them",
    "*",
    "?",
    "a",
    "sel_*",
    "|",
    "\t",
  ],
  sizeMax: 2048,
  run: (input) => {
    const read = attempt(textOf(input));
    if (read === undefined) return false;
    const again = attempt(written(read));
    // Every `and`, `or` and `not` gains a bracket, so the deepest conditions may go beyond the limit.
    insist(again !== undefined || depthOf(read) > 60, "what was read can be read again");
    if (again !== undefined) insist(written(again) === written(read), "what was read again is the same");
    return true;
  },
};

function attempt(text: string): Condition | undefined {
  try {
    return parseCondition(text, []);
  } catch (cause) {
    if (cause instanceof RuleRejected) return undefined;
    throw cause;
  }
}

function written(condition: Condition): string {
  if (condition.kind === "name") return condition.name;
  if (condition.kind === "quantified") return `${condition.quantifier} of ${condition.pattern}`;
  if (condition.kind === "not") return `not (${written(condition.part)})`;
  return `(${condition.parts.map(written).join(` ${condition.kind} `)})`;
}

function depthOf(condition: Condition): number {
  if (condition.kind === "not") return 1 + depthOf(condition.part);
  return "parts" in condition ? 1 + Math.max(...condition.parts.map(depthOf)) : 0;
}
