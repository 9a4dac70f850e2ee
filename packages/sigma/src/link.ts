import { and } from "./expression.ts";
import type { Candidate, References, RuleReport, RuleSet } from "./load.ts";
import type { Logsource } from "./parse/logsource.ts";
import type { RuleDraft } from "./pipeline/apply-to-rule.ts";
import { processedCorrelation, processedFilter, type Processing } from "./pipeline/processed-rule.ts";
import { reject, RuleRejected, type ValuePath } from "./parse/rejection.ts";
import type { CorrelationRule, DetectionRule, FilterRule, SigmaRule } from "./rule.ts";

type Refusal = Extract<RuleReport, { status: "rejected" }>;
type Loaded = Candidate & Readonly<{ slot: number }>;

/** Everything known by id, name or key. A referred rule is found by its id first. */
type Directory = Map<string, SigmaRule>;
type Report = (RuleReport | undefined)[];
type FilterCandidate = Loaded & Readonly<{ rule: FilterRule }>;

function isFilter(candidate: Loaded): candidate is FilterCandidate {
  return candidate.rule.kind === "filter";
}

/**
 * Makes one rule set out of single documents: refuses doubles, resolves references (correlations may refer to
 * correlations, never in a circle), applies filters, and decides which hits are findings of their own.
 */
export function linkRules(
  outcomes: readonly (Candidate | Refusal)[],
  processing: Processing,
  inForce: References = new Map(),
): RuleSet {
  const report: Report = outcomes.map((outcome) => ("rule" in outcome ? undefined : outcome));
  const directory: Directory = new Map();
  const candidates = outcomes.flatMap((outcome, slot): Loaded[] => ("rule" in outcome ? [{ ...outcome, slot }] : []));
  const unique = byStanding(candidates, inForce)
    .filter((candidate) => keep(candidate, report, () => register(candidate.rule, directory)))
    .toSorted((a, b) => a.slot - b.slot);
  const filters = unique.filter(isFilter);
  const logsources = new Map(unique.map(({ rule, written }) => [rule.key, written.logsource]));
  for (const filter of filters) warnAboutFilter(filter, directory, logsources);
  const narrowed = unique.flatMap((candidate): readonly DetectionRule[] => {
    const { rule, written } = candidate;
    const found: DetectionRule[] = [];
    const isGood = keep(candidate, report, () => {
      if (rule.kind === "detection") found.push(applyFilters({ rule, written }, filters, processing));
    });
    if (!isGood) unregister(rule, directory);
    return found;
  });
  const correlations = linkCorrelations(unique, { directory, report, processing });
  const reported = findings(correlations);
  const rules = narrowed.map((rule) => ({ ...rule, reported: reported(rule.key) }));
  for (const { rule, warnings, slot } of unique) {
    const { path, line, kind, key, title } = rule;
    report[slot] ??= { status: "loaded", path, line, kind, key, title, warnings };
  }
  return {
    rules,
    correlations: correlations.map((rule) => ({ ...rule, reported: reported(rule.key) })),
    filters: filters.map(({ rule }) => rule),
    report: report.filter((entry) => entry !== undefined),
  };
}

/** Those that take an id or a name which a rule of another file has come last: of two that are alike the first one counts. */
function byStanding(candidates: readonly Loaded[], inForce: References): readonly Loaded[] {
  const takes = ({ rule: { id, name, path } }: Loaded): boolean =>
    [id, name].some((one) => one !== undefined && (inForce.get(one) ?? path) !== path);
  const [standing, taking] = [candidates.filter((one) => !takes(one)), candidates.filter(takes)];
  return [...standing, ...taking];
}

/** Runs a check that may refuse the candidate; a refusal goes into its line of the report. */
function keep(candidate: Loaded, report: Report, check: () => void): boolean {
  try {
    check();
    return true;
  } catch (cause) {
    if (!(cause instanceof RuleRejected)) throw cause;
    const { path, title } = candidate.rule;
    const position = candidate.locate(cause.at);
    report[candidate.slot] = { status: "rejected", path, ...position, code: cause.code, message: cause.message, title };
    return false;
  }
}

