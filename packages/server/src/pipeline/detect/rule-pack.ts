import { createHash } from "node:crypto";
import type { Severity } from "@tyr/contract";
import {
  loadRules,
  type CorrelationRule,
  type DetectionRule,
  type Level,
  type Logsource,
  type References,
  type RegexLimits,
  type RuleFile,
  type RuleMemory,
  type RuleReport,
  type RuleSet,
  type SigmaRule,
} from "@tyr/sigma";
import { ConfigInvalid } from "#platform/config";
import { type AttackCatalogue, builtInAttack } from "./attack/attack-release.ts";
import { pairTechniques, type TaggedTechnique } from "./attack/pair-techniques.ts";
import { noPipelines, type Pipelines } from "./pipelines.ts";
import { declaredKey, type EvidenceKey } from "./evidence.ts";
import { readRuleFiles, type UnreadableFile } from "./rule-files.ts";
import { readExtension, type RuleExtension, type RuleLimits } from "./rule-extension.ts";
import { limitMarks, withLimit } from "./rule-limits.ts";
import { tokensOf } from "./rule-tokens.ts";

/** A rule as the stage runs it: the Sigma document and what our extension says. */
export type PackRule = Readonly<{
  sigma: DetectionRule | CorrelationRule;
  id: string;
  /** The document as its author wrote it. */
  text: string;
  /** First characters of the SHA-256 of the document, of the filters that narrow it and of the pipelines in force. */
  version: string;
  /** Changes when this rule or one it refers to changes: windows gathered under another one are not continued. */
  stateDigest: string;
  severity: Severity;
  riskPoints: number;
  confidence: RuleExtension["confidence"];
  /** Multiplies each confidence, from 0 to 1; undefined: nothing does. */
  confidenceField: string | undefined;
  phrase: string | null;
  evidence: readonly EvidenceKey[];
  techniques: readonly TaggedTechnique[];
  /** What the ATT&CK releases in force replaced of what the rule names, one sentence each. */
  notices: readonly string[];
  logsources: readonly Logsource[];
  tokens: ReturnType<typeof tokensOf>;
}>;

export type RejectedRule = Readonly<{ path: string; line: number; column: number; code: string; message: string }>;

/** All rules in force. `ruleSet` holds what the engine runs, `rules` what the stage knows of each by its key. */
export type RulePack = Readonly<{
  /** SHA-256 over paths and texts of the files, hexadecimal; over pipelines and loaded ATT&CK releases too, where there are any. */
  digest: string;
  pipelines: Pipelines;
  ruleSet: Pick<RuleSet, "rules" | "correlations">;
  rules: ReadonlyMap<string, PackRule>;
  rejected: readonly RejectedRule[];
  /** Ids and names of its rules and of the filters that narrow them, with the file that has each. */
  references: References;
  attack: AttackCatalogue;
  /** What people set that rules go by, as it was when this was built. */
  limits?: RuleLimits | undefined;
}>;

/** @throws {ConfigInvalid} `CONFIG_INVALID` naming TYR_RULES_DIR, when the folder itself cannot be read */
export function checkRulesDir(dir: string): void {
  const whole = readRuleFiles(dir, { folders: "own" }).unreadable.find(({ path }) => path === "");
  if (whole !== undefined) throw new ConfigInvalid("TYR_RULES_DIR", `${dir} ${whole.reason}`);
}

/**
 * The rules of a folder; see `readRuleFiles` for which files count. A file that cannot be read is rejected like a bad rule.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID` naming TYR_RULES_DIR, when the folder itself cannot be read
 */
export function loadRulePack(dir: string, options: PackOptions = {}): RulePack {
  checkRulesDir(dir);
  const { files, unreadable } = readRuleFiles(dir);
  const pack = buildRulePack(files, options);
  return { ...pack, rejected: [...unreadable.map(toUnread), ...pack.rejected] };
}

function toUnread({ path, reason }: UnreadableFile): RejectedRule {
  return { path, line: 1, column: 1, code: "file-unreadable", message: reason };
}

