import { readFile } from "node:fs/promises";
import { loadRules, type RuleFile, type RuleReport } from "@tyr/sigma";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import type { Column } from "../output/table.ts";
import { filesUnder, pathsOf } from "./rule-paths.ts";

const RULE_TEST = /\.test\.ya?ml$/;

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