function register(rule: SigmaRule, directory: Directory): void {
  const { id, name, key } = rule;
  const sameId = id === undefined ? undefined : directory.get(id);
  if (sameId !== undefined)
    reject("duplicate-id", `id ${id} is already used by ${sameId.title} in ${sameId.path}`, ["id"]);
  const sameName = name === undefined ? undefined : directory.get(name);
  if (sameName !== undefined) {
    reject("duplicate-name", `name ${name} is already used by ${sameName.title} in ${sameName.path}`, ["name"]);
  }
  for (const reference of [id, name, key]) if (reference !== undefined) directory.set(reference, rule);
}

const rulesAt: ValuePath = ["correlation", "rules"];

type Linking = Readonly<{ directory: Directory; report: Report; processing: Processing }>;

/** Refuses, until nothing changes, every correlation that refers to something that is not there (any more). */
function linkCorrelations(candidates: readonly Loaded[], linking: Linking): readonly CorrelationRule[] {
  const { directory, report, processing } = linking;
  const written = new Map(candidates.map((candidate) => [candidate.rule.key, candidate.written]));
  const processed = new Map<number, CorrelationRule>();
  let alive = candidates.flatMap((candidate) => (candidate.rule.kind === "correlation" ? [candidate] : []));
  for (let before = -1; before !== alive.length;) {
    before = alive.length;
    alive = alive.filter((candidate) => {
      const rule = candidate.rule as CorrelationRule;
      const isGood = keep(candidate, report, () => {
        checkReferences(rule, directory);
        const logsources = reachable(rule, directory).flatMap(({ key }) => written.get(key)?.logsource ?? []);
        processed.set(candidate.slot, processedCorrelation(rule, logsources, processing));
      });
      if (!isGood) unregister(rule, directory);
      return isGood;
    });
  }
  return inOrder(
    alive.flatMap(({ slot }) => processed.get(slot) ?? []).map((rule) => resolveReferences(rule, directory)),
  );
}

function unregister(rule: SigmaRule, directory: Directory): void {
  for (const reference of [rule.id, rule.name, rule.key]) if (reference !== undefined) directory.delete(reference);
}

function checkReferences(rule: CorrelationRule, directory: Directory): void {
  for (const [index, reference] of rule.correlation.rules.entries()) {
    const found = find(reference, directory);
    const at = [...rulesAt, index];
    if (found === undefined || found.kind === "filter") {
      reject("reference-unknown", `${JSON.stringify(reference)} is no loaded rule or correlation`, at);
    }
    if (reaches(found, rule, directory)) reject("reference-cycle", `${reference} leads back to this correlation`, at);
  }
  checkAliases(rule, directory);
}

/** A misspelt rule in an alias would gather its events under another group. */
function checkAliases(rule: CorrelationRule, directory: Directory): void {
  for (const [alias, fields] of Object.entries(rule.correlation.aliases))
    for (const reference of Object.keys(fields))
      if (find(reference, directory) === undefined) {
        const at = ["correlation", "aliases", alias, reference];
        reject("reference-unknown", `${JSON.stringify(reference)} is no loaded rule or correlation`, at);
      }
}

/** Ids are kept in lower case. */
function find(reference: string, directory: Directory): SigmaRule | undefined {
  return directory.get(reference) ?? directory.get(reference.toLowerCase());
}

/** Whether following references from one rule arrives at another. */
function reaches(from: SigmaRule, target: SigmaRule, directory: Directory): boolean {
  return from === target || reachable(from, directory).includes(target);
}

