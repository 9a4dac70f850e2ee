import type { RuleFile } from "../load.ts";
import { reject, type RejectionCode, RuleRejected, type ValuePath } from "../parse/rejection.ts";
import { asMapping, asText, isMapping, type Mapping } from "../parse/shape.ts";
import { defaultYamlLimits, type Position, readYaml, type YamlLimits } from "../parse/yaml.ts";
import { conditionKeys, readChecks, type StepChecks } from "./conditions.ts";
import * as fieldNames from "./field-names.ts";
import { Parameters } from "./parameters.ts";
import * as ruleSteps from "./rule-steps.ts";
import type { Transformation } from "./transformation.ts";
import * as values from "./values.ts";

/** One line of `transformations`, ready to run. */
export type Step = Readonly<{
  type: string;
  id: string | undefined;
  checks: StepChecks;
  transformation: Transformation;
}>;

/** Variables for placeholders, each with its values. */
export type PipelineVars = Readonly<Record<string, readonly (string | number)[]>>;

/** A processing pipeline in pySigma's format, read and checked. */
export type Pipeline = Readonly<{
  name: string;
  /** Pipelines run from the lowest to the highest. */
  priority: number;
  vars: PipelineVars;
  steps: readonly Step[];
  /** What was read and has no meaning here. */
  warnings: readonly string[];
}>;

/** Why a pipeline was refused; line and column are counted from 1. */
export type PipelineProblem = Readonly<{ path: string; code: RejectionCode; message: string } & Position>;

/** A pipeline, or every fault it has, in the order of the file. */
export type PipelineResult =
  | Readonly<{ ok: true; pipeline: Pipeline }>
  | Readonly<{ ok: false; problems: readonly PipelineProblem[] }>;

type Builder = (parameters: Parameters) => Transformation;

const builders: Readonly<Record<string, Builder>> = {
  field_name_mapping: fieldNames.fieldNameMapping,
  field_name_prefix_mapping: fieldNames.fieldNamePrefixMapping,
  field_name_prefix: fieldNames.fieldNamePrefix,
  field_name_suffix: fieldNames.fieldNameSuffix,
  field_name_transform: fieldNames.fieldNameTransform,
  replace_string: values.replaceString,
  map_string: values.mapString,
  set_value: values.setValue,
  convert_type: values.convertType,
  case: values.changeCase,
  hashes_fields: values.hashesFields,
  regex: ruleSteps.toRegex,
  drop_detection_item: ruleSteps.dropDetectionItem,
  add_condition: ruleSteps.addCondition,
  change_logsource: ruleSteps.changeLogsource,
  add_field: ruleSteps.addField,
  remove_field: ruleSteps.removeField,
  set_field: ruleSteps.setField,
  set_state: ruleSteps.setState,
  set_custom_attribute: ruleSteps.setCustomAttribute,
  rule_failure: ruleSteps.ruleFailure,
  detection_item_failure: ruleSteps.detectionItemFailure,
  value_placeholders: ruleSteps.valuePlaceholders,
  wildcard_placeholders: ruleSteps.wildcardPlaceholders,
};

/** Known to pySigma, but not to an engine that evaluates events and does no input or output. */
const withoutMeaning: Readonly<Record<string, string>> = {
  query_expression_placeholders: "it writes text for a query, and there is no query here; use value_placeholders",
  file_placeholders: "it reads a file; read it yourself, give its values in vars and write value_placeholders",
  http_placeholders: "it asks a server; ask it yourself, give the values in vars and write value_placeholders",
  command_placeholders: "it runs a command; run it yourself, give the values in vars and write value_placeholders",
  extract_fields: "it is not supported; write the fields into the rule",
  strict_field_mapping_failure: "it is not supported; an event engine takes fields as they are",
};

/** The types a pipeline may use, for help texts and documentation. */
export const transformationTypes: readonly string[] = [...Object.keys(builders), "nest"];

const stepsMax = 1024;
const nestingMax = 8;
const topLevel = [
  "id",
  "name",
  "priority",
  "vars",
  "transformations",
  "postprocessing",
  "finalizers",
  "allowed_backends",
];

/**
 * Reads one pipeline. All its faults are reported, and one fault refuses the whole: half a mapping would be a wrong one.
 * Never throws on content.
 */
export function parsePipeline(file: RuleFile, limits: Partial<YamlLimits> = {}): PipelineResult {
  const { path } = file;
  const [document, second] = readYaml(file.text, { ...defaultYamlLimits, ...limits });
  if (document === undefined) return refused(path, { line: 1, column: 1 }, "the file is empty");
  if (!document.ok)
    return { ok: false, problems: [{ path, code: document.code, message: document.message, ...document.position }] };
  if (second !== undefined) return refused(path, document.locate([]), "the file holds more than one document");
  const problems: PipelineProblem[] = [];
  const attempt = <T>(work: () => T, otherwise: T): T => {
    try {
      return work();
    } catch (cause) {
      if (!(cause instanceof RuleRejected)) throw cause;
      problems.push({ path, code: cause.code, message: cause.message, ...document.locate(cause.at) });
      return otherwise;
    }
  };
  const map = attempt((): Mapping => asMapping(document.value, "a pipeline", { at: [], code: "pipeline-invalid" }), {});
  const counter = { left: stepsMax };
  const steps = attempt(() => listAt(map["transformations"], ["transformations"]), []).flatMap((value, index) =>
    attempt(() => [readStep(value, ["transformations", index], { depth: 0, counter })], []),
  );
  const head = attempt(() => readHead(map, path), { name: path, priority: 0, vars: {}, warnings: [] });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, pipeline: { ...head, steps } };
}

