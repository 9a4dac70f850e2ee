import type { NeverApplicable, RuleReport } from "@tyr/sigma";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Color } from "../output/color.ts";
import type { Column } from "../output/table.ts";
import { loadRuleSet } from "../rule/load-rule-set.ts";
import { pathsOf } from "../rule/rule-paths.ts";
import { rulesOutOfReach, SOURCES } from "../rule/rule-reach.ts";

/** What became of one document: loaded, rejected, or loaded although no log source can ever reach it. */
type Verdict =
  | RuleReport
  | Readonly<Omit<Extract<RuleReport, { status: "loaded" }>, "status"> & { status: "never"; reason: string }>;

const COLORS: Readonly<Record<Verdict["status"], Color>> = { loaded: "green", rejected: "red", never: "yellow" };
const COLUMNS: readonly Column<Verdict>[] = [
  { name: "state", value: (row) => row.status, color: (row) => COLORS[row.status] },
  {
    name: "where",
    value: (row) => `${row.path}:${row.line}${row.status === "rejected" ? `:${row.column}` : ""}`,
  },
  { name: "rule", value: (row) => row.title, cuttable: true },
  { name: "what", value: whatOf },
];

function whatOf(row: Verdict): string {
  if (row.status === "rejected") return `${row.message} [${row.code}]`;
  return [...(row.status === "never" ? [row.reason] : []), ...row.warnings].join("; ");
}

function verdicts(report: readonly RuleReport[], never: readonly NeverApplicable[]): readonly Verdict[] {
  const reasons = new Map(never.map(({ key, reason }) => [key, reason]));
  return report.map((entry) => {
    const reason = entry.status === "loaded" ? reasons.get(entry.key) : undefined;
    return entry.status === "rejected" || reason === undefined ? entry : { ...entry, status: "never", reason };
  });
}

export const validate: Run = async (context, input) => {
  const { print } = context;
  const sources = input.oneOf("sources", SOURCES) ?? "any";
  const { ruleSet, fileCount } = await loadRuleSet(context, input, await pathsOf(context, input.values));
  const rows = verdicts(ruleSet.report, await rulesOutOfReach(ruleSet, sources));
  const count = (status: Verdict["status"]): number => rows.filter((row) => row.status === status).length;
  const remarkable = rows.filter((row) => row.status !== "loaded" || row.warnings.length > 0);
  const warned = rows.filter((row) => row.status !== "rejected" && row.warnings.length > 0).length;
  print.many(print.forPeople ? remarkable : rows, COLUMNS, "");
  print.say(
    `${rows.length} rules in ${fileCount} files: ${count("loaded") + count("never")} loaded, ${count("rejected")} rejected, ${count("never")} never applicable, ${warned} with warnings.`,
  );
  const failed = count("rejected") + (input.flag("strict") ? count("never") + warned : 0);
  return failed === 0 ? EXIT.ok : EXIT.checkFailed;
};