/** Every rule that following references arrives at. */
function reachable(from: SigmaRule, directory: Directory): readonly SigmaRule[] {
  const seen = new Set<SigmaRule>();
  const open: SigmaRule[] = [from];
  for (let rule = open.pop(); rule !== undefined; rule = open.pop()) {
    if (rule.kind !== "correlation") continue;
    for (const reference of rule.correlation.rules) {
      const next = find(reference, directory);
      if (next === undefined || seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return [...seen];
}

/** From here on a reference is a key, also inside conditions and aliases. */
function resolveReferences(rule: CorrelationRule, directory: Directory): CorrelationRule {
  const keyOf = (reference: string): string => find(reference, directory)?.key ?? reference;
  const { correlation } = rule;
  const aliases = Object.entries(correlation.aliases).map(([alias, fields]) => [
    alias,
    Object.fromEntries(Object.entries(fields).map(([reference, field]) => [keyOf(reference), field])),
  ]);
  const condition =
    correlation.condition.kind === "rules"
      ? { ...correlation.condition, condition: renamed(correlation.condition.condition, keyOf) }
      : correlation.condition;
  const rules = [...new Set(correlation.rules.map(keyOf))];
  return { ...rule, correlation: { ...correlation, rules, condition, aliases: Object.fromEntries(aliases) } };
}

type RuleCondition = Extract<CorrelationRule["correlation"]["condition"], { kind: "rules" }>["condition"];

function renamed(condition: RuleCondition, keyOf: (reference: string) => string): RuleCondition {
  if (condition.kind === "name") return { kind: "name", name: keyOf(condition.name) };
  if (condition.kind === "not") return { kind: "not", part: renamed(condition.part, keyOf) };
  if (condition.kind === "quantified") return condition;
  return { kind: condition.kind, parts: condition.parts.map((part) => renamed(part, keyOf)) };
}

/** Referred correlations before those that refer to them, so one pass over an event feeds whole chains. */
function inOrder(correlations: readonly CorrelationRule[]): readonly CorrelationRule[] {
  const byKey = new Map(correlations.map((rule) => [rule.key, rule]));
  const sorted = new Set<CorrelationRule>();
  const visit = (rule: CorrelationRule): void => {
    if (sorted.has(rule)) return;
    for (const reference of rule.correlation.rules) {
      const inner = byKey.get(reference);
      if (inner !== undefined) visit(inner);
    }
    sorted.add(rule);
  };
  correlations.forEach(visit);
  return [...sorted];
}

/** A rule that only feeds correlations is no finding, unless one of them says `generate: true`. */
function findings(correlations: readonly CorrelationRule[]): (key: string) => boolean {
  const referred = new Set(correlations.flatMap(({ correlation }) => correlation.rules));
  const generated = new Set(correlations.flatMap(({ correlation }) => (correlation.generate ? correlation.rules : [])));
  return (key) => !referred.has(key) || generated.has(key);
}

type Logsources = ReadonlyMap<string, Logsource | undefined>;

function warnAboutFilter({ rule, warnings }: FilterCandidate, directory: Directory, logsources: Logsources): void {
  if (rule.targets === "any") return;
  for (const target of rule.targets) {
    const found = find(target, directory);
    if (found?.kind !== "detection")
      warnings.push(`the filter names ${JSON.stringify(target)}, which is no loaded rule`);
    else if (!coversLogsource(rule, logsources.get(found.key)))
      warnings.push(`the filter's logsource does not cover ${found.title}`);
  }
}

type Narrowed = Readonly<{ rule: DetectionRule; written: RuleDraft }>;

function applyFilters(
  { rule, written }: Narrowed,
  filters: readonly FilterCandidate[],
  processing: Processing,
): DetectionRule {
  const applied = filters.filter(
    (filter) => coversLogsource(filter.rule, written.logsource) && targets(filter.rule, rule),
  );
  if (applied.length === 0) return rule;
  const expressions = applied.map((filter) => {
    const { detection } = filter.written;
    if (detection === undefined || processing.pipelines.length === 0) return filter.rule.expression;
    return processedFilter(written, detection, processing);
  });
  const expression = and("filtered rule", [rule.expression, ...expressions]);
  return { ...rule, expression, filteredBy: applied.map((filter) => filter.rule.key) };
}

function targets(filter: FilterRule, rule: DetectionRule): boolean {
  if (filter.targets === "any") return true;
  return filter.targets.some(
    (target) => target === rule.name || target.toLowerCase() === rule.id || target === rule.key,
  );
}

/** A filter's logsource must be the rule's or a wider one. */
function coversLogsource(filter: FilterRule, logsource: Logsource | undefined): boolean {
  return (["product", "category", "service"] as const).every((part) => {
    const wanted = filter.logsource[part];
    return wanted === undefined || wanted === logsource?.[part];
  });
}
