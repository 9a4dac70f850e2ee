import path from "node:path";
import type { Context, Run } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import type { Column } from "../output/table.ts";
import { readPipelines } from "../rule/load-rule-set.ts";
import { pathsOf } from "../rule/rule-paths.ts";
import { serverParts } from "../rule/server-parts.ts";

export type TestOutcome = Readonly<{
  total: number;
  failures: readonly Readonly<{ file: string; name: string; message: string }>[];
}>;

const FAILURE_COLUMNS: readonly Column<TestOutcome["failures"][number]>[] = [
  { name: "file", value: (row) => row.file },
  { name: "test", value: (row) => row.name },
  { name: "what", value: (row) => row.message },
];

/** Prints what failed; no test at all is a failed check too, because nothing was checked. */
export function reportRuleTests({ print }: Context, { total, failures }: TestOutcome): ExitCode {
  if (print.forPeople) print.many(failures, FAILURE_COLUMNS, "");
  else print.one({ total, failures }, () => []);
  // A rule that does not load, or that no test is about, fails without being a test.
  print.say(`${total} rule tests, ${failures.length} failures.`);
  if (total === 0)
    throw new CliFailure("no rule tests were found", {
      exit: EXIT.checkFailed,
      fix: "They stand beside the rules, named NAME.test.yml.",
    });
  return failures.length === 0 ? EXIT.ok : EXIT.checkFailed;
}

export const test: Run = async (context, input) => {
  const paths = await pathsOf(context, input.values);
  const pipelines = await readPipelines(context, input);
  const { runRulePackTests } = await serverParts();
  const found = paths.map((one) => path.resolve(one));
  return reportRuleTests(context, await runRulePackTests(found, pipelines));
};
