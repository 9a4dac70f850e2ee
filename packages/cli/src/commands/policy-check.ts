import path from "node:path";
import type { PolicyCaseResult, PolicyProblem, PolicyTest } from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import type { Column } from "../output/table.ts";
import { failedCheck, folderOf, policyParts } from "./policy-folder.ts";

const PROBLEMS: readonly Column<PolicyProblem>[] = [
  { name: "check", value: (row) => row.kind, color: () => "red" },
  { name: "where", value: (row) => row.where },
  { name: "what", value: (row) => row.message, cuttable: true },
];
const RESULTS: readonly Column<PolicyCaseResult>[] = [
  { name: "test", value: (row) => (row.passed ? "passed" : "FAILED"), color: (row) => (row.passed ? "green" : "red") },
  { name: "file", value: (row) => row.file },
  { name: "example", value: (row) => row.name, cuttable: true },
  { name: "decided", value: (row) => row.decided.outcome },
  { name: "by", value: (row) => row.decided.by.join(", "), cuttable: true },
];

async function checkIn(context: Context, input: Input): Promise<PolicyTest> {
  const folder = path.resolve(await folderOf(context, input.values[0]));
  const { checkPolicyFolder } = await policyParts();
  try {
    return checkPolicyFolder(folder);
  } catch (error) {
    return failedCheck(error);
  }
}

function sayCheck({ print }: Context, { ok, digest, policies, cases, passed, problems }: PolicyTest): ExitCode {
  print.say(`${policies} policies, ${passed} of ${cases} examples get their decision, ${problems.length} problems.`);
  if (digest !== null) print.say(`Digest: ${digest}`);
  return ok ? EXIT.ok : EXIT.checkFailed;
}

/** Everything that is checked before a publication, without a server. */
export const validate: Run = async (context, input) => {
  const { results, ...check } = await checkIn(context, input);
  if (context.print.forPeople) context.print.many(check.problems, PROBLEMS, "");
  else context.print.one(check, () => []);
  return sayCheck(context, { ...check, results });
};

/** The same, with each example. */
export const test: Run = async (context, input) => {
  const check = await checkIn(context, input);
  const shown = input.flag("all") ? check.results : check.results.filter(({ passed }) => !passed);
  if (context.print.forPeople) {
    context.print.many(shown, RESULTS, "");
    for (const { kind, where, message } of check.problems)
      if (kind !== "test") context.print.say(`${kind}: ${where}: ${message}`);
  } else context.print.one(check, () => []);
  return sayCheck(context, check);
};
