import { checkApprovals } from "./check-approvals.ts";
import { readExportEntries, type ExportEntries, type Missing, type ReadFile } from "./export-entries.ts";
import { findingOf, type ApprovalFinding } from "./findings.ts";
import type { ApprovalReport } from "./reading.ts";

export type ExportReport = ApprovalReport & Readonly<{ origin: string; size: number }>;

/** What is not there may have been a key that ended, a rejection, an edit: without it nothing is shown. */
function missingFinding({ first, last }: Missing): ApprovalFinding {
  const which = `entries ${first} to ${last}`;
  const more =
    first === 0
      ? `${which}, so that what was registered, decided or ended in them is not shown; if they were pruned, give their archive`
      : `${which}, in the middle of the log, where nothing is ever pruned`;
  return findingOf({ code: "ENTRIES_MISSING", at: { index: first, object: "" }, more });
}

function logFindings({ missing, rootFits, size }: ExportEntries): readonly ApprovalFinding[] {
  const gaps = missing.map(missingFinding);
  if (rootFits !== false) return gaps;
  return [...gaps, findingOf({ code: "ROOT_DIFFERS", at: { index: Math.max(0, size - 1), object: "" } })];
}

/**
 * The whole verdict over an export, or what of it cannot be shown. That its checkpoint is signed is not looked at here.
 *
 * @throws {ExportUnreadable} no export, or a damaged one
 */
export async function checkExported(read: ReadFile): Promise<ExportReport> {
  const exported = await readExportEntries(read);
  const { origin, size, entries } = exported;
  const { findings: found, ...report } = checkApprovals(entries, origin);
  const findings = [...found, ...logFindings(exported)];
  return { origin, size, ...report, ok: findings.length === 0, findings };
}
