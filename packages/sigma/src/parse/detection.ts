import { Budget, type RegexBudget } from "../compile/budget.ts";
import { buildItem } from "../compile/item.ts";
import type { Placeholders } from "../compile/placeholder.ts";
import type { Expression, Item } from "../expression.ts";
import { type Condition, parseCondition } from "./condition.ts";
import type { DetectionDraft, DraftItem, DraftNode } from "./draft.ts";
import { reject, type ValuePath } from "./rejection.ts";

/** What reading a detection needs besides its text. */
export type DetectionContext = Readonly<{
  placeholders: Placeholders;
  at: ValuePath;
  warn: (message: string) => void;
  /** Shared with other documents; left out: the rule has its own. */
  regexes?: RegexBudget | undefined;
}>;

type Compiling = DetectionContext & Readonly<{ budget: Budget }>;
type Selections = ReadonlyMap<string, Expression | undefined>;

/**
 * Makes the expression of a draft. A selection left without items is left out of the condition, as is what it alone
 * made up.
 *
 * @throws {RuleRejected} naming the value that is wrong
 */
export function compileDetection(draft: DetectionDraft, detection: DetectionContext): Expression {
  const context = { ...detection, budget: new Budget(detection.regexes) };
  const selections = new Map<string, Expression | undefined>();
  for (const [name, node] of draft.selections) selections.set(name, compileNode(node, context));
  const conditions = parseConditions(draft.condition, context);
  const used = new Set<string>();
  const scope = { selections, used, at: conditionAt(context), budget: context.budget };
  const resolved = conditions.flatMap((condition) => resolve(condition, scope) ?? []);
  if (resolved.length === 0) reject("detection-invalid", "nothing is left of the condition", scope.at);
  for (const name of selections.keys()) {
    if (!used.has(name) && !name.startsWith("_")) context.warn(`selection ${name} is not used by the condition`);
  }
  const whole = join("or", "condition", resolved);
  if (draft.added.length === 0) return whole;
  const added = draft.added.flatMap(({ node, negated }): Expression[] => {
    const child = compileNode(node, context);
    if (child === undefined) return [];
    return negated ? [{ kind: "not", label: "not", child }] : [child];
  });
  return { kind: "and", label: "and", children: [...added, whole] };
}

function compileNode(node: DraftNode, context: Compiling): Expression | undefined {
  if (node.kind === "item") return { kind: "item", item: compileItem(node, context) };
  const children = node.children.flatMap((child) => compileNode(child, context) ?? []);
  return children.length === 0 ? undefined : join(node.kind, node.label, children);
}

function compileItem({ field, modifiers, value, at, isBare }: DraftItem, context: Compiling): Item {
  const item = buildItem([field ?? "", ...modifiers].join("|"), value, { ...context, at });
  return isBare ? { ...item, text: `keywords: ${JSON.stringify(value)}` } : item;
}

function conditionAt(context: DetectionContext): ValuePath {
  return [...context.at, "condition"];
}

/** A list of conditions means any of them. */
function parseConditions(value: unknown, context: DetectionContext): readonly Condition[] {
  if (value === undefined) reject("condition-invalid", "there is no condition", context.at);
  const at = conditionAt(context);
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  if (list.length === 0) reject("condition-invalid", "the list of conditions is empty", at);
  return list.map((entry) => {
    // A bare number is a legal name of a selection and YAML reads it as a number.
    if (typeof entry !== "string" && typeof entry !== "number")
      reject("condition-invalid", "the condition must be a string", at);
    return parseCondition(String(entry), at);
  });
}

/** One child keeps its name by standing under an `and`, so that explanations name the selection. */
function join(kind: "and" | "or", label: string, children: readonly Expression[]): Expression {
  const [only] = children;
  if (children.length === 1 && only !== undefined && only.kind !== "item") return only;
  return { kind: children.length === 1 ? "and" : kind, label, children };
}

type Scope = Readonly<{ selections: Selections; used: Set<string>; at: ValuePath; budget: Budget }>;

/** Undefined when nothing is left of what the condition names. */
function resolve(condition: Condition, scope: Scope): Expression | undefined {
  if (condition.kind === "not") {
    const child = resolve(condition.part, scope);
    return child === undefined ? undefined : { kind: "not", label: "not", child };
  }
  if (condition.kind === "name") return selectionNamed(condition.name, scope);
  if (condition.kind === "quantified") {
    const { quantifier, pattern } = condition;
    const label = `${quantifier === "any" ? "1" : "all"} of ${pattern}`;
    const children = namesLike(pattern, scope).flatMap((name) => selectionNamed(name, scope) ?? []);
    return children.length === 0 ? undefined : { kind: quantifier === "any" ? "or" : "and", label, children };
  }
  const children = condition.parts.flatMap((part) => resolve(part, scope) ?? []);
  return children.length === 0 ? undefined : { kind: condition.kind, label: condition.kind, children };
}

function selectionNamed(name: string, scope: Scope): Expression | undefined {
  if (!scope.selections.has(name))
    reject("condition-invalid", `the condition names ${JSON.stringify(name)}, which is not there`, scope.at);
  scope.used.add(name);
  const selection = scope.selections.get(name);
  // The engine reads a selection again wherever it is named.
  scope.budget.spend(selection === undefined ? 0 : itemsIn(selection), scope.at);
  return selection;
}

function itemsIn(expression: Expression): number {
  if (expression.kind === "item") return 1;
  return expression.kind === "not"
    ? itemsIn(expression.child)
    : expression.children.reduce((sum, child) => sum + itemsIn(child), 0);
}

/** `them` leaves out names that begin with an underscore; a pattern takes them only if it begins with one itself. */
function namesLike(pattern: string, scope: Scope): readonly string[] {
  const names = [...scope.selections.keys()];
  // Each is looked at, whether it is like the pattern or not.
  scope.budget.spend(names.length, scope.at);
  const isThem = pattern.toLowerCase() === "them" && !scope.selections.has(pattern);
  const found = names.filter((name) => {
    if (name.startsWith("_") && !pattern.startsWith("_")) return false;
    return isThem || matchesName(pattern, name);
  });
  if (found.length === 0)
    reject(
      "condition-invalid",
      isThem
        ? "every selection begins with _, which them leaves out; name one"
        : `no selection is named like ${JSON.stringify(pattern)}`,
      scope.at,
    );
  return found;
}

function matchesName(pattern: string, name: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return name === pattern;
  const tail = rest.pop() ?? "";
  if (!name.startsWith(head) || !name.endsWith(tail) || name.length < head.length + tail.length) return false;
  let from = head.length;
  for (const piece of rest) {
    const found = name.slice(0, name.length - tail.length).indexOf(piece, from);
    if (found === -1) return false;
    from = found + piece.length;
  }
  return true;
}
