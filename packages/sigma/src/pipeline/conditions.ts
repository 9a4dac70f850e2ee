import { RE2JS } from "re2js";
import { parsePattern } from "../compile/sigma-string.ts";
import type { EventLogsource } from "../match/event.ts";
import { type Condition, parseCondition } from "../parse/condition.ts";
import { reject, type ValuePath } from "../parse/rejection.ts";
import { asMapping, asText, isMapping, type Mapping } from "../parse/shape.ts";
import { levels } from "../rule.ts";
import { Parameters, type Scalar } from "./parameters.ts";

/** What conditions are asked about: a rule on its way through a pipeline, or an event. */
export type RuleSubject = Readonly<{
  kind: "rule" | "correlation" | "event";
  /** Several for a correlation: those of the rules it refers to. */
  logsources: readonly EventLogsource[];
  applied: ReadonlySet<string>;
  state: ReadonlyMap<string, unknown>;
  /** Undefined for events, which have no title and no level. */
  attribute: (name: string) => unknown;
  tags: readonly string[];
  hasItem: (field: string | null, value?: unknown) => boolean;
}>;

/** One item of a rule, or one field of an event. */
export type ItemSubject = Readonly<{
  field: string | null;
  values: readonly unknown[];
  /** Whether wildcards in its values, or those its modifiers add, count. */
  wildcards: "written" | "added" | "none";
  applied: ReadonlySet<string>;
  state: ReadonlyMap<string, unknown>;
}>;

type Check<Subject> = (subject: Subject) => boolean;
type Builder<Subject> = (parameters: Parameters) => Check<Subject>;
type Builders<Subject> = Readonly<Record<string, Builder<Subject>>>;

const relations = ["eq", "ne", "gte", "gt", "lte", "lt"] as const;
type Relation = (typeof relations)[number];

const ruleBuilders: Builders<RuleSubject> = {
  logsource: logsourceCheck,
  contains_field: (parameters) => {
    const field = parameters.text("field");
    return ({ hasItem }) => hasItem(field);
  },
  contains_detection_item: (parameters) => {
    const field = parameters.optionalText("field") ?? null;
    const value = parameters.scalar("value");
    return ({ hasItem }) => hasItem(field, value);
  },
  is_sigma_rule: () => (subject) => subject.kind === "rule",
  is_sigma_correlation_rule: () => (subject) => subject.kind === "correlation",
  rule_attribute: attributeCheck,
  tag: (parameters) => {
    const tag = parameters.text("tag").toLowerCase();
    return ({ tags }) => tags.some((one) => one.toLowerCase() === tag);
  },
  processing_item_applied: appliedCheck,
  processing_state: stateCheck,
};

const itemBuilders: Builders<ItemSubject> = {
  match_string: matchStringCheck,
  match_value: (parameters) => {
    const { every } = linking(parameters);
    const wanted = parameters.scalar("value");
    return ({ values }) => every(values, (value) => value === wanted);
  },
  contains_wildcard: (parameters) => {
    const { every } = linking(parameters);
    return ({ values, wildcards }) =>
      wildcards !== "none" && every(values, (value) => wildcards === "added" || hasWildcard(value));
  },
  is_null: (parameters) => {
    const { every } = linking(parameters);
    return ({ values }) => every(values, (value) => value === null);
  },
  processing_item_applied: appliedCheck,
  processing_state: stateCheck,
};

const fieldBuilders: Builders<ItemSubject> = {
  include_fields: fieldsCheck,
  exclude_fields: (parameters) => {
    const isIncluded = fieldsCheck(parameters);
    return (subject) => !isIncluded(subject);
  },
  processing_item_applied: appliedCheck,
  processing_state: stateCheck,
};

function logsourceCheck(parameters: Parameters): Check<RuleSubject> {
  const wanted = (["product", "category", "service"] as const).flatMap((part) => {
    const value = parameters.optionalText(part)?.toLowerCase();
    return value === undefined ? [] : [{ part, value }];
  });
  if (wanted.length === 0) reject("pipeline-invalid", "names neither product, category nor service", parameters.at);
  return ({ logsources }) =>
    logsources.some((logsource) => wanted.every(({ part, value }) => partsOf(logsource[part]).includes(value)));
}

function partsOf(value: string | readonly string[] | undefined): readonly string[] {
  const list = value === undefined ? [] : typeof value === "string" ? [value] : value;
  return list.map((part) => part.toLowerCase());
}

function appliedCheck(parameters: Parameters): Check<{ readonly applied: ReadonlySet<string> }> {
  const id = parameters.text("processing_item_id");
  return ({ applied }) => applied.has(id);
}

function stateCheck(parameters: Parameters): Check<{ readonly state: ReadonlyMap<string, unknown> }> {
  const key = parameters.text("key");
  const wanted = parameters.scalar("val");
  const relation = parameters.oneOf("op", relations, "eq");
  return ({ state }) => state.has(key) && compare(state.get(key), relation, wanted);
}

