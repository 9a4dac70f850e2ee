import { type Condition, parseCondition } from "./condition.ts";
import { reject, type ValuePath } from "./rejection.ts";
import { asMapping, asText, isMapping, asTextList, type Mapping } from "./shape.ts";
import { parseTimespan } from "./timespan.ts";
import { numberOf } from "../compile/item.ts";

const correlationTypes = [
  "event_count",
  "value_count",
  "temporal",
  "temporal_ordered",
  "value_sum",
  "value_avg",
  "value_percentile",
  "value_median",
] as const;
/**
 * What a correlation does with the events of a window (Sigma 2.1.0, correlation rules): counts them, counts distinct
 * values of a field, waits for several rules (in any order or in theirs), or sums up numbers of a field.
 * `temporal_extended` and `temporal_ordered_extended` come here as the plain type, their condition as one over the rules seen.
 */
export type CorrelationType = (typeof correlationTypes)[number];

export type Comparison = Readonly<{ operator: "gt" | "gte" | "lt" | "lte" | "eq" | "neq"; operand: number }>;

/**
 * What must hold in a window: a number compared; or, for the temporal types, every rule seen (the default) or an
 * expression over the rules seen.
 */
type CorrelationCondition =
  | Readonly<{ kind: "every" }>
  | Readonly<{ kind: "number"; comparisons: readonly Comparison[] }>
  | Readonly<{ kind: "rules"; condition: Condition }>;

/** A correlation as written; `rules` hold references until the rule set resolves them to keys. */
export type CorrelationSpec = Readonly<{
  type: CorrelationType;
  rules: readonly string[];
  groupBy: readonly string[];
  spanMs: number;
  condition: CorrelationCondition;
  /** Fields whose values are counted or summed; empty for event and temporal types. */
  fields: readonly string[];
  /** 1 to 100, for `value_percentile`. */
  percentile: number;
  /** Alias → rule → field of that rule's events. */
  aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Whether hits of the referred rules are findings of their own too. */
  generate: boolean;
}>;

const known: readonly string[] = ["type", "rules", "group-by", "timespan", "condition", "aliases", "generate"];
const operators = ["gt", "gte", "lt", "lte", "eq", "neq"] as const;
const at = (...steps: readonly string[]): ValuePath => ["correlation", ...steps];
const place = (...steps: readonly string[]): { at: ValuePath; code: "correlation-invalid" } => ({
  at: at(...steps),
  code: "correlation-invalid",
});
/** References of one correlation; the ordered type costs their square per event. */
const rulesMax = 64;
const defaultPercentile = 50;

/** @throws {RuleRejected} `correlation-invalid` */
export function parseCorrelation(document: Mapping, warn: (message: string) => void): CorrelationSpec {
  const section = asMapping(document["correlation"], "correlation", place());
  for (const key of Object.keys(section))
    if (!known.includes(key)) warn(`correlation has no key ${JSON.stringify(key)}; it is ignored`);
  const { type, isExtended } = parseType(section["type"]);
  const aliases = parseAliases(section["aliases"]);
  const condition = parseCorrelationCondition(section["condition"], type, isExtended);
  const rules = parseReferences(section["rules"], condition);
  const details = conditionDetails(section["condition"], type);
  warnOfUnused(section["condition"], type, warn);
  return {
    type,
    rules,
    groupBy: asTextList(section["group-by"] ?? [], "group-by", place("group-by")),
    spanMs: parseTimespan(section["timespan"], at("timespan")),
    condition,
    ...details,
    aliases,
    generate: parseGenerate(section["generate"] ?? document["generate"]),
  };
}

function parseType(value: unknown): { type: CorrelationType; isExtended: boolean } {
  const written = asText(value, "correlation.type", place("type"));
  const isExtended = written === "temporal_extended" || written === "temporal_ordered_extended";
  const name = isExtended ? written.slice(0, -"_extended".length) : written;
  const type = correlationTypes.find((candidate) => candidate === name);
  if (type !== undefined) return { type, isExtended };
  return reject(
    "correlation-invalid",
    `unknown type ${JSON.stringify(written)}; known: ${correlationTypes.join(", ")}`,
    at("type"),
  );
}

/** Without a `rules` list the names in an extended condition are the references. */
function parseReferences(value: unknown, condition: CorrelationCondition): readonly string[] {
  const named = condition.kind === "rules" ? namesIn(condition.condition) : [];
  const rules =
    value === undefined && named.length > 0 ? named : asTextList(value, "correlation.rules", place("rules"));
  if (rules.length === 0) reject("correlation-invalid", "correlation.rules is empty", at("rules"));
  if (rules.length > rulesMax) reject("limit-exceeded", `more than ${rulesMax} rules in one correlation`, at("rules"));
  for (const name of named) {
    if (!rules.includes(name))
      reject("correlation-invalid", `the condition names ${name}, which is not in rules`, at("condition"));
  }
  return rules;
}

