import { Worker } from "node:worker_threads";
import {
  type BatchOutcome,
  createMatchPool,
  type LineBatch,
  type MatchPool,
  type Match,
  nodePort,
  type PoolRouting,
  type WorkerLoss,
  type WorkerPort,
} from "@tyr/sigma";
import { EXIT } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { visible } from "../output/visible-text.ts";
import type { Line } from "./line-splitter.ts";
import type { LoadedRules } from "./load-rule-set.ts";
import { type Counts, type Measuring, NOTHING, type Round, type Routing } from "./measure-rules.ts";

/** Enough work for a message to cost nothing beside it, little enough to share evenly. */
const BATCH_BYTES = 256 * 1024;
const BATCH_LINES_MAX = 2000;
const SOURCE = import.meta.url.endsWith(".ts");

/** Lines of a batch, and their numbers in the file. */
type Numbered = LineBatch & Readonly<{ numbers: readonly number[]; tooLong: readonly number[] }>;
type Options = Readonly<{ routing: Routing; workers: number; onLoss: (text: string) => void }>;

/** As `Measurement`, with the engine on several threads. */
export class PooledMeasurement implements Measuring, AsyncDisposable {
  readonly matchesByRule = new Map<Match["rule"], number>();
  readonly #pool: MatchPool;
  readonly #rules: readonly Match["rule"][];

  private constructor(pool: MatchPool, rules: readonly Match["rule"][]) {
    this.#pool = pool;
    this.#rules = rules;
  }

  /** @throws {PoolBroken} when the threads do not start */
  static async start({ ruleSet, texts }: LoadedRules, options: Options): Promise<PooledMeasurement> {
    const pool = createMatchPool({
      spawn,
      workers: options.workers,
      rules: texts,
      ruleSet,
      routing: poolRouting(options.routing),
      onLoss: (loss) => options.onLoss(lossText(loss)),
    });
    try {
      await pool.loaded();
      return new PooledMeasurement(pool, ruleSet.rules);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  async round(batches: AsyncIterable<readonly Line[]>, onBatch: (events: number) => void): Promise<Round> {
    const counts = { ...NOTHING };
    // Outcomes come in the order of the batches.
    const given: Numbered[] = [];
    const startedAt = performance.now();
    for await (const outcome of this.#pool.run(remembered(gathered(batches), given))) {
      const batch = given.shift();
      if (batch !== undefined) this.#count(outcome, batch, counts);
      onBatch(counts.events);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    return { ...counts, seconds, routeSeconds: null, matchSeconds: null };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close();
  }

  #count(outcome: BatchOutcome, { lines, numbers, tooLong }: Numbered, counts: Counts): void {
    if (!outcome.ok)
      throw new CliFailure(`lines ${numbers[0] ?? 0} to ${numbers.at(-1) ?? 0} could not be matched`, {
        exit: EXIT.failed,
        consequence: "Two threads in turn were lost over them.",
        cause: outcome.error,
      });
    const bad = [...outcome.unreadable];
    const sizes = (some: readonly (Uint8Array | undefined)[]): number =>
      some.reduce((sum, line) => sum + (line?.length ?? 0), 0);
    counts.events += lines.length - bad.length;
    counts.bytes += sizes(lines) - sizes(bad.map((position) => lines[position]));
    counts.matches += outcome.rules.length;
    counts.eventsMatched += new Set(outcome.lines).size;
    counts.unrouted += outcome.unrouted;
    const unreadable = [...tooLong, ...bad.map((position) => numbers[position] ?? 0)];
    counts.unreadable += unreadable.length;
    if (unreadable.length > 0) counts.firstUnreadable ??= Math.min(...unreadable);
    for (const number of outcome.rules) this.#add(this.#rules[number]);
  }

  #add(rule: Match["rule"] | undefined): void {
    if (rule !== undefined) this.matchesByRule.set(rule, (this.matchesByRule.get(rule) ?? 0) + 1);
  }
}

function spawn(): WorkerPort {
  const file = SOURCE ? import.meta.resolve("./match-worker.ts") : import.meta.resolve("./match-worker.js");
  return nodePort(new Worker(new URL(file), { execArgv: SOURCE ? ["--conditions=@tyr/source"] : [] }));
}

function poolRouting(routing: Routing): PoolRouting {
  if (routing.kind === "fixed") return { by: "index", logsources: [routing.logsource] };
  return { by: routing.kind === "table" ? "fields" : "nothing" };
}

function lossText({ reason, isRetried }: WorkerLoss): string {
  const why = visible(reason instanceof Error ? reason.message : String(reason));
  return `a thread was lost${isRetried ? ", another one takes over its lines" : ""}: ${why}`;
}

async function* remembered(batches: AsyncIterable<Numbered>, given: Numbered[]): AsyncGenerator<Numbered> {
  for await (const batch of batches) {
    given.push(batch);
    yield batch;
  }
}

async function* gathered(chunks: AsyncIterable<readonly Line[]>): AsyncGenerator<Numbered> {
  let open = new OpenBatch();
  for await (const lines of chunks) {
    for (const line of lines) {
      open.add(line);
      if (!open.isFull) continue;
      yield open.close();
      open = new OpenBatch();
    }
  }
  yield open.close();
}

class OpenBatch {
  readonly #lines: Uint8Array[] = [];
  readonly #numbers: number[] = [];
  readonly #tooLong: number[] = [];
  #bytes = 0;

  add({ number, bytes }: Line): void {
    if (bytes === undefined) {
      this.#tooLong.push(number);
      return;
    }
    this.#lines.push(bytes);
    this.#numbers.push(number);
    this.#bytes += bytes.length;
  }

  get isFull(): boolean {
    return this.#bytes >= BATCH_BYTES || this.#lines.length >= BATCH_LINES_MAX;
  }

  close(): Numbered {
    // Only looked at for a given log source: every line is of the first of one.
    const logsources = new Uint8Array(this.#lines.length);
    return { lines: this.#lines, logsources, numbers: this.#numbers, tooLong: this.#tooLong };
  }
}
