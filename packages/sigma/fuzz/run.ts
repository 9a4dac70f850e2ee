// node --conditions=@tyr/source packages/sigma/fuzz/run.ts [--target all] [--executions 100000] [--seed 1] [--seconds N]
//   [--crashes folder] [--blind] | --target X --input file
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { Coverage } from "./coverage.ts";
import { fuzz } from "./fuzz.ts";
import type { Target } from "./target.ts";
import { targets } from "./targets.ts";

const { values } = parseArgs({
  options: {
    target: { type: "string", default: "all" },
    executions: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "86400" },
    crashes: { type: "string", default: "tmp/fuzz" },
    blind: { type: "boolean", default: false },
    input: { type: "string" },
  },
});
const chosen = targets.filter(({ name }) => values.target === "all" || name === values.target);
if (chosen.length === 0) {
  console.error(`no target ${values.target}; there are all, ${targets.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
if (values.input !== undefined) for (const target of chosen) console.log(target.run(readFileSync(values.input)));
else process.exitCode = chosen.map(runTarget).some((findings) => findings > 0) ? 1 : 0;

/** @returns findings */
function runTarget(target: Target): number {
  const seed = Number(values.seed);
  const file = (number: number | string): string => join(values.crashes, `${target.name}-${seed}-${number}`);
  const { before, stop } = watch(target, file("hang"));
  using coverage = values.blind ? undefined : new Coverage();
  const start = performance.now();
  let kept = 0;
  const report = fuzz(target, {
    executions: Number(values.executions),
    seed,
    timeMaxMs: Number(values.seconds) * 1000,
    ...(coverage === undefined ? {} : { coverage }),
    before,
    onFinding: ({ input, why }) => {
      kept += 1;
      mkdirSync(values.crashes, { recursive: true });
      writeFileSync(file(kept), input);
      console.error(`${target.name}: ${why}\n  kept as ${file(kept)}`);
    },
  });
  stop();
  const seconds = (performance.now() - start) / 1000;
  const rounded = { seconds: Math.round(seconds), slowestMs: Math.round(report.slowestMs) };
  console.log(JSON.stringify({ target: target.name, seed, ...report, ...rounded, covered: coverage?.characters }));
  return report.findings;
}

function watch(target: Target, file: string): Readonly<{ before: (input: Uint8Array) => void; stop: () => void }> {
  const head = new SharedArrayBuffer(8);
  const bytes = new SharedArrayBuffer(Math.max(target.sizeMax, ...target.seeds.map(({ length }) => length)));
  const numbers = new Int32Array(head);
  const shown = new Uint8Array(bytes);
  const worker = new Worker(new URL("watchdog.ts", import.meta.url), { workerData: { head, bytes, file } });
  worker.unref();
  return {
    before: (input) => {
      shown.set(input);
      Atomics.store(numbers, 1, input.length);
      Atomics.add(numbers, 0, 1);
    },
    stop: () => void worker.terminate(),
  };
}