function refused(path: string, position: Position, message: string): PipelineResult {
  return { ok: false, problems: [{ path, code: "pipeline-invalid", message, ...position }] };
}

function listAt(value: unknown, at: ValuePath): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value)
    ? (value as readonly unknown[])
    : reject("pipeline-invalid", `${at.join(".")} must be a list`, at);
}

function readHead(map: Mapping, path: string): Omit<Pipeline, "steps"> {
  const unknown = Object.keys(map).find((key) => !topLevel.includes(key));
  if (unknown !== undefined) reject("pipeline-invalid", `unknown key ${JSON.stringify(unknown)}`, [unknown]);
  const priority = map["priority"] ?? 0;
  if (typeof priority !== "number" || !Number.isFinite(priority))
    return reject("pipeline-invalid", "priority must be a number", ["priority"]);
  const name = map["name"] ?? path;
  refuseQueries(map);
  const isTied = listAt(map["allowed_backends"], ["allowed_backends"]).length > 0;
  const warnings = isTied ? ["allowed_backends names converters, of which this is none; it is ignored"] : [];
  return {
    name: asText(name, "name", { at: ["name"], code: "pipeline-invalid" }),
    priority,
    vars: readVars(map["vars"]),
    warnings,
  };
}

/** These write queries, and can narrow or widen them: a pipeline without them would not mean the same. */
function refuseQueries(map: Mapping): void {
  for (const key of ["postprocessing", "finalizers"]) {
    if (listAt(map[key], [key]).length === 0) continue;
    reject(
      "pipeline-invalid",
      `${key} is about the text of queries, of which there are none here; if rules mean the same without it, remove it`,
      [key],
    );
  }
}

function readVars(value: unknown): PipelineVars {
  if (value === undefined || value === null) return {};
  const vars = asMapping(value, "vars", { at: ["vars"], code: "pipeline-invalid" });
  return Object.fromEntries(
    Object.entries(vars).map(([name, given]) => {
      const list = Array.isArray(given) ? (given as readonly unknown[]) : [given];
      return [
        name,
        list.map((one) =>
          typeof one === "string" || typeof one === "number"
            ? one
            : reject("pipeline-invalid", `the values of ${name} must be texts or numbers`, ["vars", name]),
        ),
      ];
    }),
  );
}

type Nesting = Readonly<{ depth: number; counter: { left: number } }>;

function readStep(value: unknown, at: ValuePath, nesting: Nesting): Step {
  if (!isMapping(value)) return reject("pipeline-invalid", "a transformation must be a map", at);
  nesting.counter.left -= 1;
  if (nesting.counter.left < 0) reject("pipeline-invalid", `more than ${stepsMax} transformations`, at);
  const type = asText(value["type"] ?? "", "type", { at: [...at, "type"], code: "pipeline-invalid" });
  const id =
    value["id"] === undefined ? undefined : asText(value["id"], "id", { at: [...at, "id"], code: "pipeline-invalid" });
  const checks = readChecks(value, at);
  const parameters = new Parameters(value, at, ["id", "type", ...checkKeys]);
  const transformation = type === "nest" ? readNest(parameters, nesting) : build(type, parameters);
  parameters.refuseRest();
  return { type, id, checks, transformation };
}

const checkKeys = Object.values(conditionKeys).flatMap(({ list, prefix }) => [
  list,
  ...["op", "not", "expr"].map((end) => `${prefix}_${end}`),
]);

function build(type: string, parameters: Parameters): Transformation {
  const builder = Object.hasOwn(builders, type) ? builders[type] : undefined;
  if (builder !== undefined) return builder(parameters);
  const why = Object.hasOwn(withoutMeaning, type) ? `: ${withoutMeaning[type]}` : "";
  const kind = why === "" ? "unknown" : "unsupported";
  return reject("pipeline-invalid", `${kind} transformation ${JSON.stringify(type)}${why}`, [...parameters.at, "type"]);
}

function readNest(parameters: Parameters, { depth, counter }: Nesting): Transformation {
  if (depth >= nestingMax) reject("pipeline-invalid", `nested deeper than ${nestingMax} levels`, parameters.at);
  if (!parameters.has("items")) reject("pipeline-invalid", "items is missing", parameters.at);
  const at = [...parameters.at, "items"];
  const steps = listAt(parameters.raw("items"), at).map((item, index) =>
    readStep(item, [...at, index], { depth: depth + 1, counter }),
  );
  return { kind: "nest", steps };
}

/** In the order they run: by priority, equal ones as given. */
export function inPriority(pipelines: readonly Pipeline[]): readonly Pipeline[] {
  return [...pipelines].sort((left, right) => left.priority - right.priority);
}
