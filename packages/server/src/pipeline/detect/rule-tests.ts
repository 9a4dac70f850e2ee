import { readFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import type { EventId, SensorId } from "@tyr/contract";
import { derivedTimeId } from "#platform/ids";
import { normalise } from "#collect";
import { createEvaluator, type EvaluatedEvent } from "./evaluate.ts";
import { readCases, type RuleCase } from "./rule-case.ts";
import { buildRulePack, type RulePack } from "./rule-pack.ts";

/** What came of a run; a failure names the test file, the test and what was expected. */
export type RuleTestReport = Readonly<{ total: number; failures: readonly RuleTestFailure[] }>;
type RuleTestFailure = Readonly<{ file: string; name: string; message: string }>;

const TEST_FILE = /\.test\.ya?ml$/;
const RULE_FILE = /\.ya?ml$/;
const SENSOR = "snr_00000000-0000-7000-8000-000000000000" as SensorId;
/** Lines without a year are of this one unless the test says otherwise. */
const YEAR_DEFAULT = 2026;

/**
 * Plays the raw log lines of every rule test through the normalisers and the whole pack, correlations included, and
 * compares which rules found something. A rule that no test expects to find anything is a failure too.
 *
 * @param paths folders of rules with their tests, or single files; a folder is one pack
 */
export async function runRulePackTests(paths: readonly string[]): Promise<RuleTestReport> {
  let total = 0;
  const failures: RuleTestFailure[] = [];
  for (const path of paths) {
    const isFolder = (await stat(path)).isDirectory();
    const report = runPack(isFolder ? path : dirname(path), await filesOf(path, isFolder));
    total += report.total;
    failures.push(...report.failures);
  }
  return { total, failures };
}

type Files = Readonly<{ rules: readonly string[]; tests: readonly string[] }>;

/** A single file is played against the rules of its own folder. */
async function filesOf(path: string, isFolder: boolean): Promise<Files> {
  const folder = isFolder ? path : dirname(path);
  const names = await readdir(folder, { recursive: isFolder, encoding: "utf8" });
  const files = names
    .filter((name) => RULE_FILE.test(name))
    .toSorted()
    .map((name) => join(folder, name));
  const rules = files.filter((file) => !TEST_FILE.test(file));
  const stem = (file: string): string => basename(file).replace(TEST_FILE, "").replace(RULE_FILE, "");
  const tests = files.filter((file) => TEST_FILE.test(file) && (isFolder || stem(file) === stem(path)));
  return { rules, tests };
}

function runPack(root: string, { rules, tests }: Files): RuleTestReport {
  const nameOf = (file: string): string => relative(root, file);
  const pack = buildRulePack(rules.map((file) => ({ path: nameOf(file), text: readFileSync(file, "utf8") })));
  const failures: RuleTestFailure[] = pack.rejected.map(({ path, line, column, message }) => {
    return { file: path, name: "loads", message: `${line}:${column}: ${message}` };
  });
  let total = 0;
  const expected = new Set<string>();
  for (const file of tests) {
    const read = readCases(readFileSync(file, "utf8"));
    if (!read.ok) failures.push({ file: nameOf(file), name: "reads", message: read.message });
    for (const one of read.ok ? read.cases : []) {
      total += 1;
      for (const id of expectedOf(one)) expected.add(id);
      const message = judge(pack, one);
      if (message !== undefined) failures.push({ file: nameOf(file), name: one.name, message });
    }
  }
  if (tests.length > 0 && rules.length > 1) failures.push(...untested(pack, expected));
  return { total, failures };
}

function untested(pack: RulePack, expected: ReadonlySet<string>): readonly RuleTestFailure[] {
  return [...pack.rules.values()]
    .filter(({ id, sigma }) => sigma.reported && !expected.has(id))
    .map(({ sigma }) => {
      return { file: sigma.path, name: "is tested", message: `no test expects "${sigma.title}" to find anything` };
    });
}

function expectedOf({ expect }: RuleCase): readonly string[] {
  return expect === "none" ? [] : expect;
}

/** @returns what differs, or undefined */
function judge(pack: RulePack, one: RuleCase): string | undefined {
  const evaluator = createEvaluator(pack);
  const found = new Set<string>();
  for (const [index, line] of one.lines.entries()) {
    const event = eventOf(line, index, one);
    if (typeof event === "string") return `line ${index + 1} cannot be read: ${event}`;
    for (const { ruleId } of evaluator.evaluate(event)) found.add(ruleId);
  }
  const wanted = expectedOf(one);
  const missing = wanted.filter((id) => !found.has(id)).map((id) => titled(pack, id));
  const surplus = [...found].filter((id) => !wanted.includes(id)).map((id) => titled(pack, id));
  if (missing.length + surplus.length === 0) return undefined;
  const parts = [
    missing.length > 0 ? `not found: ${missing.join(", ")}` : "",
    surplus.length > 0 ? `found besides: ${surplus.join(", ")}` : "",
  ];
  return parts.filter((part) => part !== "").join("; ");
}

function titled(pack: RulePack, id: string): string {
  return `${pack.rules.get(id)?.sigma.title ?? "unknown rule"} (${id})`;
}

function eventOf(line: string, index: number, one: RuleCase): EvaluatedEvent | string {
  const { format = "auto", sensor: sensorKind = "custom", year = YEAR_DEFAULT } = one;
  const now = new Date(Date.UTC(year, 11, 31));
  const read = normalise(line, { format, sensorKind, now, year });
  if (!read.ok) return read.reason;
  const { time, kind, src, user, logsource, fields, ecs, raw } = read.event;
  const id: EventId = derivedTimeId("event", time.getTime(), String(index));
  return { id, time, observedAt: time, kind, src, user, sensorId: SENSOR, logsource, fields, ecs, raw };
}
