import type { DetectionDraft, DraftItem, DraftNode } from "../parse/draft.ts";
import type { CorrelationSpec } from "../parse/correlation.ts";
import type { Logsource } from "../parse/logsource.ts";
import { reject } from "../parse/rejection.ts";
import type { RuleMetadata } from "../rule.ts";
import type { ItemSubject, RuleSubject } from "./conditions.ts";
import type { Scalar } from "./parameters.ts";
import { inPriority, type Pipeline, type PipelineVars, type Step } from "./pipeline.ts";
import type { Transformation } from "./transformation.ts";

/** A rule between reading and compiling. */
export type RuleDraft = Readonly<{
  metadata: RuleMetadata;
  logsource?: Logsource;
  detection?: DetectionDraft;
  correlation?: CorrelationSpec;
  /** Of the rules a correlation refers to. */
  referred?: readonly Logsource[];
}>;

/** One rule's way through the pipelines. */
export type RuleRun = {
  draft: RuleDraft;
  readonly applied: Set<string>;
  readonly state: Map<string, unknown>;
  /** Per field name outside of items, the names of the steps that made it. */
  readonly appliedTo: Map<string, ReadonlySet<string>>;
  readonly vars: PipelineVars;
};

/**
 * Runs pipelines over a rule, lowest priority first. Pure: the draft given is not changed.
 *
 * @throws {RuleRejected} when a step says that the rule cannot be used, or would make nonsense of it
 */
export function applyToRule(pipelines: readonly Pipeline[], draft: RuleDraft): RuleDraft {
  const ordered = inPriority(pipelines);
  const vars: PipelineVars = Object.assign({}, ...ordered.map((pipeline) => pipeline.vars));
  const run: RuleRun = { draft, applied: new Set(), state: new Map(), appliedTo: new Map(), vars };
  for (const { steps } of ordered) runSteps(run, steps);
  return run.draft;
}

function runSteps(run: RuleRun, steps: readonly Step[]): void {
  for (const step of steps) {
    if (!step.checks.rule(ruleSubject(run))) continue;
    perform(run, step);
    if (step.id !== undefined) run.applied.add(step.id);
  }
}

function perform(run: RuleRun, step: Step): void {
  const { transformation } = step;
  if (transformation.kind === "whole") performWhole(run, step, transformation.onRule);
  else if (transformation.kind === "nest") runSteps(run, transformation.steps);
  else {
    changeItems(run, (item) => changed(run, step, item));
    if (transformation.kind === "rename") renameElsewhere(run, { step, rename: transformation.rename });
  }
}

/** What a step adds was made by it: later steps can ask for that, to leave it alone. */
function performWhole(run: RuleRun, { id }: Step, change: (run: RuleRun) => void): void {
  const before = new Set(run.draft.detection?.added);
  change(run);
  const { detection } = run.draft;
  if (id === undefined || detection === undefined) return;
  const added = detection.added.map((one) => (before.has(one) ? one : { ...one, node: marked(one.node, id) }));
  run.draft = { ...run.draft, detection: { ...detection, added } };
}

function ruleSubject({ draft, applied, state }: RuleRun): RuleSubject {
  const { metadata, logsource, correlation, referred } = draft;
  return {
    kind: correlation === undefined ? "rule" : "correlation",
    logsources: logsource === undefined ? (referred ?? []) : [logsource],
    applied,
    state,
    attribute: (name) => (metadata as Readonly<Record<string, unknown>>)[name] ?? metadata.custom[name],
    tags: metadata.tags,
    hasItem: (field, value) =>
      itemsOf(draft.detection).some(
        (item) => item.field === field && (value === undefined || listOf(item.value).includes(value)),
      ),
  };
}

function itemsOf(detection: DetectionDraft | undefined): readonly DraftItem[] {
  if (detection === undefined) return [];
  const flat = (node: DraftNode): readonly DraftItem[] => (node.kind === "item" ? [node] : node.children.flatMap(flat));
  return [...detection.selections.values(), ...detection.added.map(({ node }) => node)].flatMap(flat);
}

type ItemChange = (item: DraftItem) => DraftNode | undefined;

