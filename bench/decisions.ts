/**
 * What a decision of policy costs: four-valued decisions per second and their 99th percentile with 50 policies, and a backtest
 * of stored decisions, in a thread of its own as the product runs it, without a database.
 *
 *     node_modules/.bin/node --conditions=@tyr/source bench/decisions.ts [--decisions 20000] [--backtest 100000] [--policies 50]
 *
 * The shipped policies, and as many forbids of one network each as are missing to 50: people keep such lists. Every question is
 * another one (address, prefix length, mode, risk, approvals, who asks), so that nothing can be remembered, and decisions that
 * take one, two and three questions to Cedar come in the shares that the line with outcomes shows.
 * Traps: one core decides; whatever else runs on it is in the figures, and the load beside them says so.
 */
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { prefixAt } from "../packages/server/src/pipeline/govern/address.ts";
import { describeTarget } from "../packages/server/src/pipeline/govern/policy/asked.ts";
import {
  loadBundle,
  readBundleSource,
  type BundleSource,
} from "../packages/server/src/pipeline/govern/policy/bundle.ts";
import { QUIET } from "../packages/server/src/pipeline/govern/policy/circumstances.ts";
import { decide, type DecisionInput } from "../packages/server/src/pipeline/govern/policy/decide.ts";
import { openEngine } from "../packages/server/src/pipeline/govern/policy/engine.ts";
import { openPolicyThread } from "../packages/server/src/pipeline/govern/policy/in-thread.ts";

const { values } = parseArgs({
  options: {
    decisions: { type: "string", default: "20000" },
    backtest: { type: "string", default: "100000" },
    policies: { type: "string", default: "50" },
  },
});
const [decisions, replayed, wanted] = [values.decisions, values.backtest, values.policies].map(Number) as [
  number,
  number,
  number,
];

/** A list of networks somebody never wants blocked, one policy each. */
function padded(source: BundleSource, missing: number): BundleSource {
  const forbid = (n: number) => `@id("never-list-${n}")
@reason("On our list.")
forbid (principal, action, resource is Target)
when { resource.version == 4 && resource.prefixLength == ${8 + (n % 24)} && context.ttlSeconds == ${60 + n} };`;
  const list = Array.from({ length: missing }, (_, n) => forbid(n)).join("\n\n");
  return missing <= 0 ? source : { ...source, policies: { ...source.policies, "list.cedar": list } };
}

/** Numbers that are the same in each run. */
let state = 42;
function random(below: number): number {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((state / 2_147_483_648) * below);
}

function situation(): DecisionInput {
  const address = prefixAt((0xffffn << 32n) | BigInt(random(0xe0000000)), random(4) === 0 ? 120 + random(9) : 128);
  const people = random(3);
  const isPerson = random(2) === 0;
  return {
    v: 2,
    type: "block_ip",
    principal: { kind: isPerson ? "person" : "automation", id: `p${random(1_000)}` },
    target: describeTarget(address, {}),
    context: {
      ...QUIET,
      mode: (["normal", "elevated", "lockdown"] as const)[random(3)] ?? "normal",
      environment: random(2) === 0 ? "production" : "development",
      approvals: { total: people, approver: people, security_manager: random(people + 1) },
      ttlSeconds: 3_600 + random(86_400),
      // Programs propose what is probably enough; people often act on what no incident is about yet.
      risk: isPerson ? (random(2) === 0 ? null : 20 + random(81)) : 60 + random(41),
      confidence: isPerson ? 0 : 40 + random(61),
      severity: 4,
    },
  };
}

const shipped = readBundleSource(fileURLToPath(new URL("../policies", import.meta.url)));
const source = padded(shipped, wanted - loadBundle(shipped).policies.size);
const bundle = loadBundle(source);
const opening = performance.now();
const engine = openEngine(bundle, "active-a");
console.log(`${bundle.policies.size} policies, opened in ${Math.round(performance.now() - opening)} ms`);

const now = new Date(0);
for (let n = 0; n < 2_000; n += 1) decide(engine, situation(), now);
const questions = Array.from({ length: decisions }, situation);
const took = new Float64Array(decisions);
const outcomes: Record<string, number> = {};
const cpu = process.cpuUsage();
const began = performance.now();
for (const [index, question] of questions.entries()) {
  const start = performance.now();
  const { outcome } = decide(engine, question, now);
  took[index] = performance.now() - start;
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}
const seconds = (performance.now() - began) / 1_000;
const { user, system } = process.cpuUsage(cpu);
const used = (user + system) / 1_000 / decisions;
const sorted = took.toSorted();
const quantile = (share: number): string => (sorted[Math.floor(share * (decisions - 1))] ?? Number.NaN).toFixed(2);
const shares = Object.entries(outcomes).map(([name, count]) => `${name} ${Math.round((count / decisions) * 100)} %`);
console.log(`outcomes: ${shares.join(", ")}`);
console.log(
  `decisions: ${Math.round(decisions / seconds)} a second on one core, median ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, most ${quantile(1)} ms; ${used.toFixed(2)} ms of a processor each`,
);

await using thread = openPolicyThread();
await thread.open(source);
const PIECE = 500;
const pieces = Array.from({ length: Math.ceil(replayed / PIECE) }, () => Array.from({ length: PIECE }, situation));
const replaying = performance.now();
for (const piece of pieces) await thread.replay(piece);
const lasted = (performance.now() - replaying) / 1_000;
console.log(
  `backtest: ${pieces.length * PIECE} decisions in ${lasted.toFixed(1)} s, ${Math.round((pieces.length * PIECE) / lasted)} a second`,
);
console.log(
  `load average ${loadavg()
    .map((one) => one.toFixed(1))
    .join(" ")}`,
);
