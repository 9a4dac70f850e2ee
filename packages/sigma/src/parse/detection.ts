import { buildItem } from "../compile/item.ts";
import type { Placeholders } from "../compile/placeholder.ts";
import type { Expression } from "../expression.ts";
import { type Condition, parseCondition } from "./condition.ts";
import { reject, type ValuePath } from "./rejection.ts";
import { isMapping, type Mapping } from "./shape.ts";

/** What reading a detection needs besides its text. */
export type DetectionContext = Readonly<{
  placeholders: Placeholders;
  at: ValuePath;
  warn: (message: string) => void;
  /** Keys that are neither selections nor the condition. */
  reserved: readonly string[];
}>;

type Selections = ReadonlyMap<string, Expression>;

/**
 * Reads `condition` and the selections beside it into one expression.
 *
 * @throws {RuleRejected} naming the value that is wrong
 */
export function parseDetection(section: Mapping, context: DetectionContext): Expression {
  const selections = new Map<string, Expression>();
  for (const [name, value] of Object.entries(section)) {
    if (context.reserved.includes(name)) continue;
    selections.set(name, parseSelection(name, value, { ...context, at: [...context.at, name] }));
  }
  if (selections.size === 0) reject("detection-invalid", "there is no selection", context.at);
  const conditions = parseConditions(section["condition"], context);
  const used = new Set<string>();
  const resolved = conditions.map((condition) => resolve(condition, { selections, used, at: conditionAt(context) }));
  for (const name of selections.keys()) {
    if (!used.has(name) && !name.startsWith("_")) context.warn(`selection ${name} is not used by the condition`);
  }
  return join("or", "condition", resolved);
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

function parseSelection(name: string, value: unknown, context: DetectionContext): Expression {
  if (isMapping(value)) return parseMap(name, value, context);
  if (!Array.isArray(value)) return keywords(name, value, context);
  const list = value as readonly unknown[];
  if (list.length === 0) reject("detection-invalid", `selection ${name} is empty`, context.at);
  // Keywords in a list are one item (any of them), maps are one alternative each.
  const plain = list.filter((entry) => !isMapping(entry));
  const maps = list.flatMap((entry, index) =>
    isMapping(entry) ? [parseMap(`${name}[${index}]`, entry, { ...context, at: [...context.at, index] })] : [],
  );
  return join("or", name, plain.length === 0 ? maps : [keywords(name, plain, context), ...maps]);
}

function keywords(name: string, value: unknown, context: DetectionContext): Expression {
  if (value === null || (Array.isArray(value) && value.includes(null))) {
    reject("detection-invalid", `selection ${name} has no content`, context.at);
  }
  const item = buildItem("", value, context);
  return { kind: "item", item: { ...item, text: `keywords: ${JSON.stringify(value)}` } };
}

function parseMap(name: string, map: Mapping, context: DetectionContext): Expression {
  const items = Object.entries(map).map(([key, value]): Expression => {
    const item = buildItem(key, value, { ...context, at: [...context.at, key] });
    return { kind: "item", item };
  });
  if (items.length === 0) reject("detection-invalid", `selection ${name} is empty`, context.at);
  return join("and", name, items);
}

/** One child keeps its name by standing under an `and`, so that explanations name the selection. */
function join(kind: "and" | "or", label: string, children: readonly Expression[]): Expression {
  const [only] = children;
  if (children.length === 1 && only !== undefined && only.kind !== "item") return only;
  return { kind: children.length === 1 ? "and" : kind, label, children };
}

type Scope = Readonly<{ selections: Selections; used: Set<string>; at: ValuePath }>;

function resolve(condition: Condition, scope: Scope): Expression {
  if (condition.kind === "not") return { kind: "not", label: "not", child: resolve(condition.part, scope) };
  if (condition.kind === "name") return selectionNamed(condition.name, scope);
  if (condition.kind === "quantified") {
    const { quantifier, pattern } = condition;
    const label = `${quantifier === "any" ? "1" : "all"} of ${pattern}`;
    const children = namesLike(pattern, scope).map((name) => selectionNamed(name, scope));
    return { kind: quantifier === "any" ? "or" : "and", label, children };
  }
  return { kind: condition.kind, label: condition.kind, children: condition.parts.map((part) => resolve(part, scope)) };
}

function selectionNamed(name: string, scope: Scope): Expression {
  const selection = scope.selections.get(name);
  if (selection === undefined)
    reject("condition-invalid", `the condition names ${JSON.stringify(name)}, which is not there`, scope.at);
  scope.used.add(name);
  return selection;
}

/** `them` leaves out names that begin with an underscore; a pattern takes them only if it begins with one itself. */
function namesLike(pattern: string, scope: Scope): readonly string[] {
  const names = [...scope.selections.keys()];
  const isThem = pattern.toLowerCase() === "them" && !scope.selections.has(pattern);
  const found = names.filter((name) => {
    if (name.startsWith("_") && !pattern.startsWith("_")) return false;
    return isThem || matchesName(pattern, name);
  });
  if (found.length === 0)
    reject("condition-invalid", `no selection is named like ${JSON.stringify(pattern)}`, scope.at);
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