function changeItems(run: RuleRun, change: ItemChange): void {
  const { detection } = run.draft;
  if (detection === undefined) return;
  const through = (node: DraftNode): DraftNode => {
    if (node.kind === "item") return change(node) ?? { kind: "and", label: "dropped", children: [] };
    return { ...node, children: node.children.map(through) };
  };
  const selections = new Map([...detection.selections].map(([name, node]) => [name, through(node)]));
  const added = detection.added.map(({ node, negated }) => ({ node: through(node), negated }));
  run.draft = { ...run.draft, detection: { ...detection, selections, added } };
}

const wildcardModifiers = ["contains", "startswith", "endswith"];

function itemSubject(item: DraftItem, state: ReadonlyMap<string, unknown>): ItemSubject {
  const { applied } = item;
  const addsWildcards = item.modifiers.some((modifier) => wildcardModifiers.includes(modifier));
  // Expressions, networks and numbers to compare with are no values that could be looked into.
  if (isOpaque(item)) {
    return { field: item.field, values: listOf(item.value).map(() => opaqueValue), wildcards: "none", applied, state };
  }
  return {
    field: item.field,
    values: listOf(item.value),
    wildcards: addsWildcards ? "added" : "written",
    applied,
    state,
  };
}

const opaqueValue: unknown = Symbol("opaque");

function changed(run: RuleRun, step: Step, item: DraftItem): DraftNode | undefined {
  const subject = itemSubject(item, run.state);
  if (!step.checks.item(subject)) return item;
  const { transformation } = step;
  const withReferences =
    transformation.kind === "rename" ? renameReferences(run, item, { step, rename: transformation.rename }) : item;
  if (!step.checks.field(subject)) return withReferences;
  const result = applyToItem(run, transformation, withReferences);
  return step.id === undefined || result === item || result === undefined ? result : marked(result, step.id);
}

/** Only what a step changed was it applied to. */
function marked(node: DraftNode, id: string): DraftNode {
  if (node.kind === "item") return { ...node, applied: new Set([...node.applied, id]) };
  return { ...node, children: node.children.map((child) => marked(child, id)) };
}

function applyToItem(run: RuleRun, transformation: Transformation, item: DraftItem): DraftNode | undefined {
  const { kind } = transformation;
  if (kind === "rename" && item.field === null) return keywordsIn(item, transformation.keywords);
  if (kind === "rename") return renamed(item, item.field === null ? undefined : transformation.rename(item.field));
  if (kind === "value") return withChangedValues(item, transformation);
  if (kind === "hashes") return splitHashes(item, transformation);
  return kind === "item" ? transformation.change(item, run) : item;
}

/** Several names are alternatives; what is denied or absent is so under each of them. */
function renamed(item: DraftItem, names: readonly string[] | undefined): DraftNode {
  const [only] = names ?? [];
  if (names === undefined || only === undefined) return item;
  if (names.length === 1) return { ...item, field: only };
  return either(
    item,
    names.map((field) => ({ ...item, field })),
  );
}

const positional: ReadonlySet<string> = new Set(["contains", "startswith", "endswith", "re", "cidr"]);

/** Keywords that get a field are still searched inside its value. */
function keywordsIn(item: DraftItem, names: readonly string[] | undefined): DraftNode {
  if (names === undefined) return item;
  const isPlaced = item.modifiers.some((modifier) => positional.has(modifier));
  const modifiers = isPlaced ? item.modifiers : [...item.modifiers, "contains"];
  return renamed({ ...item, isBare: false, modifiers }, names);
}

function either(item: DraftItem, children: readonly DraftNode[]): DraftNode {
  const isDenied = asksForAbsence(item) !== item.modifiers.includes("neq");
  return { kind: isDenied ? "and" : "or", label: item.field ?? "keywords", children };
}

/** What is absent has no value under any of its names. */
function asksForAbsence({ modifiers, value }: DraftItem): boolean {
  return value === null || (modifiers.includes("exists") && value === false);
}

/** The value of `fieldref` is a field name too. */
function renameReferences(run: RuleRun, item: DraftItem, renaming: Renaming): DraftItem {
  if (!item.modifiers.includes("fieldref")) return item;
  const names = listOf(item.value).flatMap((value): readonly unknown[] =>
    typeof value === "string" ? namesOf(run, value, renaming) : [value],
  );
  return { ...item, value: names.length === 1 ? names[0] : names };
}

