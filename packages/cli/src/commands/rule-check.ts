import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { loadRules, type RuleFile, type RuleReport } from "@tyr/sigma";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure, systemCode, usage } from "../failure.ts";
import type { Input } from "../input.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

const RULE = /\.ya?ml$/;
const RULE_TEST = /\.test\.ya?ml$/;
/** A pack is thousands of small files at most; more is a mistaken path. */
const FILES_MAX = 20_000;

/** The paths given, else `rules/` here, else the pack that came with this installation. */
async function pathsOf({ world }: Context, input: Input): Promise<readonly string[]> {
  if (input.values.length > 0) return input.values;
  for (const candidate of [world.env["TYR_RULES_DIR"], "rules", path.join(world.installation, "rules")]) {
    if (candidate === undefined || candidate === "") continue;
    try {
      if ((await stat(candidate)).isDirectory()) return [candidate];
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
    }
  }
  throw usage("there is no rules directory here", "Name files or directories: tyr rule validate PATH…");
}

async function filesUnder(given: string): Promise<string[]> {
  if (!(await stat(given)).isDirectory()) return [given];
  const entries = await readdir(given, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && RULE.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
  if (files.length > FILES_MAX)
    throw usage(`${visible(given)} holds ${files.length} YAML files`, "Name a smaller directory.");
  return files.sort();
}

const COLUMNS: readonly Column<RuleReport>[] = [
  { name: "state", value: (row) => row.status, color: (row) => (row.status === "loaded" ? "green" : "red") },
  {
    name: "where",
    value: (row) => (row.status === "loaded" ? `${row.path}:${row.line}` : `${row.path}:${row.line}:${row.column}`),
  },
  { name: "rule", value: (row) => row.title, cuttable: true },
  {
    name: "what",
    value: (row) => (row.status === "loaded" ? row.warnings.join("; ") : `${row.message} [${row.code}]`),
  },
];

export const validate: Run = async (context, input) => {
  const { print } = context;
  const names = (await Promise.all((await pathsOf(context, input)).map(filesUnder))).flat();
  const ruleFiles = names.filter((name) => !RULE_TEST.test(name));
  if (ruleFiles.length === 0) throw usage("there are no rule files there", "Rules end in .yml or .yaml.");
  const files = await Promise.all(
    ruleFiles.map(async (name): Promise<RuleFile> => ({ path: name, text: await readFile(name, "utf8") })),
  );
  const { report } = loadRules(files);
  const rejected = report.filter(({ status }) => status === "rejected");
  const warned = report.filter((one) => one.status === "loaded" && one.warnings.length > 0);
  print.many(print.forPeople ? [...rejected, ...warned] : report, COLUMNS, "");
  print.say(
    `${report.length} rules in ${files.length} files: ${report.length - rejected.length} loaded, ${rejected.length} rejected, ${warned.length} with warnings.`,
  );
  return rejected.length === 0 ? EXIT.ok : EXIT.checkFailed;
};

type TestOutcome = Readonly<{
  total: number;
  failures: readonly Readonly<{ file: string; name: string; message: string }>[];
}>;
type RunTests = (paths: readonly string[]) => Promise<TestOutcome>;

const FAILURE_COLUMNS: readonly Column<TestOutcome["failures"][number]>[] = [
  { name: "file", value: (row) => row.file },
  { name: "test", value: (row) => row.name },
  { name: "what", value: (row) => row.message },
];

/** From raw line to event is the server's work, so its normalisers are loaded; no server runs. */
async function loadRunner(): Promise<RunTests> {
  const server: Readonly<Record<string, unknown>> = await import("@tyr/server");
  const runTests = server["runRulePackTests"];
  if (typeof runTests === "function") return runTests as RunTests;
  throw new CliFailure("this installation cannot run rule tests", {
    exit: EXIT.failed,
    fix: "Install all of Tyr: npm install.",
  });
}

export const test: Run = async (context, input) => {
  const { print } = context;
  const paths = await pathsOf(context, input);
  const { total, failures } = await (await loadRunner())(paths.map((one) => path.resolve(one)));
  if (print.forPeople) print.many(failures, FAILURE_COLUMNS, "");
  else print.one({ total, failures }, () => []);
  print.say(`${total} rule tests: ${total - failures.length} passed, ${failures.length} failed.`);
  if (total === 0)
    throw new CliFailure("no rule tests were found", {
      exit: EXIT.checkFailed,
      fix: "They stand beside the rules, named NAME.test.yml.",
    });
  return failures.length === 0 ? EXIT.ok : EXIT.checkFailed;
};
