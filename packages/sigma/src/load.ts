import type { Placeholders } from "./compile/placeholder.ts";
import { parseCorrelation } from "./parse/correlation.ts";
import { parseDetection } from "./parse/detection.ts";
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

export type LoadOptions = Readonly<{
  /** Values for `%name%`; a rule with a name that is not here is refused. */
  placeholders?: Placeholders;
  limits?: Partial<YamlLimits>;
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
  warnings: string[];
  locate: (at: ValuePath) => Position;
}>;

type Refusal = Extract<RuleReport, { status: "rejected" }>;
type Readable = Extract<YamlDocument, { ok: true }>;

/**
 * Reads rules, correlations and filters from any number of files. Never throws on their content: a bad document is
 * reported with path, line, column and reason, and the others load.
 */
export function loadRules(files: readonly RuleFile[], options: LoadOptions = {}): RuleSet {
  const limits = { ...defaultYamlLimits, ...options.limits };
  const outcomes: (Candidate | Refusal)[] = [];
  for (const file of files) {
    const documents = readYaml(file.text, limits);
    if (documents.length === 0)
      outcomes.push(refusal(file.path, { line: 1, column: 1 }, ["not-a-rule", "the file is empty"]));
    for (const [index, document] of documents.entries()) {
      outcomes.push(
        document.ok
          ? readDocument(file.path, document, { number: index, placeholders: options.placeholders ?? {} })
          : refusal(file.path, document.position, [document.code, document.message]),
      );
    }
  }
  return linkRules(outcomes);
}

type ReadContext = Readonly<{ number: number; placeholders: Placeholders }>;

function readDocument(path: string, document: Readable, context: ReadContext): Candidate | Refusal {
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const origin = { path, line: document.locate([]).line, number: context.number, warn };
  try {
    const map = asMapping(document.value, "a rule", { at: [], code: "not-a-rule" });
    return { rule: parseRule(map, origin, context.placeholders), warnings, locate: document.locate };
  } catch (cause) {
    if (!(cause instanceof RuleRejected)) throw cause;
    const title = isMapping(document.value) ? document.value["title"] : undefined;
    return {
      ...refusal(path, document.locate(cause.at), [cause.code, cause.message]),
      ...(typeof title === "string" ? { title } : {}),
    };
  }
}

function parseRule(document: Mapping, origin: DocumentOrigin, placeholders: Placeholders): SigmaRule {
  if (document["action"] !== undefined) {
    reject("legacy-collection", "`action` documents were removed from Sigma; write each rule out", ["action"]);
  }
  const { warn } = origin;
  const metadata = (): ReturnType<typeof parseMetadata> => parseMetadata(document, origin);
  if (document["correlation"] !== undefined) {
    return { ...metadata(), kind: "correlation", correlation: parseCorrelation(document), reported: true };
  }
  if (document["filter"] !== undefined) {
    const filter = parseFilter(document, { placeholders, warn });
    return { ...metadata(), kind: "filter", logsource: parseLogsource(document, warn), ...filter };
  }
  if (document["detection"] === undefined)
    reject("not-a-rule", "there is neither detection, correlation nor filter", []);
  const rest = { ...metadata(), logsource: parseLogsource(document, warn) };
  const section = asMapping(document["detection"], "detection", { at: ["detection"], code: "detection-invalid" });
  if (section["timeframe"] !== undefined)
    warn("timeframe has no meaning without the removed aggregations; it is ignored");
  const context = { placeholders, warn, at: ["detection"], reserved: ["condition", "timeframe"] };
  return { ...rest, kind: "detection", expression: parseDetection(section, context), reported: true, filteredBy: [] };
}

function refusal(path: string, position: Position, why: readonly [RejectionCode, string]): Refusal {
  return { status: "rejected", path, ...position, code: why[0], message: why[1] };
}
