import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import type { PGlite } from "@electric-sql/pglite";
import { openEngine, syncCount } from "./pglite-engine.ts";

/** A statement of one connection of ours; all of them share the engine's one session. */
type Statement = Readonly<{
  id: number;
  connection: number;
  sql: string;
  parameters: readonly unknown[];
  /** Begins a transaction first: no trip of its own for `begin`. */
  begins: boolean;
  /** Ends the transaction: `commit` or `rollback`. */
  ends: boolean;
}>;
/** The embedded engine's thread: one PGlite. See `pglite-dialect.ts`. */
export type ThreadRequest = Statement | Readonly<{ id: number; close: true }> | Readonly<{ id: number; syncs: true }>;
export type ThreadReply = Readonly<{
  id: number;
  rows?: readonly unknown[];
  affected?: number;
  error?: Readonly<Record<string, unknown>>;
  syncs?: number;
}>;
export type ThreadStart = Readonly<{ dataDir: string }>;

/** Error objects of the engine keep the fields callers look at (SQLSTATE above all) across the thread. */
function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, detail, constraint, table } = error as Error & Record<string, unknown>;
  return { message: error.message, code, detail, constraint, table };
}

async function answer(db: PGlite, request: ThreadRequest): Promise<ThreadReply> {
  const { id } = request;
  if ("close" in request) {
    await db.close();
    return { id };
  }
  if ("syncs" in request) return { id, syncs: syncCount() };
  try {
    if (request.begins) await db.exec("begin");
    const { rows, affectedRows } = await db.query(request.sql, [...request.parameters]);
    return { id, rows, affected: affectedRows ?? 0 };
  } catch (error) {
    return { id, error: describe(error) };
  }
}

/**
 * Whose turn it is. Statements outside transactions run as they come; while a transaction is open only its own do.
 * Decided here and not where the statements come from, so that the engine never rests while that thread computes.
 */
class Turns {
  readonly #answer: (request: ThreadRequest) => Promise<void>;
  readonly #waiting: ThreadRequest[] = [];
  /** The connection that has a transaction open. */
  #open: number | undefined;
  #busy = false;

  constructor(answer: (request: ThreadRequest) => Promise<void>) {
    this.#answer = answer;
  }

  add(request: ThreadRequest): void {
    this.#waiting.push(request);
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if ("sql" in next && next.begins) this.#open = next.connection;
      await this.#answer(next);
      if ("sql" in next && next.ends) this.#open = undefined;
    }
    this.#busy = false;
  }

  #next(): ThreadRequest | undefined {
    const open = this.#open;
    if (open === undefined) return this.#waiting.shift();
    const at = this.#waiting.findIndex((request) => "sql" in request && request.connection === open);
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
  }
}

async function serve(port: MessagePort, { dataDir }: ThreadStart): Promise<void> {
  const db = await openEngine(dataDir);
  const turns = new Turns(async (request) => {
    port.postMessage(await answer(db, request));
    if ("close" in request) port.close();
  });
  port.on("message", (request: ThreadRequest) => turns.add(request));
  port.postMessage({ id: 0 } satisfies ThreadReply);
}

if (parentPort !== null) {
  const port = parentPort;
  serve(port, workerData as ThreadStart).catch((error: unknown) => {
    port.postMessage({ id: 0, error: describe(error) } satisfies ThreadReply);
    port.close();
  });
}
