import { RegexBudget, type RegexLimits } from "./compile/budget.ts";
import type { Placeholders } from "./compile/placeholder.ts";
import type { RuleDraft } from "./pipeline/apply-to-rule.ts";
import type { Pipeline } from "./pipeline/pipeline.ts";
import { processedRule, type Processing } from "./pipeline/processed-rule.ts";
import { readDetection } from "./parse/draft.ts";
import { parseCorrelation } from "./parse/correlation.ts";
import { parseFilter } from "./parse/filter.ts";
import { parseLogsource } from "./parse/logsource.ts";
import { type DocumentOrigin, parseMetadata } from "./parse/metadata.ts";
import { reject, type RejectionCode, RuleRejected, type ValuePath } from "./parse/rejection.ts";
import { asMapping, isMapping, type Mapping } from "./parse/shape.ts";
import { defaultYamlLimits, type Position, readYaml, type YamlDocument, type YamlLimits } from "./parse/yaml.ts";
import { linkRules } from "./link.ts";
import type { CorrelationRule, DetectionRule, FilterRule, SigmaRule } from "./rule.ts";

/** A rule file as it was read; the path is only used in messages and keys. */
export type RuleFile = Readonly<{ path: string; text: string }>;

/** Ids and names, each with the path of the file that has it. */
export type References = ReadonlyMap<string, string>;

/** What `loadRules` needs beside the files; everything may be left out. */
export type LoadOptions = Readonly<{
  /** Values for `%name%`; a rule with a name that is not here is refused. */
  placeholders?: Placeholders;
  /** Of each file, `yaml-limit` beyond; left out: 524,288 characters, 32 levels, 64 aliases, 1,024 documents. */
  limits?: Partial<YamlLimits>;
  /**
   * Of all documents together, for text that is tried before anybody has read it; left out: each rule has its own (8,192
   * states), and files may be as many as there are.
   */
  regexes?: RegexLimits;
  /** Processing pipelines, run over every rule after it is read and before it is compiled. */
  pipelines?: readonly Pipeline[];
  /** What was read at earlier loads: with the same other options, only files that changed are read again. */
  memory?: RuleMemory;
  /** What is in use already: a rule of another file does not get it, wherever its path sorts. */
  inForce?: References;
}>;

/** What became of one document of one file. */
export type RuleReport =
  | Readonly<{
      status: "loaded";
      path: string;
      line: number;
      kind: SigmaRule["kind"];
      key: string;
      title: string;
      warnings: readonly string[];
    }>
  | Readonly<{
      status: "rejected";
      path: string;
      line: number;
      column: number;
      code: RejectionCode;
      message: string;
      /** Where the title could be read. */
      title?: string;
    }>;

/** Rules that fit together: filters applied, references resolved, every document accounted for in the report. */
export type RuleSet = Readonly<{
  rules: readonly DetectionRule[];
  correlations: readonly CorrelationRule[];
  filters: readonly FilterRule[];
  report: readonly RuleReport[];
}>;

/** A document that parsed, on its way to being linked with the others. */
export type Candidate = Readonly<{
  rule: SigmaRule;
  /** As it was before pipelines changed it; filters and conditions ask for what the author wrote. */
  written: RuleDraft;
  warnings: string[];
  locate: (at: ValuePath) => Position;
}>;

type Refusal = Extract<RuleReport, { status: "rejected" }>;
type Outcome = Candidate | Refusal;
/** The files of the load before, as they were read. Reading is what loading takes long for. */
export type RuleMemory = { files: ReadonlyMap<string, Readonly<{ text: string; outcomes: readonly Outcome[] }>> };

/** A memory for `loadRules`, to be used with the same options each time. */
export function createRuleMemory(): RuleMemory {
  return { files: new Map() };
}
type Readable = Extract<YamlDocument, { ok: true }>;

/**
 * Reads rules, correlations and filters from any number of files. Never throws on their content: a bad document is
 * reported with path, line, column and reason, and the others load.
 */
export function loadRules(files: readonly RuleFile[], options: LoadOptions = {}): RuleSet {
  const limits = { ...defaultYamlLimits, ...options.limits };
  const regexes = options.regexes && new RegexBudget(options.regexes, "all documents together");
  const processing = { placeholders: options.placeholders ?? {}, pipelines: options.pipelines ?? [], regexes };
  const { memory } = options;
  const read = new Map<string, Readonly<{ text: string; outcomes: readonly Outcome[] }>>();
  const outcomes = files.flatMap((file) => {
    const known = memory?.files.get(file.path);
    const own = known?.text === file.text ? known.outcomes : readFile(file, { limits, processing });
    read.set(file.path, { text: file.text, outcomes: own.map((one) => remembered(one, file, limits)) });
    // Linking adds warnings of its own.
    return own.map((one) => ("rule" in one ? { ...one, warnings: [...one.warnings] } : one));
  });
  if (memory !== undefined) memory.files = read;
  return linkRules(outcomes, processing, options.inForce);
}