export type PackOptions = Readonly<{
  attack?: AttackCatalogue;
  pipelines?: Pipelines;
  /** What was read for packs before, with the same pipelines. */
  memory?: RuleMemory;
  /** Ids and names that are in use: another file cannot take them. */
  inForce?: References;
  /** Limits people set; left out: those of the documents. */
  limits?: RuleLimits | undefined;
  /** Of all files together, for text nobody has read; left out: each rule has its own share. */
  regexes?: RegexLimits;
}>;

/** Builds a pack from rule files. A bad rule is reported and left out, with the correlations that need it. */
export function buildRulePack(files: readonly RuleFile[], options: PackOptions = {}): RulePack {
  const { attack = builtInAttack(), pipelines = noPipelines, limits } = options;
  const loaded = loadRules(files, { pipelines: pipelines.rules, ...kept(options) });
  const rejected = loaded.report.filter((entry) => entry.status === "rejected");
  const building = new PackBuilder({ files, loaded, attack, pipelines, limits });
  const rules = loaded.rules.filter((rule) => building.take(rule));
  // Correlations stand after those they refer to, so one pass carries a refusal along a whole chain.
  const limited = loaded.correlations.map((rule) => withLimit(rule, limits));
  const correlations = limited.filter((rule) => building.take(rule));
  return {
    digest: digestOf([
      ...files.flatMap(({ path, text }) => [path, text]),
      ...marksOf(pipelines),
      ...attackMarks(attack),
      ...loaded.correlations.flatMap((rule) => limitMarks(rule, limits)),
    ]),
    pipelines,
    ruleSet: { rules, correlations },
    rules: building.rules,
    rejected: [...rejected.map(toRejected), ...building.rejected],
    references: referencesOf([...[...building.rules.values()].map(({ sigma }) => sigma), ...loaded.filters]),
    attack,
    limits,
  };
}

function kept({ memory, inForce, regexes }: PackOptions): Pick<PackOptions, "memory" | "inForce" | "regexes"> {
  return {
    ...(memory === undefined ? {} : { memory }),
    ...(inForce === undefined ? {} : { inForce }),
    ...(regexes === undefined ? {} : { regexes }),
  };
}

function referencesOf(rules: readonly SigmaRule[]): References {
  return new Map(
    rules.flatMap(({ id, name, path }) =>
      [id, name].flatMap((one) => (one === undefined ? [] : [[one, path] as const])),
    ),
  );
}

function toRejected(entry: Extract<RuleReport, { status: "rejected" }>): RejectedRule {
  const { path, line, column, code, message } = entry;
  return { path, line, column, code, message };
}

/** What a digest says of pipelines; nothing without any, so that versions stay what they were. */
function marksOf({ digest }: Pipelines): readonly string[] {
  return digest === "" ? [] : [digest];
}

/** Nothing for the releases that come with Tyr, so that digests of packs stay what they were. */
function attackMarks(attack: AttackCatalogue): readonly string[] {
  return attack === builtInAttack() ? [] : [JSON.stringify(attack)];
}

