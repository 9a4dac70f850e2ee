import type { Network } from "./compile/cidr.ts";
import type { Pattern } from "./compile/sigma-string.ts";
import type { LinearRegex } from "./compile/regex.ts";

/** A rule's condition with every name resolved: the one form the oracle, the compiler and the explainer read. */
export type Expression =
  | Readonly<{ kind: "and" | "or"; label: string; children: readonly Expression[] }>
  | Readonly<{ kind: "not"; label: string; child: Expression }>
  | Readonly<{ kind: "item"; item: Item }>;

/** One line of a selection: a field (or, without one, the whole event) against its values. */
export type Item = Readonly<{
  /** `null` for keywords, which search every value of the event. */
  field: string | null;
  /** As written in the rule, for people. */
  text: string;
  /** Equal keys mean equal answers on every event; items are shared between rules by it. */
  key: string;
  join: "any" | "all";
  /** `neq` turns the whole item around: none of the values may match. */
  negated: boolean;
  tests: readonly Test[];
}>;

export type CompareOperator = "lt" | "lte" | "gt" | "gte" | "eq";
export type TimePart = "minute" | "hour" | "day" | "week" | "month" | "year";
export type TextPosition = "equals" | "contains" | "startswith" | "endswith";

/** What one value of an item asks of one value of the event. */
export type Test =
  | Readonly<{ kind: "text"; pattern: Pattern; cased: boolean }>
  | Readonly<{ kind: "null" }>
  | Readonly<{ kind: "exists"; expected: boolean }>
  | Readonly<{ kind: "regex"; regex: LinearRegex }>
  | Readonly<{ kind: "cidr"; network: Network }>
  | Readonly<{ kind: "number"; operator: CompareOperator; operand: number }>
  | Readonly<{ kind: "time"; part: TimePart; operator: CompareOperator; operand: number }>
  | Readonly<{ kind: "either"; tests: readonly Test[] }>
  | Readonly<{ kind: "field"; other: string; position: TextPosition; cased: boolean }>;

/** The fields of an event by name; values are what `JSON.parse` yields. */
export type Fields = Readonly<Record<string, unknown>>;

/** All of the children, under one label. */
export function and(label: string, children: readonly Expression[]): Expression {
  return { kind: "and", label, children };
}
