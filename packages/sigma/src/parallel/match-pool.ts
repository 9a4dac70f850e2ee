import type { RuleSet } from "../load.ts";
import { inOrder } from "./in-order.ts";
import { type LineBatch, PackingSpace } from "./line-batch.ts";
import { type Job, MatchThread, type ThreadEnd, type Verdict } from "./match-thread.ts";
import type { BatchFindings, PoolRouting } from "./messages.ts";
import { BatchFailed, type LineRange, PoolBroken, PoolClosed, type PoolFailure } from "./pool-errors.ts";
import type { RuleTexts } from "./rule-texts.ts";
import type { WorkerPort } from "./worker-port.ts";

/** What a pool is made of, and its bounds in workers, batches and milliseconds. */
export type MatchPoolOptions = Readonly<{
  /** Starts one worker, whose program is `serveMatches`. Called again for each that is lost. */
  spawn: () => WorkerPort;
  /** Engines, each in a worker of its own with its own copy of the rules. */
  workers: number;
  /** What `ruleSet` was loaded from; every worker loads it again. */
  rules: RuleTexts;
  ruleSet: Pick<RuleSet, "rules">;
  /** Left out: by the fields of each event. */
  routing?: PoolRouting;
  /** Batches taken from the input and not yet delivered; by default three per worker. Bounds the memory. */
  batchesMax?: number;
  /** A worker that answers nothing for so long is ended as lost; by default a minute. Loading the rules counts too. */
  answerMsMax?: number;
  /** Told of every worker that was lost, before its batch is tried again or given up. */
  onLoss?: (loss: WorkerLoss) => void;
}>;

/** A worker that died, threw, hung or answered nonsense. */
export type WorkerLoss = Readonly<{
  reason: unknown;
  /** The lines it was at; left out when it owed nothing or was still loading. */
  range?: LineRange;
  /** Whether these lines are given to a fresh worker; if not, they are rejected. */
  isRetried: boolean;
}>;

/** What became of one batch. */
export type BatchOutcome =
  | (Readonly<{ ok: true; batch: LineBatch; range: LineRange }> & BatchFindings)
  | Readonly<{ ok: false; batch: LineBatch; range: LineRange; error: PoolFailure }>;

/**
 * Engines in workers that match batches of NDJSON lines side by side. It holds workers until `close` or the end of
 * `await using`; a batch may have 64 MiB, and at most `batchesMax` of them are held.
 */
export type MatchPool = AsyncDisposable &
  Readonly<{
    /**
     * Matches batches on all workers; the outcomes come in the order of the batches, one for each. Takes the next batch
     * only while less than `batchesMax` are under way. A batch that cannot be matched is an outcome too and does not stop
     * the others; so is what was under way when the pool was closed or broke. What the source throws is thrown after the
     * outcomes of what it gave.
     *
     * @throws {RangeError} for a batch over 64 MiB, or one that names a log source that is not in the list
     * @throws {PoolClosed} for a batch given after `close`
     */
    run(batches: AsyncIterable<LineBatch> | Iterable<LineBatch>): AsyncGenerator<BatchOutcome, void, undefined>;
    /** Resolves once every worker has loaded the rules; rejects with `PoolBroken`. `run` need not wait for it. */
    loaded(): Promise<void>;
    /** Ends all workers at once. */
    close(): Promise<void>;
  }>;