/** Length-prefixed, so that no two lists of texts are alike. */
function digestOf(texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}\n`).update(text);
  return hash.digest("hex");
}

const VERSION_CHARS = 12;
const SEVERITY_OF: Readonly<Record<Level, Severity>> = {
  informational: "info",
  low: "low",
  medium: "medium",
  high: "high",
  critical: "critical",
};
const LEVEL_DEFAULT: Level = "medium";
/** Points of a rule that names none, by its severity. */
const POINTS_DEFAULT: Readonly<Record<Severity, number>> = { info: 0, low: 5, medium: 15, high: 30, critical: 50 };

type Material = Readonly<{
  files: readonly RuleFile[];
  loaded: RuleSet;
  attack: AttackCatalogue;
  pipelines: Pipelines;
  limits: RuleLimits | undefined;
}>;

class PackBuilder {
  readonly rules = new Map<string, PackRule>();
  readonly rejected: RejectedRule[] = [];
  readonly #documents: ReadonlyMap<string, string>;
  readonly #attack: AttackCatalogue;
  readonly #marks: readonly string[];
  readonly #limits: RuleLimits | undefined;

  constructor({ files, loaded, attack, pipelines, limits }: Material) {
    this.#limits = limits;
    this.#marks = marksOf(pipelines);
    this.#documents = documentsByKey(files, loaded);
    this.#attack = attack;
  }

  /** @returns whether the rule is fit for use; if not, the reason is in `rejected` */
  take(sigma: DetectionRule | CorrelationRule): boolean {
    const built = this.#build(sigma);
    if ("code" in built) {
      this.rejected.push({ path: sigma.path, line: sigma.line, column: 1, ...built });
      return false;
    }
    this.rules.set(sigma.key, built);
    return true;
  }

  #build(sigma: DetectionRule | CorrelationRule): PackRule | Readonly<{ code: string; message: string }> {
    if (sigma.id === undefined)
      return { code: "id-missing", message: "a rule whose findings are stored needs an id (a UUID)" };
    const needs = sigma.kind === "correlation" ? sigma.correlation.rules : [];
    const bases = needs.map((key) => this.rules.get(key));
    if (bases.includes(undefined)) {
      return { code: "reference-unknown", message: "a rule this correlation refers to was rejected" };
    }
    const logsources = sigma.kind === "detection" ? [sigma.logsource] : bases.flatMap((base) => base?.logsources ?? []);
    const read = readExtension(sigma);
    if (!read.ok) return { code: "extension-invalid", message: read.message };
    const paired = pairTechniques(sigma.attack, { attack: this.#attack, shipped: builtInAttack() });
    if (!paired.ok) return { code: "attack-invalid", message: paired.message };
    const evidence = read.extension.evidence.map((key) => [key, declaredKey(key, logsources)] as const);
    const strange = evidence.find(([, declared]) => declared === undefined);
    if (strange !== undefined) {
      return { code: "evidence-undeclared", message: `no event of this log source declares evidence ${strange[0]}` };
    }
    const severity = SEVERITY_OF[sigma.level ?? LEVEL_DEFAULT];
    const version = this.#version(sigma);
    return {
      sigma,
      id: sigma.id,
      text: this.#documents.get(sigma.key) ?? "",
      version,
      stateDigest: digestOf([version, ...bases.map((base) => base?.stateDigest ?? "")]),
      severity,
      riskPoints: read.extension.riskPoints ?? POINTS_DEFAULT[severity],
      confidence: read.extension.confidence,
      confidenceField: read.extension.confidenceField,
      phrase: read.extension.phrase,
      evidence: evidence.flatMap(([, declared]) => declared ?? []),
      techniques: paired.techniques,
      notices: paired.notices,
      logsources,
      tokens: sigma.kind === "detection" ? tokensOf(sigma) : [],
    };
  }

  #version(sigma: DetectionRule | CorrelationRule): string {
    const keys = [sigma.key, ...(sigma.kind === "detection" ? sigma.filteredBy : [])];
    const texts = keys.map((key) => this.#documents.get(key) ?? "");
    const limit = sigma.kind === "correlation" ? limitMarks(sigma, this.#limits) : [];
    return digestOf([...texts, ...this.#marks, ...limit]).slice(0, VERSION_CHARS);
  }
}

/** Blank lines and separators, which belong to no document. */
const DOCUMENT_END = /^(?:---|\.\.\.)?\s*$/;

/** The text of each document: from its first line to that of the next one in its file. */
function documentsByKey(files: readonly RuleFile[], loaded: RuleSet): ReadonlyMap<string, string> {
  const all: readonly SigmaRule[] = [...loaded.rules, ...loaded.correlations, ...loaded.filters];
  const starts = Map.groupBy(loaded.report, ({ path }) => path);
  const lines = new Map(files.map(({ path, text }) => [path, text.split("\n")]));
  const documents = new Map<string, string>();
  for (const { key, path, line } of all) {
    const later = (starts.get(path) ?? []).map((entry) => entry.line).filter((start) => start > line);
    const end = later.length === 0 ? undefined : Math.min(...later) - 1;
    const own = (lines.get(path) ?? []).slice(line - 1, end);
    const last = own.findLastIndex((text) => !DOCUMENT_END.test(text));
    documents.set(key, own.slice(0, last + 1).join("\n"));
  }
  return documents;
}
