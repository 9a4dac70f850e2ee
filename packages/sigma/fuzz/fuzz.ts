import type { Coverage } from "./coverage.ts";
import { mutator } from "./mutate.ts";
import { randomFrom } from "./random.ts";
import type { Target } from "./target.ts";

/** An input the engine must not answer like this. */
export type Finding = Readonly<{ input: Uint8Array; why: string }>;

export type FuzzOptions = Readonly<{
  executions: number;
  seed: number;
  /** Left out: changes are made of the seeds only. */
  coverage?: Coverage;
  /** Milliseconds after which a run ends early, all inputs together. */
  timeMaxMs?: number;
  /** Told of every input before it is run, for a watchdog. */
  before?: (input: Uint8Array) => void;
  onFinding: (finding: Finding) => void;
}>;

export type FuzzReport = Readonly<{
  /** Inputs run, those run again to find the one that ran new code included. */
  executions: number;
  /** Inputs that got past the reader, and so tested what comes behind it. */
  accepted: number;
  findings: number;
  /** Inputs kept because they ran code no other had run, the seeds included. */
  corpus: number;
  slowestMs: number;
}>;

/** Anything slower is a finding: no rule, line or state within the limits may hold up the stream. */
const inputTimeMaxMs = 1000;
/** Inputs between two looks at the coverage; a look costs as much as a few hundred inputs. */
const batchSize = 2000;
const corpusMax = 4000;
const findingsMax = 50;

/** Feeds a target with its seeds, then with changes of them; what runs new code is changed further. */
export function fuzz(target: Target, options: FuzzOptions): FuzzReport {
  return new Fuzzer(target, options).run();
}

class Fuzzer {
  readonly #target: Target;
  readonly #options: FuzzOptions;
  readonly #corpus: Uint8Array[];
  readonly #report = { executions: 0, accepted: 0, findings: 0, corpus: 0, slowestMs: 0 };

  constructor(target: Target, options: FuzzOptions) {
    this.#target = target;
    this.#options = options;
    this.#corpus = [...target.seeds];
  }

  run(): FuzzReport {
    const { executions, seed, timeMaxMs = Number.POSITIVE_INFINITY } = this.#options;
    const random = randomFrom(seed);
    const mutate = mutator(this.#target, random);
    const until = performance.now() + timeMaxMs;
    const anyOf = (): Uint8Array => this.#corpus[random(this.#corpus.length)] ?? new Uint8Array();
    for (const one of this.#target.seeds) this.#execute(one);
    this.#learnAll();
    while (this.#report.executions < executions && performance.now() < until) {
      const length = Math.min(batchSize, executions - this.#report.executions);
      const batch = Array.from({ length }, () => mutate(anyOf(), anyOf()));
      for (const input of batch) this.#execute(input);
      this.#keepNew(batch);
      if (this.#report.findings >= findingsMax) break;
    }
    return { ...this.#report, corpus: this.#corpus.length };
  }

  /** Whether an input ran new code is only known of a batch; which one it was is found by halving it again and again. */
  #keepNew(batch: readonly Uint8Array[]): void {
    const { coverage } = this.#options;
    const ran = coverage?.take();
    if (coverage === undefined || ran === undefined || !coverage.hasNew(ran)) return;
    this.#sift(coverage, batch);
    // What a second run does not show (a cache filled by the first) is not looked for again.
    coverage.learn(ran);
  }

  #sift(coverage: Coverage, inputs: readonly Uint8Array[]): void {
    for (const input of inputs) this.#execute(input);
    const ran = coverage.take();
    if (inputs.length === 0 || !coverage.hasNew(ran)) return;
    if (inputs.length === 1) {
      coverage.learn(ran);
      if (this.#corpus.length < corpusMax) this.#corpus.push(...inputs);
      return;
    }
    const middle = inputs.length >> 1;
    this.#sift(coverage, inputs.slice(0, middle));
    this.#sift(coverage, inputs.slice(middle));
  }

  #learnAll(): void {
    const { coverage } = this.#options;
    if (coverage !== undefined) coverage.learn(coverage.take());
  }

  #execute(input: Uint8Array): void {
    this.#options.before?.(input);
    let tookMs = this.#timed(input);
    // A machine with other work takes the processor away for as long: only what is slow every time is slow.
    for (let again = 0; again < 2 && tookMs > inputTimeMaxMs; again += 1) tookMs = Math.min(tookMs, this.#timed(input));
    this.#report.executions += 1;
    this.#report.slowestMs = Math.max(this.#report.slowestMs, tookMs);
    if (tookMs > inputTimeMaxMs) this.#find(input, `took ${Math.round(tookMs)} ms`);
  }

  #timed(input: Uint8Array): number {
    const start = performance.now();
    try {
      if (this.#target.run(input)) this.#report.accepted += 1;
    } catch (cause) {
      this.#find(input, cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
    }
    return performance.now() - start;
  }

  #find(input: Uint8Array, why: string): void {
    this.#report.findings += 1;
    this.#options.onFinding({ input, why });
  }
}