function attributeCheck(parameters: Parameters): Check<RuleSubject> {
  const attribute = parameters.text("attribute");
  const wanted = parameters.scalar("value");
  const relation = parameters.oneOf("op", [...relations, "in", "not_in"] as const, "eq");
  checkRanked(attribute, wanted, parameters);
  const isRanked = attribute === "level" || attribute === "status";
  const rank = (value: unknown): unknown => (isRanked ? ranked(lowered(value)) : value);
  return (subject) => {
    const value = subject.kind === "event" ? undefined : subject.attribute(attribute);
    if (value === undefined) return false;
    if (relation !== "in" && relation !== "not_in") return compare(rank(value), relation, rank(wanted));
    return (Array.isArray(value) && value.includes(wanted)) === (relation === "in");
  };
}

const statuses = ["unsupported", "deprecated", "experimental", "test", "stable"];

/** A level or status nobody has would never hold, and nobody would notice. */
function checkRanked(attribute: string, wanted: Scalar, parameters: Parameters): void {
  const known = attribute === "level" ? levels : attribute === "status" ? statuses : undefined;
  if (known === undefined || (known as readonly Scalar[]).includes(lowered(wanted))) return;
  reject("pipeline-invalid", `no ${attribute}: ${String(wanted)}; there are ${known.join(", ")}`, [
    ...parameters.at,
    "value",
  ]);
}

const lowered = <T>(value: T): T | string => (typeof value === "string" ? value.toLowerCase() : value);

/** Levels and statuses are ordered by meaning, not by alphabet. */
function ranked(value: unknown): unknown {
  const level = (levels as readonly unknown[]).indexOf(value);
  if (level >= 0) return level;
  const status = (statuses as readonly unknown[]).indexOf(value);
  return status >= 0 ? status : value;
}

function compare(left: unknown, relation: Relation, right: unknown): boolean {
  if (relation === "eq") return left === right;
  if (relation === "ne") return left !== right;
  const isOrdered = typeof left === typeof right && (typeof left === "number" || typeof left === "string");
  if (!isOrdered) return false;
  const [a, b] = [left as string, right as string];
  return { gte: a >= b, gt: a > b, lte: a <= b, lt: a < b }[relation];
}

function linking(parameters: Parameters): Readonly<{
  every: (values: readonly unknown[], holds: (value: unknown) => boolean) => boolean;
}> {
  const all = parameters.oneOf("cond", ["any", "all"] as const, "any") === "all";
  return { every: (values, holds) => (all ? values.every(holds) : values.some(holds)) };
}

function matchStringCheck(parameters: Parameters): Check<ItemSubject> {
  const { every } = linking(parameters);
  const pattern = compilePattern(parameters.text("pattern"), [...parameters.at, "pattern"]);
  const negate = parameters.flag("negate");
  // What is no text does not match; so, negated, it does.
  const holds = (value: unknown): boolean =>
    (typeof value === "string" && pattern.matcher(value).lookingAt()) !== negate;
  return ({ values }) => every(values, holds);
}

function fieldsCheck(parameters: Parameters): Check<ItemSubject> {
  const names = parameters.texts("fields");
  const mode = parameters.oneOf("mode", ["plain", "re"] as const, "plain");
  if (mode === "plain") {
    const set = new Set(names);
    return ({ field }) => field !== null && set.has(field);
  }
  const patterns = names.map((name, index) => compilePattern(name, [...parameters.at, "fields", index]));
  return ({ field }) => field !== null && patterns.some((pattern) => pattern.matcher(field).lookingAt());
}

function hasWildcard(value: unknown): boolean {
  return typeof value === "string" && parsePattern(value).some((part) => typeof part !== "string");
}

/** Linear-time expressions here too: a pipeline runs over every rule and, at ingest, over every event. */
export function compilePattern(source: string, at: ValuePath): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return reject("pipeline-invalid", `not a regular expression that can be used here: ${why}`, at);
  }
}

/** The keys of one level of conditions in a step, e.g. `rule_conditions` with `rule_cond_op`. */
export type ConditionKeys = Readonly<{ list: string; prefix: string }>;

export const conditionKeys: Readonly<Record<"rule" | "item" | "field", ConditionKeys>> = {
  rule: { list: "rule_conditions", prefix: "rule_cond" },
  item: { list: "detection_item_conditions", prefix: "detection_item_cond" },
  field: { list: "field_name_conditions", prefix: "field_name_cond" },
};

export type StepChecks = Readonly<{
  rule: Check<RuleSubject>;
  item: Check<ItemSubject>;
  field: Check<ItemSubject>;
  /** Types of the rule conditions that were used, to know whether a step can be turned around. */
  types: readonly string[];
}>;