type Renaming = Readonly<{ step: Step; rename: (field: string) => readonly string[] | undefined }>;

/** What a field name outside of an item's key becomes; the name itself if the step is not about it. */
function namesOf(run: RuleRun, field: string, { step, rename }: Renaming): readonly string[] {
  const applied = run.appliedTo.get(field) ?? new Set<string>();
  const isMeant = step.checks.field({ field, values: [], wildcards: "none", applied, state: run.state });
  const names = isMeant ? rename(field) : undefined;
  if (names === undefined) return [field];
  const { id } = step;
  if (id !== undefined)
    for (const name of names) if (name !== field) run.appliedTo.set(name, new Set([...applied, id]));
  return names;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

/** Values under these are no texts to be changed: expressions, networks, names of fields, yes and no, bounds. */
const opaque: ReadonlySet<string> = new Set(["re", "cidr", "fieldref", "exists", "lt", "lte", "gt", "gte"]);

function isOpaque({ modifiers }: DraftItem): boolean {
  return modifiers.some((modifier) => opaque.has(modifier));
}

function withChangedValues(
  item: DraftItem,
  { change, replaces }: Extract<Transformation, { kind: "value" }>,
): DraftItem {
  if (replaces !== true && isOpaque(item)) return item;
  const values = listOf(item.value).flatMap((value): readonly unknown[] => {
    const isScalar = value === null || typeof value !== "object";
    return (isScalar ? change(value as Scalar) : undefined) ?? [value];
  });
  const distinct = [...new Set(values)];
  if (replaces !== true && isSame(listOf(item.value), values)) return item;
  const kept = replaces === true ? item.modifiers.filter((modifier) => modifier === "neq") : item.modifiers;
  const modifiers = distinct.length === 1 ? kept.filter((modifier) => modifier !== "all") : kept;
  return { ...item, modifiers, value: distinct.length === 1 ? distinct[0] : distinct };
}

function isSame(before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.length === after.length && before.every((value, index) => value === after[index]);
}

const hashLengths: Readonly<Record<string, number>> = { MD5: 32, IMPHASH: 32, SHA1: 40, SHA256: 64, SHA512: 128 };

/** Values whose algorithm is not known stay in the field they are in. */
function splitHashes(item: DraftItem, { fields, read }: Extract<Transformation, { kind: "hashes" }>): DraftNode {
  if (item.field === null || !fields.includes(item.field)) return item;
  const all = item.modifiers.includes("all");
  const negation = item.modifiers.filter((modifier) => modifier === "neq");
  const children = listOf(item.value).map((value): DraftItem => {
    const found = typeof value === "string" ? read(value) : undefined;
    if (found === undefined)
      return { ...item, value, modifiers: item.modifiers.filter((modifier) => modifier !== "all") };
    const isWhole = Object.values(hashLengths).includes(found.hash.length);
    const modifiers = isWhole ? negation : ["startswith", ...negation];
    return { ...item, field: found.field, modifiers, value: found.hash };
  });
  const [only] = children;
  if (children.length === 1 && only !== undefined) return only;
  return all ? { kind: "and", label: item.field, children } : either(item, children);
}

/** Field names outside of the detection: what to show, and what a correlation groups and counts by. */
function renameElsewhere(run: RuleRun, renaming: Renaming): void {
  const names = (field: string): readonly string[] => namesOf(run, field, renaming);
  const { metadata, correlation } = run.draft;
  const fields = metadata.fields.flatMap(names);
  run.draft = { ...run.draft, metadata: { ...metadata, fields } };
  if (correlation === undefined) return;
  const one = (field: string): string => {
    const [only, ...more] = names(field);
    if (only !== undefined && more.length === 0) return only;
    return reject("pipeline-failed", `${field} has several names now; a correlation needs one`, ["correlation"]);
  };
  const aliases = Object.fromEntries(
    Object.entries(correlation.aliases).map(([alias, byRule]) => [
      alias,
      Object.fromEntries(Object.entries(byRule).map(([rule, field]) => [rule, one(field)])),
    ]),
  );
  const groupBy = correlation.groupBy.map((field) => (Object.hasOwn(aliases, field) ? field : one(field)));
  run.draft = { ...run.draft, correlation: { ...correlation, aliases, groupBy, fields: correlation.fields.map(one) } };
}
