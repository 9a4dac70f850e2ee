// npm test: all tests. Suites that need privileges or a service the machine lacks skip loudly; the last line counts.
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureInstalled, run } from "./pinned.mjs";

ensureInstalled();
const report = join(tmpdir(), `tyr-test-report-${process.pid}.json`);
const wanted = process.argv.slice(2);
const built = run("node", ["scripts/start.mjs", "--build-only"]);
const status =
  built === 0
    ? run("npx", ["vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...wanted])
    : built;

function count() {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites, success } = JSON.parse(
      readFileSync(report, "utf8"),
    );
    // A file that does not load has no tests to fail: it counts as one failure.
    const failed = Math.max(numFailedTests, success ? 0 : Math.min(1, numFailedTestSuites));
    return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

const { passed, failed, skipped } = count();
rmSync(report, { force: true });
if (skipped > 0)
  console.log(
    `SKIPPED: ${skipped} tests need something this machine lacks; \`.ci/run\` has all of it. See the SKIPPED lines above.`,
  );
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(status === 0 && failed === 0 ? 0 : 1);
