import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { createCorrelator, type EventLogsource, type Pipeline } from "@tyr/sigma";
import { createEvaluator, engineOf, type EvaluatedEvent, toSigma } from "./evaluate.ts";
import { noPipelines } from "./pipelines.ts";
import { withDerived } from "./lift/lift-lines.ts";
import { readCases, type RuleCase } from "./rule-case.ts";
import { readRuleFiles, type RuleFiles } from "./rule-files.ts";
import { readRuleLine, ruleEvent } from "./rule-line.ts";
import { buildRulePack, type RulePack } from "./rule-pack.ts";

/** What came of a run; a failure names the test file, the test and what was expected. */
export type RuleTestReport = Readonly<{ total: number; failures: readonly RuleTestFailure[] }>;
type RuleTestFailure = Readonly<{ file: string; name: string; message: string }>;

const EXTENSION = /(?:\.test)?\.ya?ml$/i;

/**
 * Plays the raw log lines of every rule test through the normalisers, with what is derived of them, and the whole pack,
 * correlations included, or its events through the pack alone, and compares which rules found something (`expect`) and which held without being a
 * finding (`matches`). A rule that no test expects to find anything, or to hold, is a failure too.
 *
 * @param paths folders of rules with their tests, or single files; a folder is one pack
 * @param pipelines run over the rules as they load
 */
export async function runRulePackTests(
  paths: readonly string[],
  pipelines: readonly Pipeline[] = [],
): Promise<RuleTestReport> {
  let total = 0;
  const failures: RuleTestFailure[] = [];
  for (const path of paths) {
    const report = runPack((await stat(path)).isDirectory() ? packIn(path) : packOf(path), pipelines);
    total += report.total;
    failures.push(...report.failures);
  }
  return { total, failures };
}

type Pack = Readonly<{ rules: RuleFiles; tests: RuleFiles }>;

function packIn(folder: string): Pack {
  return { rules: readRuleFiles(folder), tests: readRuleFiles(folder, { kind: "tests" }) };
}

/** A single file is played against the rules of its own folder. */
function packOf(file: string): Pack {
  const folder = dirname(file);
  const rules = readRuleFiles(folder, { folders: "own" });
  const tests = readRuleFiles(folder, { folders: "own", kind: "tests" });
  const stem = (path: string): string => basename(path).replace(EXTENSION, "");
  return { rules, tests: { ...tests, files: tests.files.filter(({ path }) => stem(path) === stem(file)) } };
}

/** What cannot be read is told once, however often it was come across. */
function unread({ rules, tests }: Pack): readonly RuleTestFailure[] {
  const reasons = new Map([...rules.unreadable, ...tests.unreadable].map(({ path, reason }) => [path, reason]));
  return [...reasons].map(([path, message]) => ({ file: path === "" ? "." : path, name: "loads", message }));
}

function runPack(found: Pack, pipelines: readonly Pipeline[]): RuleTestReport {
  const rules = found.rules.files;
  const tests = found.tests.files;
  const pack = buildRulePack(rules, { pipelines: { ...noPipelines, rules: pipelines } });
  const rejected = pack.rejected.map(({ path, line, column, message }) => {
    return { file: path, name: "loads", message: `${line}:${column}: ${message}` };
  });
  const failures: RuleTestFailure[] = [...unread(found), ...rejected];
  let total = 0;
  const expected = new Set<string>();
  for (const { path: file, text } of tests) {
    const read = readCases(text);
    if (!read.ok) failures.push({ file, name: "reads", message: read.message });
    for (const one of read.ok ? read.cases : []) {
      total += 1;
      for (const id of [...idsOf(one.expect), ...idsOf(one.matches)]) expected.add(id);
      const message = judge(pack, one);
      if (message !== undefined) failures.push({ file, name: one.name, message });
    }
  }
  if (tests.length > 0 && rules.length > 1) failures.push(...untested(pack, expected));
  return { total, failures };
}

function untested(pack: RulePack, expected: ReadonlySet<string>): readonly RuleTestFailure[] {
  return [...pack.rules.values()]
    .filter(({ id }) => !expected.has(id))
    .map(({ sigma }) => {
      const what = sigma.reported ? "find anything (expect)" : "hold (matches)";
      return { file: sigma.path, name: "is tested", message: `no test expects "${sigma.title}" to ${what}` };
    });
}

function idsOf(ids: RuleCase["expect"] | undefined): readonly string[] {
  return ids === "none" || ids === undefined ? [] : ids;
}

/** @returns what differs, or undefined */
function judge(pack: RulePack, one: RuleCase): string | undefined {
  const events = eventsOf(one);
  if (typeof events === "string") return events;
  const findings = compared(pack, idsOf(one.expect), foundBy(pack, events));
  const quiet = one.matches === undefined ? [] : compared(pack, idsOf(one.matches), heldQuietly(pack, events));
  const parts = [...findings, ...quiet.map((part) => `of matches: ${part}`)];
  return parts.length === 0 ? undefined : parts.join("; ");
}

function compared(pack: RulePack, wanted: readonly string[], found: ReadonlySet<string>): readonly string[] {
  const missing = wanted.filter((id) => !found.has(id)).map((id) => titled(pack, id));
  const surplus = [...found].filter((id) => !wanted.includes(id)).map((id) => titled(pack, id));
  return [
    ...(missing.length > 0 ? [`not found: ${missing.join(", ")}`] : []),
    ...(surplus.length > 0 ? [`found besides: ${surplus.join(", ")}`] : []),
  ];
}

function titled(pack: RulePack, id: string): string {
  return `${pack.rules.get(id)?.sigma.title ?? "unknown rule"} (${id})`;
}

function foundBy(pack: RulePack, events: readonly EvaluatedEvent[]): ReadonlySet<string> {
  const evaluator = createEvaluator(pack);
  return new Set(events.flatMap((event) => evaluator.evaluate(event).map(({ ruleId }) => ruleId)));
}

/** Rules that only feed others, and those they feed: a finding of theirs is none, so the evaluator is silent about them. */
function heldQuietly(pack: RulePack, events: readonly EvaluatedEvent[]): ReadonlySet<string> {
  const engine = engineOf(pack.ruleSet);
  const correlator = createCorrelator(pack.ruleSet);
  const held = new Set<string>();
  for (const event of events.map((one) => toSigma(one))) {
    const matches = engine.match(event);
    for (const { rule } of [...matches, ...correlator.feed(event, matches)]) if (!rule.reported) held.add(rule.key);
  }
  return held;
}

/** @returns the events of a case, or which of its lines nobody can read */
function eventsOf({ lines, event, events, logsource, ...reading }: RuleCase): readonly EvaluatedEvent[] | string {
  const given = events ?? (event === undefined ? [] : [event]);
  const read = given.map((fields, index) => ruleEvent(fields, index, logsource as EventLogsource | undefined));
  for (const [index, line] of (lines ?? []).entries()) {
    const outcome = readRuleLine(line, { ...reading, index });
    if (!outcome.ok) return `line ${index + 1} cannot be read: ${outcome.reason}`;
    read.push(outcome.event);
  }
  return withDerived(read);
}
