import { quote } from "../explain.ts";
import { textOf, valuesOf } from "../match/field-values.ts";
import type { Condition } from "../parse/condition.ts";
import type { Comparison, CorrelationSpec } from "../parse/correlation.ts";
import type { ShownWindow } from "./shown-window.ts";
import type { TrackStep } from "./track.ts";

/** What the correlation asks of a window, for people: `3 or more events`. */
export function asked(spec: CorrelationSpec): string {
  const { condition } = spec;
  if (condition.kind === "number") {
    const bounds = condition.comparisons.map(({ operator, operand }) => `${signs[operator]} ${operand}`);
    return `${subjectOf(spec)} ${bounds.join(" and ")}`;
  }
  const order = spec.type === "temporal_ordered" ? " in this order" : "";
  if (condition.kind === "every") return `all of ${spec.rules.map(quote).join(", ")}${order}`;
  return `${conditionText(condition.condition)}${order}`;
}

const signs: Readonly<Record<Comparison["operator"], string>> = {
  gt: ">",
  gte: "≥",
  lt: "<",
  lte: "≤",
  eq: "=",
  neq: "≠",
};

/** What its number is a number of. */
function subjectOf({ type, fields, percentile }: CorrelationSpec): string {
  const field = fields.map(quote).join(" with ");
  const subjects: Readonly<Record<CorrelationSpec["type"], string>> = {
    event_count: "events",
    value_count: `different values of ${field}`,
    temporal: "different rules",
    temporal_ordered: "rules in order",
    value_sum: `sum of ${field}`,
    value_avg: `average of ${field}`,
    value_percentile: `percentile ${percentile} of ${field}`,
    value_median: `median of ${field}`,
  };
  return subjects[type];
}

function conditionText(condition: Condition): string {
  if (condition.kind === "name") return quote(condition.name);
  if (condition.kind === "not") return `not ${conditionText(condition.part)}`;
  if (condition.kind === "quantified") return "";
  return `(${condition.parts.map(conditionText).join(` ${condition.kind} `)})`;
}

/** What the window held, measured against the condition. */
export function compared(spec: CorrelationSpec, { value, isMet }: ShownWindow): string {
  const number = Number.isInteger(value) ? String(value) : value.toPrecision(6);
  return `${subjectOf(spec)}: ${number}; ${asked(spec)} ${isMet ? "is" : "is not"} met`;
}

type Left = Extract<TrackStep, { kind: "left" }>;

export function whyLeft(step: Left): string {
  const { correlation } = step.rule;
  if (step.because === "untimed") return "the event has no time, so it is in no window";
  if (step.because === "known-burst") {
    const inner = quote(correlation.rules[step.positions[0] ?? 0] ?? "");
    return `${inner} goes on being met, and ${correlation.type} counts only its new bursts`;
  }
  return step.because === "no-value" ? whyNoValue(step) : whyNoGroup(step);
}

function whyNoValue({ rule: { correlation }, signal }: Left): string {
  const isCount = correlation.type === "value_count";
  const faults = correlation.fields.flatMap((field) => {
    const values = valuesOf(signal.fields, field);
    if (values === undefined || values.length === 0) return [`${quote(field)} is absent`];
    const shown = values.slice(0, 3).map((value) => quote(textOf(value) ?? "an object"));
    return isCount ? [] : [`${quote(field)} is ${shown.join(", ")}, which is no number`];
  });
  return `there is no value to ${isCount ? "count" : "calculate with"}: ${faults.join("; ") || "the field holds no text"}`;
}

function whyNoGroup({ rule: { correlation }, positions, signal }: Left): string {
  const rule = correlation.rules[positions[0] ?? 0] ?? "";
  const lacking = correlation.groupBy.flatMap((name) => {
    const alias = correlation.aliases[name];
    const field = alias?.[rule] ?? name;
    const values = valuesOf(signal.fields, field) ?? [];
    const isThere = Object.hasOwn(signal.group, name) || values.some((value) => textOf(value) !== undefined);
    if (isThere) return [];
    if (alias === undefined) return [`${quote(name)} is absent`];
    if (alias[rule] === undefined)
      return [`the alias ${quote(name)} names no field for ${quote(rule)}, and no field is called that`];
    return [`${quote(field)}, which the alias ${quote(name)} stands for in ${quote(rule)}, is absent`];
  });
  return `it belongs to no group: ${lacking.join("; ")}`;
}
