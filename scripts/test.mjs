// npm test: all tests. Suites that need privileges or a service the machine lacks skip loudly; the last line counts.
// Under CI=true nothing may be lacking: each skipped test counts as failed.
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ensureInstalled, root, run } from "./pinned.mjs";

ensureInstalled();
const report = join(tmpdir(), `tyr-test-report-${process.pid}.json`);
const isCi = process.env.CI === "true";
const wanted = process.argv.slice(2);
const built = run("node", ["scripts/start.mjs", "--build-only"]);
const status =
  built === 0
    ? run("npx", ["vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...wanted])
    : built;

function count() {
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites, success, testResults } = JSON.parse(
      readFileSync(report, "utf8"),
    );
    const skipped = testResults.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => !["passed", "failed"].includes(status))
        .map(({ fullName }) => `${relative(root, name)}: ${fullName}`),
    );
    // A file that does not load has no tests to fail: it counts as one failure.
    const failed = Math.max(numFailedTests, success ? 0 : Math.min(1, numFailedTestSuites));
    return { passed: numPassedTests, failed, skipped };
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  }
}

const { passed, failed: broken, skipped } = count();
const failed = broken + (isCi ? skipped.length : 0);
rmSync(report, { force: true });
if (skipped.length > 0) {
  for (const one of skipped) console.log(`${isCi ? "FAILED, because skipped" : "skipped"}: ${one}`);
  console.log(
    `SKIPPED: ${skipped.length} tests need something this machine lacks; \`.ci/run\` has all of it. See the SKIPPED lines above.`,
  );
}
console.log(`${passed} passed, ${failed} failed${skipped.length > 0 && !isCi ? `, ${skipped.length} skipped` : ""}`);
process.exit(status === 0 && failed === 0 ? 0 : 1);
