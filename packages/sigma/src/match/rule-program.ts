import type { Expression, Item } from "../expression.ts";
import type { EventView } from "./event-view.ts";
import type { ItemProgram } from "./item-program.ts";

/** A rule's condition ready to run. */
export type RuleProgram = (event: EventView) => boolean;

/** Items by number; rules share those that are equal. */
export type ItemPrograms = Readonly<{ numberOf(item: Item): number; programs: readonly ItemProgram[] }>;

/**
 * A generated function where the platform lets code be generated, closures where a content security policy forbids it.
 * The text generated holds numbers and operators only, nothing of the rule's.
 */
export function compileRule(expression: Expression, items: ItemPrograms, generate: boolean): RuleProgram {
  if (!generate) return closure(expression, items);
  const body = `return (event) => ${sourceOf(expression, items)};`;
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is numbers and operators, see above
  const make = new Function("programs", body) as (programs: readonly ItemProgram[]) => RuleProgram;
  return make(items.programs);
}

let allowed: boolean | undefined;

/** Whether this platform lets code be generated; asked once, as a policy that forbids it may report each attempt. */
export function canGenerate(): boolean {
  return (allowed ??= attemptToGenerate());
}

function attemptToGenerate(): boolean {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- constant text
    return (new Function("return true") as () => boolean)();
  } catch {
    return false;
  }
}

function sourceOf(expression: Expression, items: ItemPrograms): string {
  if (expression.kind === "item") {
    const number = items.numberOf(expression.item);
    return `event.answer(${number}, programs[${number}])`;
  }
  if (expression.kind === "not") return `!(${sourceOf(expression.child, items)})`;
  const isAnd = expression.kind === "and";
  if (expression.children.length === 0) return String(isAnd);
  return expression.children.map((child) => `(${sourceOf(child, items)})`).join(isAnd ? " && " : " || ");
}

function closure(expression: Expression, items: ItemPrograms): RuleProgram {
  if (expression.kind === "item") {
    const number = items.numberOf(expression.item);
    const program = items.programs[number] ?? (() => false);
    return (event) => event.answer(number, program);
  }
  if (expression.kind === "not") {
    const inner = closure(expression.child, items);
    return (event) => !inner(event);
  }
  const parts = expression.children.map((child) => closure(child, items));
  if (expression.kind === "and") return (event) => parts.every((part) => part(event));
  return (event) => parts.some((part) => part(event));
}
