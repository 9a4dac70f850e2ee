import { POLICY_CASES_MAX, type PolicyProblem, type PolicyTest } from "@tyr/contract";
import { loadBundle, type Bundle, type BundleSource } from "./bundle.ts";
import { readCases, runCase, type CaseResult, type PolicyCase } from "./cases.ts";
import { openEngine, type Engine } from "./engine.ts";
import { PolicyBundleInvalid } from "./errors.ts";
import { unformatted } from "./format.ts";
import { unfitGates } from "./gates.ts";
import { lockedOut } from "./lockout.ts";

/** Shown of one check; whoever repairs so many begins with the first. */
const PROBLEMS_MAX = 200;

type Loaded = Readonly<{ bundle: Bundle; engine: Engine; cases: readonly PolicyCase[] }>;

/** All examples of a bundle. @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID` naming file and example */
export function allCases({ tests }: Pick<BundleSource, "tests">): readonly PolicyCase[] {
  const cases = Object.entries(tests).flatMap(([file, text]) => readCases(`tests/${file}`, text));
  if (cases.length > POLICY_CASES_MAX)
    throw new PolicyBundleInvalid("tests", `hold more than ${POLICY_CASES_MAX} examples`);
  return cases;
}

function viewResult({ case: one, decision, passed }: CaseResult): PolicyTest["results"][number] {
  return {
    file: one.file,
    name: one.name,
    passed,
    expected: { outcome: one.expect, by: [...one.by] },
    decided: { outcome: decision.outcome, by: decision.reasons.map(({ policyId }) => policyId) },
  };
}

function failedTests(results: PolicyTest["results"]): PolicyProblem[] {
  if (results.length === 0) return [{ kind: "test", where: "tests", message: "there is no example at all" }];
  return results
    .filter(({ passed }) => !passed)
    .map(({ file, name, expected, decided }) => ({
      kind: "test",
      where: `${file}, "${name}"`,
      message:
        `expected ${expected.outcome} by ${expected.by.join(", ")}, ` +
        `decided ${decided.outcome} by ${decided.by.join(", ")}`,
    }));
}

/** By what was decided, not by what was expected: an example that fails covers nothing. */
function coverageOf({ policies }: Bundle, results: PolicyTest["results"]): PolicyTest["coverage"] {
  return [...policies.keys()].map((policyId) => {
    const decides = results.filter(({ passed, decided }) => passed && decided.by.includes(policyId)).length;
    return { policyId, decides, doesNot: results.length - decides };
  });
}

function uncovered(coverage: PolicyTest["coverage"]): PolicyProblem[] {
  return coverage.flatMap(({ policyId, decides, doesNot }) => {
    if (decides > 0 && doesNot > 0) return [];
    const message = decides === 0 ? "decides no example that passes" : "decides every example";
    return [{ kind: "coverage", where: policyId, message }];
  });
}

function reportOf(source: BundleSource, { bundle, engine, cases }: Loaded): PolicyTest {
  const results = cases.map((one) => viewResult(runCase(engine, one)));
  const coverage = coverageOf(bundle, results);
  const formatted = unformatted(source);
  const problems: PolicyProblem[] = [
    ...failedTests(results),
    ...uncovered(coverage),
    ...unfitGates(engine, cases),
    ...lockedOut(engine),
    ...formatted.map(({ path }) => ({
      kind: "format" as const,
      where: path,
      message: "is not as the formatter writes it",
    })),
  ];
  return {
    ok: problems.length === 0,
    digest: bundle.digest,
    policies: bundle.policies.size,
    cases: results.length,
    passed: results.filter(({ passed }) => passed).length,
    problems: problems.slice(0, PROBLEMS_MAX),
    formatted,
    coverage,
    results,
  };
}

function unloadable(error: PolicyBundleInvalid): PolicyTest {
  const { where, why } = error;
  return {
    ok: false,
    digest: null,
    policies: 0,
    cases: 0,
    passed: 0,
    problems: [{ kind: "load", where, message: why }],
    formatted: [],
    coverage: [],
    results: [],
  };
}

/**
 * Everything that is checked of a bundle before it may be published: it loads strictly, every example gets its decision,
 * every policy decides some example and not all, every gate is lifted by exactly the approvals it names, somebody can
 * replace it, and it is formatted. Takes the slot `candidate`.
 */
export function checkBundle(source: BundleSource): PolicyTest {
  try {
    const bundle = loadBundle(source);
    return reportOf(source, { bundle, cases: allCases(source), engine: openEngine(bundle, "candidate") });
  } catch (error) {
    if (error instanceof PolicyBundleInvalid) return unloadable(error);
    throw error;
  }
}
