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

/**
 * The group a signal belongs to, or undefined when it lacks one of the fields. Values are compared as Sigma compares
 * strings, without regard to case. With one field its value is the key as it stands: writing and reading a JSON text
 * for every event would cost more than everything else.
 */
export function keyOf(signal: Signal, spec: CorrelationSpec, rule: string): string | undefined {
  const [only] = spec.groupBy;
  if (spec.groupBy.length === 1 && only !== undefined) {
    const value = groupValue(signal, spec.aliases[only]?.[rule] ?? only, only);
    return value === undefined ? undefined : bounded(fold(value));
  }
  const key: string[] = [];
  for (const name of spec.groupBy) {
    const value = groupValue(signal, spec.aliases[name]?.[rule] ?? name, name);
    if (value === undefined) return undefined;
    key.push(bounded(fold(value)));
  }
  return JSON.stringify(key);
}

/** The key as the world sees it: a JSON list of the folded values. */
export function publicKey(spec: CorrelationSpec, key: string): string {
  return spec.groupBy.length === 1 ? JSON.stringify([key]) : key;
}

/** The key of a public one, or undefined when it is none of this correlation. */
export function privateKey(spec: CorrelationSpec, text: string): string | undefined {
  try {
    const values: unknown = JSON.parse(text);
    if (!Array.isArray(values) || values.length !== spec.groupBy.length) return undefined;
    if (!(values as readonly unknown[]).every((value) => typeof value === "string")) return undefined;
    return values.length === 1 ? String(values[0]) : text;
  } catch {
    return undefined;
  }
}

/** The group by name, in the spelling of the event at hand. */
export function groupOf(signal: Signal, spec: CorrelationSpec, rule: string): Readonly<Record<string, string>> {
  const group: Record<string, string> = {};
  for (const name of spec.groupBy) {
    group[name] = bounded(groupValue(signal, spec.aliases[name]?.[rule] ?? name, name) ?? "");
  }
  return group;
}

function groupValue(signal: Signal, field: string, name: string): string | undefined {
  const inherited = Object.hasOwn(signal.group, name) ? signal.group[name] : undefined;
  if (inherited !== undefined) return inherited;
  // The ordinary case, before anything is allocated for the others.
  const value = Object.hasOwn(signal.fields, field) ? signal.fields[field] : undefined;
  if (typeof value === "string") return value;
  const texts = (valuesOf(signal.fields, field) ?? []).map(textOf).filter((text) => text !== undefined);
  return texts.length <= 1 ? texts[0] : JSON.stringify([...new Set(texts)].sort());
}

/**
 * What a signal adds to a `value_…` correlation: the distinct texts to count, or the numbers to calculate with. Empty
 * means it adds nothing.
 */
export function valuesFor(signal: Signal, spec: CorrelationSpec): readonly (string | number)[] {
  const [first] = spec.fields;
  if (spec.type === "value_count" && spec.fields.length === 1 && first !== undefined) {
    const value = Object.hasOwn(signal.fields, first) ? signal.fields[first] : undefined;
    if (typeof value === "string") return [bounded(fold(value))];
  }
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
  return texts.every((list) => list.length > 0) ? [bounded(JSON.stringify(texts))] : [];
}