/** @throws {RuleRejected} `pipeline-invalid` */
export function readChecks(step: Mapping, at: ValuePath): StepChecks {
  const types: string[] = [];
  const level = <Subject>(keys: ConditionKeys, builders: Builders<Subject>): Check<Subject> =>
    readLevel({ step, at, keys, types }, builders);
  return {
    rule: level(conditionKeys.rule, ruleBuilders),
    item: level(conditionKeys.item, itemBuilders),
    field: level(conditionKeys.field, fieldBuilders),
    types,
  };
}

type Level = Readonly<{ step: Mapping; at: ValuePath; keys: ConditionKeys; types: string[] }>;

function readLevel<Subject>(level: Level, builders: Builders<Subject>): Check<Subject> {
  const { step, keys } = level;
  const options = new Parameters(step, level.at, Object.keys(step));
  const negated = options.flag(`${keys.prefix}_not`);
  const expression = options.optionalText(`${keys.prefix}_expr`);
  const all = options.oneOf(`${keys.prefix}_op`, ["and", "or"] as const, "and") === "and";
  const written = step[keys.list] ?? [];
  if (expression !== undefined) checkExpressionAlone(level, written);
  const at = [...level.at, keys.list];
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(written)
    ? (written as readonly unknown[]).map((one, index) => [index, one] as const)
    : Object.entries(asMapping(written, keys.list, { at, code: "pipeline-invalid" }));
  const checks = entries.map(([key, one]) => [String(key), readOne(one, [...at, key], { level, builders })] as const);
  const combined = combine(checks, { all, expression, at: [...level.at, `${keys.prefix}_expr`] });
  // Without conditions there is nothing to negate: the step always runs (as in pySigma).
  return negated && checks.length > 0 ? (subject) => !combined(subject) : combined;
}

/** An expression says how conditions are joined, by their names: there can be no second way, and they need names. */
function checkExpressionAlone({ step, keys, at }: Level, written: unknown): void {
  const { list, prefix } = keys;
  if (step[`${prefix}_op`] !== undefined)
    reject("pipeline-invalid", `${prefix}_op and ${prefix}_expr exclude each other`, [...at, `${prefix}_op`]);
  if (!isMapping(written))
    reject("pipeline-invalid", `${prefix}_expr needs names: write ${list} as a map`, [...at, `${prefix}_expr`]);
}

type Reading<Subject> = Readonly<{ level: Level; builders: Builders<Subject> }>;

function readOne<Subject>(value: unknown, at: ValuePath, { level, builders }: Reading<Subject>): Check<Subject> {
  if (!isMapping(value)) return reject("pipeline-invalid", "a condition must be a map", at);
  const type = asText(value["type"], "the type of a condition", { at, code: "pipeline-invalid" });
  const build = Object.hasOwn(builders, type) ? builders[type] : undefined;
  if (build === undefined) {
    const known = Object.keys(builders).join(", ");
    return reject("pipeline-invalid", `unknown condition ${JSON.stringify(type)}; here may stand ${known}`, [
      ...at,
      "type",
    ]);
  }
  level.types.push(type);
  const parameters = new Parameters(value, at, ["type"]);
  const check = build(parameters);
  parameters.refuseRest();
  return check;
}

type Combination = Readonly<{ all: boolean; expression: string | undefined; at: ValuePath }>;

function combine<Subject>(
  checks: readonly (readonly [string, Check<Subject>])[],
  { all, expression, at }: Combination,
): Check<Subject> {
  if (expression !== undefined) {
    const condition = parseCondition(expression, at);
    const check = fromExpression(condition, new Map(checks), at);
    const named = namesIn(condition);
    const forgotten = checks.find(([name]) => !named.has(name));
    if (forgotten !== undefined) reject("pipeline-invalid", `the expression does not use ${forgotten[0]}`, at);
    return check;
  }
  if (checks.length === 0) return () => true;
  return (subject) => (all ? checks.every(([, check]) => check(subject)) : checks.some(([, check]) => check(subject)));
}

function namesIn(condition: Condition): ReadonlySet<string> {
  if (condition.kind === "name") return new Set([condition.name]);
  if (condition.kind === "not") return namesIn(condition.part);
  return new Set(condition.kind === "quantified" ? [] : condition.parts.flatMap((part) => [...namesIn(part)]));
}

function fromExpression<Subject>(
  condition: Condition,
  checks: ReadonlyMap<string, Check<Subject>>,
  at: ValuePath,
): Check<Subject> {
  if (condition.kind === "name") {
    const check = checks.get(condition.name);
    return (
      check ?? reject("pipeline-invalid", `the expression names ${condition.name}, which is no condition here`, at)
    );
  }
  if (condition.kind === "not") {
    const inner = fromExpression(condition.part, checks, at);
    return (subject) => !inner(subject);
  }
  if (condition.kind === "quantified") return reject("pipeline-invalid", "write and, or and not only", at);
  const parts = condition.parts.map((part) => fromExpression(part, checks, at));
  return condition.kind === "and"
    ? (subject) => parts.every((part) => part(subject))
    : (subject) => parts.some((part) => part(subject));
}
