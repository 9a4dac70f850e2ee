import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * One folder for all temporary files of a run, removed at its end: tests kill processes, which then remove nothing. Short, as the
 * path of a Unix socket may have 107 bytes. What is worth keeping for the next run goes into `TYR_TEST_KEPT`.
 *
 * @returns what removes it
 */
export default function ownTemporaryFolder(): () => void {
  const before = tmpdir();
  const own = mkdtempSync(join(before, "tyr-run-"));
  process.env["TYR_TEST_KEPT"] = before;
  process.env["TMPDIR"] = own;
  return () => {
    process.env["TMPDIR"] = before;
    rmSync(own, { recursive: true, force: true, maxRetries: 3 });
  };
}
