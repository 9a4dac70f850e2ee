import { setImmediate as breathe } from "node:timers/promises";
import type { Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Logger } from "#platform/log";
import { EventTail } from "./event-stream.ts";
import {
  aside,
  halves,
  NOTHING,
  receivedOf,
  sizeOf,
  takePart,
  type Batch,
  type Job,
  type Part,
  type Size,
  type Tally,
} from "./intake-batch.ts";
import type { EventRow } from "./intake-store.ts";
import { totalOf, writeBatch, type Written } from "./write-batch.ts";

/** Rows of one transaction: enough to make its fixed cost small, few enough that readers do not wait long for it. */
const BATCH_LINES_MAX = 1_000;
/** Characters of the lines of one transaction: what is sent to the database is some five times as long. */
const BATCH_CHARS_MAX = 2 * 1024 * 1024;
/** Lines read without letting anything else run. */
const BREATH_LINES = 50;

export type NewJob = Omit<Job, "resolve" | "reject" | "tally" | "failed">;
type Deps = Readonly<{ database: Database; clock: Clock; bus: Bus; log: Logger }>;

/** SQLSTATE classes 22 (data) and 54 (limits): this input will never be taken, however often it is tried. */
function isAboutData(error: unknown): boolean {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^(?:22|54)[0-9A-Z]{3}$/.test(code);
}

/**
 * Gathers what many senders send into few transactions. While one transaction is written, the lines of the next are
 * read; a job is settled when its last line is on disk.
 */
export class IntakeQueue {
  readonly #deps: Deps;
  readonly #jobs: Job[] = [];
  readonly #listeners = new Set<() => void>();
  /** What was stored last, for the reader that follows. */
  readonly tail = new EventTail();
  #pace: () => Promise<void> = async () => undefined;
  #queuedBytes = 0;
  #running: Promise<void> | undefined;
  #committing: Promise<void> | undefined;
  #arrived: (() => void) | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Bytes that senders wait for. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Counts bytes that wait; call what it returns once they do no longer. */
  reserve(bytes: number): () => void {
    this.#queuedBytes += bytes;
    let held = bytes;
    return () => {
      this.#queuedBytes -= held;
      held = 0;
    };
  }

  /** @returns what was stored, once it is on disk @throws what the database threw: nothing of it is acknowledged */
  async add(job: NewJob): Promise<Tally> {
    return await new Promise<Tally>((resolve, reject) => {
      this.#jobs.push({ ...job, resolve, reject, tally: NOTHING, failed: false });
      this.#arrived?.();
      this.#running ??= this.#run();
    });
  }

  onStored(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Awaited before each transaction: a reader that falls behind slows senders down, instead of the way to it growing. */
  paceBy(pace: () => Promise<void>): void {
    this.#pace = pace;
  }

  /** Waits until everything taken is settled. */
  async drain(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    let batch: Part[] = [];
    let seen = new Set<string>();
    for (;;) {
      await this.#fill(batch, seen);
      if (this.#committing !== undefined && !isFull(batch)) {
        await Promise.race([this.#committing, this.#arrival()]);
        continue;
      }
      await this.#committing;
      if (batch.length === 0) {
        if (this.#jobs.length > 0) continue;
        this.#running = undefined;
        return;
      }
      await this.#pace();
      this.#commitAside(batch);
      batch = [];
      seen = new Set();
    }
  }

  async #fill(batch: Part[], seen: Set<string>): Promise<void> {
    while (!isFull(batch)) {
      const [job] = this.#jobs;
      if (job === undefined) return;
      const { lines, chars } = sizeOf(batch);
      const room = { lines: Math.min(BATCH_LINES_MAX - lines, BREATH_LINES), chars: BATCH_CHARS_MAX - chars };
      const part = job.failed ? nothingOf(job) : this.#take(job, room, seen);
      if (part.last) this.#jobs.shift();
      merge(batch, part);
      if (receivedOf(part) >= BREATH_LINES) await breathe();
    }
  }

  /** A body that cannot be split is our fault: its sender is told, the others go on. */
  #take(job: Job, room: Size, seen: Set<string>): Part {
    try {
      return takePart(job, room, { seen, now: this.#deps.clock.now() });
    } catch (error) {
      this.#fail([nothingOf(job)], error);
      return nothingOf(job);
    }
  }

  async #arrival(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#arrived = resolve;
    });
  }

  #commitAside(batch: Batch): void {
    this.#committing = this.#commit(batch).finally(() => {
      this.#committing = undefined;
    });
  }

  async #commit(batch: Batch): Promise<void> {
    const now = this.#deps.clock.now();
    try {
      this.#settle(batch, await writeBatch(this.#deps.database, batch, now), now);
    } catch (error) {
      const rows = batch.reduce((sum, part) => sum + part.rows.length, 0);
      if (!isAboutData(error) || rows === 0) this.#fail(batch, error);
      else if (rows === 1) await this.#commit(aside(batch, refusal(error), now));
      else await this.#commitHalves(batch);
    }
  }

  /** One line the database refuses must not take its neighbours with it: the batch is cut until only that line is left. */
  async #commitHalves(batch: Batch): Promise<void> {
    for (const half of halves(batch)) await this.#commit(half);
  }

  #settle(batch: Batch, written: Written, observedAt: Date): void {
    for (const [index, part] of batch.entries()) {
      const tally = written.tallies[index];
      if (tally === undefined) continue;
      part.job.tally = totalOf(part, tally);
      if (part.last && !part.job.failed) part.job.resolve(part.job.tally);
    }
    const rows = batch.flatMap((part) => part.rows);
    this.announce({ ...written.stored, rows, observedAt });
  }

  /** Tells readers what is on disk since its commit: stored here, or derived from what was. */
  announce({
    first,
    stored,
    rows,
    observedAt,
  }: Readonly<{ first: number; stored: number; rows: readonly EventRow[]; observedAt: Date }>): void {
    if (stored === 0) return;
    // With a duplicate among them it is not known here which row got which place.
    if (rows.length === stored) this.tail.add({ first, rows, observedAt });
    this.#deps.bus.publish("event.stored", { count: stored, head: String(first + stored - 1) });
    for (const listener of this.#listeners) listener();
  }

  #fail(batch: Batch, error: unknown): void {
    this.#deps.log.error({ err: error, lines: sizeOf(batch).lines }, "a batch of events could not be stored");
    for (const { job } of batch) {
      job.failed = true;
      job.reject(error);
    }
  }
}

function refusal(error: unknown): string {
  const message = error instanceof Error ? error.message.slice(0, 200) : "no reason given";
  return `refused by the database: ${message}`;
}

function isFull(batch: Batch): boolean {
  const { lines, chars } = sizeOf(batch);
  return lines >= BATCH_LINES_MAX || chars >= BATCH_CHARS_MAX;
}

/** The end of a job nothing more is taken of. */
function nothingOf(job: Job): Part {
  return { job, rows: [], rejected: [], twins: 0, chars: 0, last: true };
}

/** Parts of one job that follow each other are one part. */
function merge(batch: Part[], part: Part): void {
  const before = batch.at(-1);
  if (before?.job !== part.job) {
    batch.push(part);
    return;
  }
  batch[batch.length - 1] = {
    job: part.job,
    rows: [...before.rows, ...part.rows],
    rejected: [...before.rejected, ...part.rejected],
    twins: before.twins + part.twins,
    chars: before.chars + part.chars,
    last: part.last,
  };
}
