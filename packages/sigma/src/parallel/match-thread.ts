import type { LineRange, PoolFailure } from "./pool-errors.ts";
import type { PackedBatch } from "./line-batch.ts";
import { arePlausible, type BatchFindings, type LoadMessage, readFromWorker, type ToWorker } from "./messages.ts";
import type { WorkerPort } from "./worker-port.ts";

/** A batch on its way through the pool. */
export type Job = {
  readonly id: number;
  readonly range: LineRange;
  readonly packed: PackedBatch;
  /** Workers lost over it. */
  losses: number;
  readonly settle: (verdict: Verdict) => void;
};

export type Verdict = Readonly<{ ok: true; findings: BatchFindings }> | Readonly<{ ok: false; error: PoolFailure }>;

/** What a worker that ended leaves behind. */
export type ThreadEnd = Readonly<{ reason: unknown; hadLoaded: boolean; jobs: readonly Job[] }>;

export type ThreadOptions = Readonly<{
  load: LoadMessage;
  /** Keys of the rules the worker must come to. */
  keys: readonly string[];
  /** For one answer; the rules count as one. */
  answerMsMax: number;
  loaded: () => void;
  answered: (job: Job, findings: BatchFindings) => void;
  ended: (end: ThreadEnd) => void;
}>;

/** One worker from its start to its end: what it owes, how long it may take, and what it leaves behind. */
export class MatchThread {
  readonly #options: ThreadOptions;
  #port: WorkerPort | undefined;
  /** In the order they were given, which is the order they are worked on. */
  readonly jobs: Job[] = [];
  #hasLoaded = false;
  #hasEnded = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  /** @throws what the port throws when the rules cannot travel; the worker is ended then */
  begin(port: WorkerPort): void {
    this.#port = port;
    port.listen({ message: (message) => this.#hear(message), ended: (reason) => this.end(reason) });
    try {
      port.postMessage(this.#options.load);
    } catch (error) {
      void this.stop();
      throw error;
    }
    this.#watch();
  }

  get hasLoaded(): boolean {
    return this.#hasLoaded;
  }

  /** Batches it was given and has not answered. */
  get owed(): number {
    return this.jobs.length;
  }

  /** The worker need not have loaded its rules: what it is sent waits in its port. */
  give(job: Job): void {
    this.jobs.push(job);
    this.#send({ kind: "batch", id: job.id, packed: job.packed });
    if (this.jobs.length === 1 && this.#hasLoaded) this.#watch();
  }

  /** Ends the worker, and tells so once; what it still sends is not heard. */
  end(reason: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    void this.#port?.terminate();
    this.#options.ended({ reason, hadLoaded: this.#hasLoaded, jobs: [...this.jobs] });
  }

  /** @returns when the platform says that it is gone */
  async stop(): Promise<void> {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    await this.#port?.terminate();
  }

  #send(message: ToWorker): void {
    if (!this.#hasEnded) this.#port?.postMessage(message);
  }

  #hear(value: unknown): void {
    if (this.#hasEnded) return;
    const message = readFromWorker(value);
    if (message === undefined) this.end(new Error("the worker sent a message this pool does not know"));
    else if (message.kind === "failed") this.end(new Error(message.reason));
    else if (message.kind === "loaded") this.#loaded(message.keys);
    else this.#answer(message.id, message.findings);
    this.#watch();
  }

  #loaded(keys: readonly string[]): void {
    const same = keys.length === this.#options.keys.length && keys.every((key, at) => key === this.#options.keys[at]);
    if (!same) {
      this.end(
        new Error("the worker came to other rules than the pool: give it the texts the rule set was loaded from"),
      );
      return;
    }
    this.#hasLoaded = true;
    this.#options.loaded();
  }

  #answer(id: number, findings: BatchFindings): void {
    const [job] = this.jobs;
    const fits = job?.id === id && arePlausible(findings, job.range.lineCount, this.#options.keys.length);
    if (job === undefined || !fits) {
      this.end(new Error("the worker gave an answer that cannot be one"));
      return;
    }
    this.jobs.shift();
    this.#options.answered(job, findings);
  }

  /** A worker that hangs tells nobody; one that owes nothing may be silent for as long as it likes. */
  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#hasEnded || (this.#hasLoaded && this.jobs.length === 0)) return;
    const { answerMsMax } = this.#options;
    const late = (): void => this.end(new Error(`the worker gave no answer within ${answerMsMax} ms`));
    this.#timer = setTimeout(late, answerMsMax);
  }
}
