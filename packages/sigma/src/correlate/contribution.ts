import { fold } from "../compile/fold.ts";
import { numberOf } from "../compile/item.ts";
import type { Fields } from "../expression.ts";
import { textOf, valuesOf } from "../match/field-values.ts";
import type { CorrelationSpec } from "../parse/correlation.ts";
import { bounded } from "./digest.ts";

/** A hit of a rule, or of a correlation another one refers to, as food for correlations. */
export type Signal = Readonly<{
  fields: Fields;
  /** The grouping of the correlation that fired; it wins over the fields of the event that made it fire. */
  group: Readonly<Record<string, string>>;
  ids: readonly string[];
  /** False when a correlation's condition merely goes on being met: temporal types take that, counting ones do not. */
  isNew: boolean;
}>;

export type GroupIdentity = Readonly<{ key: string; group: Readonly<Record<string, string>> }>;

/**
 * The group a signal belongs to, or undefined when it lacks one of the fields. Values are compared as Sigma compares
 * strings, without regard to case; the group is shown in the spelling of the event at hand.
 */
export function groupOf(signal: Signal, spec: CorrelationSpec, rule: string): GroupIdentity | undefined {
  const group: Record<string, string> = {};
  const key: string[] = [];
  for (const name of spec.groupBy) {
    const value = groupValue(signal, spec.aliases[name]?.[rule] ?? name, name);
    if (value === undefined) return undefined;
    group[name] = bounded(value);
    key.push(bounded(fold(value)));
  }
  return { key: JSON.stringify(key), group };
}

function groupValue(signal: Signal, field: string, name: string): string | undefined {
  const inherited = Object.hasOwn(signal.group, name) ? signal.group[name] : undefined;
  if (inherited !== undefined) return inherited;
  const texts = (valuesOf(signal.fields, field) ?? []).map(textOf).filter((text) => text !== undefined);
  return texts.length <= 1 ? texts[0] : JSON.stringify([...new Set(texts)].sort());
}

/**
 * What a signal adds to a `value_…` correlation: the distinct texts to count, or the numbers to calculate with. Empty
 * means it adds nothing.
 */
export function valuesFor(signal: Signal, spec: CorrelationSpec): readonly (string | number)[] {
  const perField = spec.fields.map((field) => valuesOf(signal.fields, field) ?? []);
  if (spec.type !== "value_count")
    return perField
      .flat()
      .map(numberOf)
      .filter((number) => number !== undefined);
  const texts = perField.map((values) =>
    values
      .map(textOf)
      .filter((text) => text !== undefined)
      .map((text) => bounded(fold(text))),
  );
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return [...new Set(only)];
  // Several fields count as one combined value, and only when all of them are there.
  return texts.every((list) => list.length > 0) ? [JSON.stringify(texts)] : [];
}
