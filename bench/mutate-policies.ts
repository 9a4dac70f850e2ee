/**
 * Changes one thing about one of the shipped policies at a time and asks whether a check notices. Ends with 1 when one is
 * not noticed: an example is missing.
 *
 *     node --conditions=@tyr/source bench/mutate-policies.ts [policy]
 */
import { fileURLToPath } from "node:url";
import { loadBundle, readBundleSource } from "../packages/server/src/pipeline/govern/policy/bundle.ts";
import { allCases } from "../packages/server/src/pipeline/govern/policy/check.ts";
import { isNoticed, mutantsOf } from "../packages/server/src/pipeline/govern/policy/testing/mutants.ts";

const source = readBundleSource(fileURLToPath(new URL("../policies", import.meta.url)));
const bundle = loadBundle(source);
const cases = allCases(source);
const only = process.argv[2];
const mutants = mutantsOf(bundle).filter(({ policyId }) => only === undefined || policyId === only);
const started = performance.now();
const survivors = mutants.filter((mutant) => !isNoticed(bundle, mutant, cases));
for (const { policyId, what } of survivors) console.log(`not noticed: ${policyId}: ${what}`);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${mutants.length} mutants of ${bundle.policies.size} policies, ${survivors.length} not noticed, ${seconds} s`,
);
process.exitCode = survivors.length === 0 && mutants.length > 0 ? 0 : 1;