/** Without the tree of its document, which is many times its text: where something stands is read again if anybody asks. */
function remembered(outcome: Outcome, { text }: RuleFile, limits: YamlLimits): Outcome {
  if (!("rule" in outcome)) return outcome;
  const { line } = outcome.rule;
  return {
    ...outcome,
    locate: (at) => {
      const documents = readYaml(text, limits).filter((one) => one.ok);
      return documents.find((one) => one.locate([]).line === line)?.locate(at) ?? { line, column: 1 };
    },
  };
}

type Reading = Readonly<{ limits: YamlLimits; processing: Processing }>;

function readFile({ path, text }: RuleFile, { limits, processing }: Reading): readonly Outcome[] {
  const documents = readYaml(text, limits);
  const isTorn = text.includes("\uFFFD");
  if (documents.length === 0) return [refusal(path, { line: 1, column: 1 }, ["not-a-rule", "the file is empty"])];
  return documents.map((document, number) =>
    document.ok
      ? readDocument(path, document, { number, processing, isTorn })
      : refusal(path, document.position, [document.code, document.message]),
  );
}

/** `isTorn`: a decoder met bytes that are not UTF-8, and put U+FFFD in their place. */
type ReadContext = Readonly<{ number: number; processing: Processing; isTorn: boolean }>;

function readDocument(path: string, document: Readable, context: ReadContext): Candidate | Refusal {
  const warnings: string[] = [...document.remarks];
  const warn = (message: string): void => void warnings.push(message);
  if (context.isTorn) warn("the file holds U+FFFD, the mark of bytes that are not UTF-8: what it stands for is lost");
  const origin = { path, line: document.locate([]).line, number: context.number, warn };
  try {
    const map = asMapping(document.value, "a rule", { at: [], code: "not-a-rule" });
    return { ...parseRule(map, origin, context.processing), warnings, locate: document.locate };
  } catch (cause) {
    if (!(cause instanceof RuleRejected)) throw cause;
    const title = isMapping(document.value) ? document.value["title"] : undefined;
    return {
      ...refusal(path, document.locate(cause.at), [cause.code, cause.message]),
      ...(typeof title === "string" ? { title } : {}),
    };
  }
}

type Parsed = Pick<Candidate, "rule" | "written">;

function parseRule(document: Mapping, origin: DocumentOrigin, processing: Processing): Parsed {
  if (document["action"] !== undefined) {
    reject("legacy-collection", "`action` documents were removed from Sigma; write each rule out", ["action"]);
  }
  const { warn } = origin;
  const kinds = ["detection", "correlation", "filter"].filter((kind) => document[kind] !== undefined);
  if (kinds.length > 1)
    reject("not-a-rule", `one document cannot hold ${kinds.join(" and ")}; divide it by a line of ---`, [
      kinds.at(-1) ?? "",
    ]);
  if (document["correlation"] !== undefined) {
    const metadata = parseMetadata(document, origin);
    const correlation = parseCorrelation(document, warn);
    const rule = { ...metadata, kind: "correlation", correlation, reported: true } as const;
    return { rule, written: { metadata, correlation } };
  }
  if (document["filter"] !== undefined) {
    // Each rule it narrows gets its own reading of it later; this one proves that the filter can be read.
    const placeholders = Object.assign({}, processing.placeholders, ...processing.pipelines.map(({ vars }) => vars));
    const { detection, ...filter } = parseFilter(document, { placeholders, warn, regexes: processing.regexes });
    const metadata = parseMetadata(document, origin);
    const logsource = parseLogsource(document, warn);
    return { rule: { ...metadata, kind: "filter", logsource, ...filter }, written: { metadata, logsource, detection } };
  }
  if (kinds.length === 0) reject("not-a-rule", "there is neither detection, correlation nor filter", []);
  const written = readRule(document, origin);
  return { rule: processedRule(written, processing, warn), written };
}

function readRule(document: Mapping, origin: DocumentOrigin): RuleDraft {
  const rest = { metadata: parseMetadata(document, origin), logsource: parseLogsource(document, origin.warn) };
  const section = asMapping(document["detection"], "detection", { at: ["detection"], code: "detection-invalid" });
  if (section["timeframe"] !== undefined)
    origin.warn("timeframe has no meaning without the removed aggregations; it is ignored");
  return { ...rest, detection: readDetection(section, { at: ["detection"], reserved: ["condition", "timeframe"] }) };
}

function refusal(path: string, position: Position, why: readonly [RejectionCode, string]): Refusal {
  return { status: "rejected", path, ...position, code: why[0], message: why[1] };
}
