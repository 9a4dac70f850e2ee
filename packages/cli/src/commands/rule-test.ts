import path from "node:path";
import type { Context, Run } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import type { Column } from "../output/table.ts";
import { pathsOf } from "./rule-paths.ts";

export type TestOutcome = Readonly<{
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
    fix: "Install all of Tyr: npm ci.",
  });
}

/** Prints what failed; no test at all is a failed check too, because nothing was checked. */
export function reportRuleTests({ print }: Context, { total, failures }: TestOutcome): ExitCode {
  if (print.forPeople) print.many(failures, FAILURE_COLUMNS, "");
  else print.one({ total, failures }, () => []);
  print.say(`${total} rule tests: ${total - failures.length} passed, ${failures.length} failed.`);
  if (total === 0)
    throw new CliFailure("no rule tests were found", {
      exit: EXIT.checkFailed,
      fix: "They stand beside the rules, named NAME.test.yml.",
    });
  return failures.length === 0 ? EXIT.ok : EXIT.checkFailed;
}

export const test: Run = async (context, input) => {
  const paths = await pathsOf(context, input);
  const runTests = await loadRunner();
  return reportRuleTests(context, await runTests(paths.map((one) => path.resolve(one))));
};
