import { constants } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import { verifyExport, type VerifyReport } from "@tyr/ledger";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { CliFailure, systemCode } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

export type CheckRequest = Readonly<{
  directory: string;
  trustedKeys: readonly string[];
  earlier: readonly string[];
  /** Directories with bundles of entries the log has pruned since. */
  archives?: readonly string[];
  /** A C2SP tlog-policy: its logs are trusted too, and its quorum of witnesses must have cosigned. */
  policy?: string | undefined;
}>;

/** The largest file an export can hold: 256 entries of 65,535 bytes, each behind its length in two bytes. */
const FILE_BYTES_MAX = 256 * (65_535 + 2);

/** An export comes from somebody else: a device, a pipe or a giant in the place of a tile is refused, not read. */
async function readExportFile(file: string): Promise<Uint8Array | undefined> {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const about = await handle.stat();
    if (about.isFile() && about.size <= FILE_BYTES_MAX) return await handle.readFile();
    const what = about.isFile() ? `${about.size} bytes long` : "no ordinary file";
    throw new CliFailure(`${visible(file)} is ${what}: this is no export`, { exit: EXIT.checkFailed });
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return undefined;
    throw error;
  }
}

/** Reads files of an export by their names in it. */
export function exportReader(
  directory: string,
  archives: readonly string[] = [],
): (name: string) => Promise<Uint8Array | undefined> {
  return async (name) => {
    // An archive gives entries and nothing else: what they are measured by comes from the log.
    for (const place of name.startsWith("tile/entries/") ? [directory, ...archives] : [directory]) {
      const bytes = await readExportFile(path.join(place, ...name.split("/")));
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  };
}

export async function checkExport(
  { print }: Context,
  { directory, trustedKeys, earlier, policy, archives = [] }: CheckRequest,
): Promise<VerifyReport> {
  const read = exportReader(directory, archives);
  const onProgress = (done: number, size: number): void => print.progress(`verified ${done} of ${size} entries`);
  const report = await verifyExport({
    read,
    trustedKeys,
    earlier,
    onProgress,
    ...(policy === undefined ? {} : { policy }),
  });
  print.endProgress();
  return report;
}

export function printReport({ print }: Context, report: VerifyReport): ExitCode {
  const { paint } = print;
  print.one(report, () => {
    const problems = report.problems.flatMap((one) => [
      `${paint("red", "✕")} ${one.index === undefined ? "" : `entry ${one.index}: `}${visible(one.message)} [${one.code}]`,
      `  ${visible(one.todo)}`,
    ]);
    const omitted = report.problemsOmitted > 0 ? [`… and ${report.problemsOmitted} more problems`] : [];
    const signedBy = report.signedBy.map(visible).join(", ");
    const verdict = report.ok
      ? `${paint("green", "✓")} ${visible(report.origin ?? "")}: ${report.entriesChecked} entries, root ${report.root ?? ""}, signed by ${signedBy}`
      : `${paint("red", "✕")} not verified: ${report.problems.length + report.problemsOmitted} problem(s)`;
    const earlier =
      report.earlierConfirmed > 0
        ? [`${paint("green", "✓")} contains ${report.earlierConfirmed} earlier checkpoint(s)`]
        : [];
    const pruned = report.pruned.map(
      ({ first, last }) =>
        `${report.ok ? paint("green", "✓") : paint("yellow", "!")} entries ${first}..${last} are pruned, as entry ${report.declaredPruned?.declaredAt} declares; hashes present and chained: give --archive DIR to verify their bodies too`,
    );
    return [...problems, ...omitted, verdict, ...pruned, ...earlier];
  });
  return report.ok ? EXIT.ok : EXIT.checkFailed;
}
