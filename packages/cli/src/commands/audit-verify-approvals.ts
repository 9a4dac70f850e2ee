import { checkExported, type ExportReport } from "../audit/approvals/check-exported.ts";
import { ExportUnreadable } from "../audit/approvals/export-entries.ts";
import type { CheckedAction } from "../audit/approvals/reading.ts";
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
  nobody: () => "signed by nobody",
};

async function check(directory: string, archives: readonly string[]): Promise<ExportReport> {
  try {
    return await checkExported(exportReader(directory, archives));
  } catch (error) {
    if (!(error instanceof ExportUnreadable)) throw error;
    throw new CliFailure(`this export cannot be read: ${visible(error.message)}`, { exit: EXIT.checkFailed });
  }
}

function linesOf({ print: { paint } }: Context, report: ExportReport): string[] {
  const ran = report.executed.map(
    ({ action, index, target, signers, by, reviewed }) =>
      `${paint("dim", `entry ${index}`)} ${visible(action)} ${visible(target)}: ${WHO[by](signers)}${reviewed === false ? "; its review is owed" : ""}`,
  );
  const keys = report.keys.map(
    ({ key, owner, index, fingerprint }) =>
      `${paint("dim", `entry ${index}`)} ${visible(key)}, SHA-256 ${fingerprint}, is ${visible(owner)}'s by this log: ask them`,
  );
  const findings = report.findings.map(
    ({ code, index, action, message }) =>
      `${paint("red", "✕")} entry ${index}: ${action === "" ? "" : `${visible(action)}: `}${visible(message)} [${code}]`,
  );
  const unsigned = report.executed.filter(({ by }) => by === "nobody").length;
  const verdict = report.ok
    ? `${paint("green", "✓")} ${report.signatures} signed decisions hold; ${report.executed.length - unsigned} actions ran as they were signed${unsigned === 0 ? "" : `, ${unsigned} without people, by the server's word that policy asked for none`}`
    : `${paint("red", "✕")} ${report.findings.length} problem(s) in ${report.signatures} signed decisions`;
  return [...ran, ...keys, ...findings, verdict];
}

/** First that the entries are those of the log, then each decision by the public keys in it. No server is asked. */
export const verifyApprovals: Run = async (context, input) => {
  const directory = input.value(0, "the export's directory");
  const log = await verifyDirectory(context, input, directory);
  if (!log.ok) return printReport(context, log);
  const report = await check(directory, input.texts("archive"));
  context.print.one(report, () => linesOf(context, report));
  return report.ok ? EXIT.ok : EXIT.checkFailed;
};