function namesIn(condition: Condition): readonly string[] {
  if (condition.kind === "name") return [condition.name];
  if (condition.kind === "not") return namesIn(condition.part);
  if (condition.kind === "quantified") return [];
  return [...new Set(condition.parts.flatMap(namesIn))];
}

function parseCorrelationCondition(value: unknown, type: CorrelationType, isExtended: boolean): CorrelationCondition {
  const isTemporal = type.startsWith("temporal");
  if (value === undefined && isTemporal && !isExtended) return { kind: "every" };
  if (typeof value === "string" && isTemporal) {
    const condition = parseCondition(value, at("condition"));
    if (hasQuantifier(condition))
      reject("correlation-invalid", "the condition may hold rule names only", at("condition"));
    return { kind: "rules", condition };
  }
  if (value === undefined) reject("correlation-invalid", `${type} needs a condition`, at());
  if (isExtended) reject("correlation-invalid", `${type}_extended needs a condition of rule names`, at("condition"));
  return {
    kind: "number",
    comparisons: parseComparisons(asMapping(value, "correlation.condition", place("condition"))),
  };
}

function parseComparisons(map: Mapping): readonly Comparison[] {
  const comparisons = operators.flatMap((operator) => {
    if (map[operator] === undefined) return [];
    const operand = numberOf(map[operator]);
    if (operand === undefined)
      return reject("correlation-invalid", `${operator} must be a number`, at("condition", operator));
    return [{ operator, operand }];
  });
  if (comparisons.length === 0)
    reject("correlation-invalid", `the condition compares nothing; use ${operators.join(", ")}`, at("condition"));
  return comparisons;
}

function hasQuantifier(condition: Condition): boolean {
  if (condition.kind === "quantified") return true;
  if (condition.kind === "name") return false;
  return condition.kind === "not" ? hasQuantifier(condition.part) : condition.parts.some(hasQuantifier);
}

function conditionDetails(value: unknown, type: CorrelationType): { fields: readonly string[]; percentile: number } {
  const map = isMapping(value) ? value : {};
  for (const key of Object.keys(map)) {
    const isKnown = [...operators, "field", "percentile"].includes(key);
    if (!isKnown)
      reject("correlation-invalid", `unknown key ${JSON.stringify(key)} in the condition`, at("condition", key));
  }
  if (!type.startsWith("value_")) return { fields: [], percentile: defaultPercentile };
  if (map["field"] === undefined) reject("correlation-invalid", `${type} needs condition.field`, at("condition"));
  const fields = asTextList(map["field"], "condition.field", place("condition", "field"));
  if (fields.length === 0) reject("correlation-invalid", "condition.field is empty", at("condition", "field"));
  if (type !== "value_count" && fields.length !== 1) {
    reject("correlation-invalid", `${type} takes one field`, at("condition", "field"));
  }
  return { fields, percentile: parsePercentile(map["percentile"] ?? defaultPercentile) };
}

function warnOfUnused(value: unknown, type: CorrelationType, warn: (message: string) => void): void {
  const map = isMapping(value) ? value : {};
  if (map["field"] !== undefined && !type.startsWith("value_"))
    warn(`${type} counts events; condition.field is ignored (value_count counts values)`);
  if (map["percentile"] !== undefined && type !== "value_percentile")
    warn(`condition.percentile is for value_percentile; ${type} ignores it`);
}

function parsePercentile(value: unknown): number {
  const percentile = numberOf(value) ?? 0;
  if (percentile > 0 && percentile <= 100) return percentile;
  return reject("correlation-invalid", "percentile must be above 0 and at most 100", at("condition", "percentile"));
}

function parseAliases(value: unknown): CorrelationSpec["aliases"] {
  if (value === undefined || value === null) return {};
  const map = asMapping(value, "aliases", place("aliases"));
  return Object.fromEntries(
    Object.entries(map).map(([alias, mapping]) => {
      const entries = Object.entries(asMapping(mapping, `aliases.${alias}`, place("aliases", alias)));
      return [
        alias,
        Object.fromEntries(
          entries.map(([rule, field]) => [
            rule,
            asText(field, `aliases.${alias}.${rule}`, place("aliases", alias, rule)),
          ]),
        ),
      ];
    }),
  );
}

function parseGenerate(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  return reject("correlation-invalid", "generate must be true or false", at("generate"));
}
