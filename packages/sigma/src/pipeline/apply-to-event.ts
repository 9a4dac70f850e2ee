import type { Fields } from "../expression.ts";
import type { EventLogsource } from "../match/event.ts";
import { valuesOf } from "../match/field-values.ts";
import type { ItemSubject, RuleSubject } from "./conditions.ts";
import type { Scalar } from "./parameters.ts";
import { inPriority, type Pipeline, type Step } from "./pipeline.ts";
import type { Transformation } from "./transformation.ts";

/** One event's way through the pipelines. */
export type EventRun = {
  fields: Fields;
  logsource: EventLogsource;
  readonly applied: Set<string>;
  readonly state: Map<string, unknown>;
  /** Per field, the names of the steps that changed it. */
  readonly appliedTo: Map<string, ReadonlySet<string>>;
};

/** What came of an event. */
export type MappedEvent = Readonly<{ fields: Fields; logsource: EventLogsource }>;

/**
 * Runs the steps of pipelines that mean something for an event: renaming fields, changing values, splitting hashes,
 * `change_logsource`, `set_state`, `nest`. Steps about rules only (`add_condition`, `drop_detection_item`, `regex`,
 * placeholders, failures, the rule's own `fields`) and steps whose conditions ask about a rule are left out.
 *
 * Fields that get the same name become one with all the values. Names with dots are also found inside objects; what is
 * found there is copied, the object stays. Never throws, never changes what it was given.
 */
export function applyToEvent(
  pipelines: Pipeline | readonly Pipeline[],
  fields: Fields,
  logsource: EventLogsource = {},
): MappedEvent {
  const list = "steps" in pipelines ? [pipelines] : inPriority(pipelines);
  const run: EventRun = { fields, logsource, applied: new Set(), state: new Map(), appliedTo: new Map() };
  for (const { steps } of list) runSteps(run, steps);
  return { fields: run.fields, logsource: run.logsource };
}

function runSteps(run: EventRun, steps: readonly Step[]): void {
  for (const step of steps) {
    if (!isForEvents(step.transformation) || !step.checks.rule(eventSubject(run))) continue;
    perform(run, step);
    if (step.id !== undefined) run.applied.add(step.id);
  }
}

function isForEvents(transformation: Transformation): boolean {
  return transformation.kind === "whole" ? transformation.onEvent !== undefined : transformation.kind !== "item";
}

function perform(run: EventRun, step: Step): void {
  const { transformation } = step;
  if (transformation.kind === "whole") transformation.onEvent?.(run);
  else if (transformation.kind === "nest") runSteps(run, transformation.steps);
  else if (transformation.kind === "rename") renameFields(run, step, transformation);
  else if (transformation.kind === "value")
    changeValues(run, step, transformation.changeInEvent ?? transformation.change);
  else if (transformation.kind === "hashes") splitHashes(run, step, transformation);
}

function eventSubject({ fields, logsource, applied, state }: EventRun): RuleSubject {
  return {
    kind: "event",
    logsources: [logsource],
    applied,
    state,
    attribute: () => undefined,
    tags: [],
    hasItem: (field, value) => {
      const values = field === null ? undefined : valuesOf(fields, field);
      return values !== undefined && (value === undefined || values.includes(value));
    },
  };
}

function isMeant(run: EventRun, step: Step, field: string): boolean {
  const subject: ItemSubject = {
    field,
    values: valuesOf(run.fields, field) ?? [],
    wildcards: "none",
    applied: run.appliedTo.get(field) ?? new Set(),
    state: run.state,
  };
  return step.checks.item(subject) && step.checks.field(subject);
}

function mark(run: EventRun, step: Step, [from, to]: readonly [string, string]): void {
  if (step.id !== undefined) run.appliedTo.set(to, new Set([...(run.appliedTo.get(from) ?? []), step.id]));
}

type Renaming = Extract<Transformation, { kind: "rename" }>;

function renameFields(run: EventRun, step: Step, { rename, sources }: Renaming): void {
  const result = new Map<string, unknown>();
  for (const [field, value] of Object.entries(run.fields)) {
    const names = isMeant(run, step, field) ? rename(field) : undefined;
    if (names === undefined) put(result, field, value);
    for (const name of names ?? []) {
      mark(run, step, [field, name]);
      put(result, name, value);
    }
  }
  for (const source of sources ?? []) copyNested(run, step, { source, names: rename(source) ?? [], result });
  run.fields = Object.fromEntries(result);
}

type Nested = Readonly<{ source: string; names: readonly string[]; result: Map<string, unknown> }>;

function copyNested(run: EventRun, step: Step, { source, names, result }: Nested): void {
  if (!source.includes(".") || Object.hasOwn(run.fields, source) || !isMeant(run, step, source)) return;
  const values = valuesOf(run.fields, source);
  if (values === undefined) return;
  for (const name of names) put(result, name, values.length === 1 ? values[0] : values);
}

/** A second value under one name makes a list: any of them may meet a rule. */
function put(result: Map<string, unknown>, name: string, value: unknown): void {
  if (!result.has(name)) {
    result.set(name, value);
    return;
  }
  const both = [result.get(name), value].flat();
  const distinct = [...new Set(both)];
  result.set(name, distinct.length === 1 ? distinct[0] : distinct);
}

type ValueChange = (value: Scalar) => readonly Scalar[] | undefined;

function changeValues(run: EventRun, step: Step, change: ValueChange): void {
  const result = Object.entries(run.fields).map(([field, value]) => {
    if (!isMeant(run, step, field)) return [field, value];
    mark(run, step, [field, field]);
    return [field, changedValue(value, change)];
  });
  run.fields = Object.fromEntries(result) as Fields;
}

function changedValue(value: unknown, change: ValueChange): unknown {
  const isScalar = value === null || typeof value !== "object";
  if (isScalar) {
    const values = value === undefined ? undefined : change(value as Scalar);
    return values === undefined ? value : values.length === 1 ? values[0] : values;
  }
  if (!Array.isArray(value)) return value;
  return (value as readonly unknown[]).flatMap((one) => changedValue(one, change));
}

type Hashes = Extract<Transformation, { kind: "hashes" }>;
/** Hashes read from one field of one event. */
const hashesMax = 64;

/** The field itself stays, for rules that look into it. */
function splitHashes(run: EventRun, step: Step, { fields, read }: Hashes): void {
  const found = new Map<string, unknown>();
  for (const field of fields) {
    if (!Object.hasOwn(run.fields, field) || !isMeant(run, step, field)) continue;
    const texts = (valuesOf(run.fields, field) ?? []).filter((value) => typeof value === "string");
    for (const piece of texts.flatMap((text) => text.split(/[,;]/, hashesMax))) {
      const hash = read(piece);
      if (hash !== undefined) put(found, hash.field, hash.hash);
    }
  }
  const result = new Map<string, unknown>(Object.entries(run.fields));
  for (const [field, value] of found) put(result, field, value);
  run.fields = Object.fromEntries(result);
}
