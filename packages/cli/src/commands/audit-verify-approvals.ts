import { checkApprovals } from "../audit/approvals/check-approvals.ts";
import { ExportUnreadable, readExportEntries, type ExportEntries } from "../audit/approvals/export-entries.ts";
import type { ApprovalReport, CheckedAction } from "../audit/approvals/reading.ts";
import { exportReader, printReport } from "../audit/check-export.ts";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { visible } from "../output/visible-text.ts";
import { verifyDirectory } from "./audit-verify.ts";

const WHO: Readonly<Record<CheckedAction["by"], (signers: readonly string[]) => string>> = {
  approvals: (signers) => `approved by ${signers.map(visible).join(", ")}`,
  own: (signers) => `approved by ${signers.map(visible).join(", ")}, who asked for it: single-person mode`,
  break_glass: (signers) => `by break-glass of ${signers.map(visible).join(", ")}, without approvals`,
  nobody: () => "policy asked for nobody",
};

async function readEntries(directory: string, archives: readonly string[]): Promise<ExportEntries> {
  try {
    return await readExportEntries(exportReader(directory, archives));
  } catch (error) {
    if (!(error instanceof ExportUnreadable)) throw error;
    throw new CliFailure(`this export cannot be read: ${visible(error.message)}`, { exit: EXIT.checkFailed });
  }
}

function linesOf({ print: { paint } }: Context, report: ApprovalReport): string[] {
  const ran = report.executed.map(
    ({ action, index, target, signers, by, reviewed }) =>
      `${paint("dim", `entry ${index}`)} ${visible(action)} ${visible(target)}: ${WHO[by](signers)}${reviewed === false ? "; its review is owed" : ""}`,
  );
  const findings = report.findings.map(
    ({ code, index, action, message }) =>
      `${paint("red", "✕")} entry ${index}: ${visible(action)}: ${visible(message)} [${code}]`,
  );
  const verdict = report.ok
    ? `${paint("green", "✓")} ${report.signatures} signed decisions hold; ${report.executed.length} actions ran as they were signed`
    : `${paint("red", "✕")} ${report.findings.length} problem(s) in ${report.signatures} signed decisions`;
  return [...ran, ...findings, verdict];
}

/** First that the entries are those of the log, then each decision by the public keys in it. No server is asked. */
export const verifyApprovals: Run = async (context, input) => {
  const directory = input.value(0, "the export's directory");
  const log = await verifyDirectory(context, input, directory);
  if (!log.ok) return printReport(context, log);
  const { entries, origin, missing } = await readEntries(directory, input.texts("archive"));
  if (missing > 0)
    context.print.warn(
      `${missing} entries are pruned: keys and approvals in them are unknown here; give --archive DIR with their bodies`,
    );
  const report = checkApprovals(entries, origin);
  context.print.one(report, () => linesOf(context, report));
  return report.ok ? EXIT.ok : EXIT.checkFailed;
};