/** @throws {RangeError} when `workers` or `batchesMax` is no number of at least 1 */
export function createMatchPool(options: MatchPoolOptions): MatchPool {
  const pool = new Pool(options);
  return {
    run: (batches) => inOrder(batches, (batch) => pool.submit(batch), pool.batchesMax),
    loaded: () => pool.loaded,
    close: () => pool.close(),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

/** One being worked on, and one at hand when it is done. */
const OWED_MAX = 2;
const BATCH_BYTES_MAX = 64 * 1024 * 1024;
const FAILED_STARTS_MAX = 2;
const ANSWER_MS_MAX = 60_000;

/** The pool at work: deals jobs to threads, replaces threads that are lost. */
class Pool {
  readonly batchesMax: number;
  readonly loaded: Promise<void>;
  readonly #options: MatchPoolOptions;
  readonly #keys: readonly string[];
  readonly #space = new PackingSpace();
  readonly #threads = new Set<MatchThread>();
  readonly #waiting: Job[] = [];
  readonly #allLoaded: PromiseWithResolvers<void> = Promise.withResolvers();
  #lines = 0;
  #jobs = 0;
  /** In a row; a start that succeeds begins anew. */
  #failedStarts = 0;
  #state: "open" | "closed" | PoolBroken = "open";

  constructor(options: MatchPoolOptions) {
    const { workers, batchesMax = workers * 3, ruleSet } = options;
    for (const [name, count] of Object.entries({ workers, batchesMax }))
      if (!(Number.isInteger(count) && count >= 1)) throw new RangeError(`${name} must be at least 1, not ${count}`);
    this.#options = options;
    this.#keys = ruleSet.rules.map(({ key }) => key);
    this.batchesMax = batchesMax;
    this.loaded = this.#allLoaded.promise;
    // Whoever does not ask hears of it by the outcomes.
    this.loaded.catch(() => undefined);
    this.#fill();
  }

  async submit(batch: LineBatch): Promise<BatchOutcome> {
    const range = { firstLine: this.#lines, lineCount: batch.lines.length };
    if (this.#state === "closed") throw new PoolClosed(range);
    this.#check(batch);
    this.#lines += range.lineCount;
    if (this.#state !== "open") return { ok: false, batch, range, error: this.#state };
    const packed = this.#space.pack(batch);
    const verdict = await new Promise<Verdict>((settle) => {
      this.#waiting.push({ id: this.#jobs++, range, packed, losses: 0, settle });
      this.#deal();
    });
    this.#space.release(packed);
    if (!verdict.ok) return { ok: false, batch, range, error: verdict.error };
    return { ok: true, batch, range, ...verdict.findings };
  }

  async close(): Promise<void> {
    if (this.#state === "open") this.#state = "closed";
    const threads = [...this.#threads];
    this.#drop((range) => new PoolClosed(range));
    this.#allLoaded.reject(new PoolClosed({ firstLine: this.#lines, lineCount: 0 }));
    await Promise.all(threads.map(async (thread) => await thread.stop()));
  }

  #check({ lines, logsources }: LineBatch): void {
    const size = lines.reduce((sum, { length }) => sum + length, 0);
    if (size > BATCH_BYTES_MAX)
      throw new RangeError(`a batch may have ${BATCH_BYTES_MAX} bytes, not ${size}: split it`);
    const { routing } = this.#options;
    if (routing?.by !== "index") return;
    const unknown = lines.findIndex((_, position) => routing.logsources[logsources?.[position] ?? -1] === undefined);
    if (unknown >= 0) throw new RangeError(`line ${unknown} of a batch names no log source of the list`);
  }

  #fill(): void {
    while (this.#state === "open" && this.#threads.size < this.#options.workers) this.#start();
  }

  #start(): MatchThread | undefined {
    const { spawn, rules, routing = { by: "fields" }, answerMsMax = ANSWER_MS_MAX } = this.#options;
    const thread: MatchThread = new MatchThread({
      load: { kind: "load", rules, routing },
      keys: this.#keys,
      answerMsMax,
      loaded: () => this.#loaded(),
      answered: (job, findings) => {
        job.settle({ ok: true, findings });
        this.#deal();
      },
      ended: (end) => this.#ended(thread, end),
    });
    try {
      thread.begin(spawn());
    } catch (cause) {
      this.#break(cause);
      return undefined;
    }
    this.#threads.add(thread);
    return thread;
  }

  #loaded(): void {
    this.#failedStarts = 0;
    const threads = [...this.#threads];
    if (threads.length === this.#options.workers && threads.every(({ hasLoaded }) => hasLoaded))
      this.#allLoaded.resolve();
  }

  /** To whoever owes least; a worker that was lost while idle is replaced when there is work again. */
  #deal(): void {
    if (this.#waiting.length > 0) this.#fill();
    while (this.#waiting.length > 0) {
      const [idlest] = [...this.#threads].sort((left, right) => left.owed - right.owed);
      if (idlest === undefined || idlest.owed >= OWED_MAX) return;
      const job = this.#waiting.shift();
      if (job !== undefined) idlest.give(job);
    }
  }

  /** Batches are worked on in the order they were given, so the first one left is the one it was lost over. */
  #ended(thread: MatchThread, { reason, hadLoaded, jobs }: ThreadEnd): void {
    this.#threads.delete(thread);
    if (this.#state !== "open") return;
    const suspect = hadLoaded ? jobs[0] : undefined;
    this.#waiting.unshift(...jobs.slice(suspect === undefined ? 0 : 1));
    const isRetried = suspect !== undefined && suspect.losses === 0;
    this.#options.onLoss?.({ reason, ...(suspect === undefined ? {} : { range: suspect.range }), isRetried });
    if (!hadLoaded) this.#startFailed(reason);
    if (isRetried) this.#retry(suspect);
    else suspect?.settle({ ok: false, error: new BatchFailed(suspect.range, { cause: reason }) });
    this.#deal();
  }

  /** On a worker that has nothing else yet, so that whatever happens is this batch's doing. */
  #retry(job: Job): void {
    job.losses += 1;
    const fresh = this.#state === "open" ? this.#start() : undefined;
    if (fresh === undefined) this.#waiting.unshift(job);
    else fresh.give(job);
  }

  #startFailed(reason: unknown): void {
    this.#failedStarts += 1;
    if (this.#failedStarts >= FAILED_STARTS_MAX) this.#break(reason);
    else this.#fill();
  }

  #break(cause: unknown): void {
    const broken = new PoolBroken({ cause });
    this.#state = broken;
    for (const thread of this.#threads) void thread.stop();
    this.#allLoaded.reject(broken);
    this.#drop(() => broken);
  }

  /** Answers for everything that is under way. */
  #drop(errorFor: (range: LineRange) => PoolFailure): void {
    const jobs = [...[...this.#threads].flatMap((thread) => thread.jobs), ...this.#waiting.splice(0)];
    this.#threads.clear();
    for (const job of jobs) job.settle({ ok: false, error: errorFor(job.range) });
  }
}
