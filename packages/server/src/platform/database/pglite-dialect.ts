import { Worker } from "node:worker_threads";
import {
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from "kysely";
import { ensureCluster } from "./build-cluster.ts";
import { DatabaseDamaged, DatabaseUnavailable } from "./errors.ts";
import { isUrgent } from "./lane.ts";
import type { ThreadReply, ThreadRequest } from "./pglite-thread.ts";

type Waiting = { resolve: (reply: ThreadReply) => void; reject: (error: Error) => void };
type Request = ThreadRequest extends infer R ? (R extends { id: number } ? Omit<R, "id"> : never) : never;

/** An error of the engine: `code` is the SQLSTATE, as with `pg`. */
class EngineError extends Error {
  override readonly name = "EngineError";
  constructor(fields: Readonly<Record<string, unknown>>) {
    super(String(fields["message"]));
    Object.assign(this, fields);
  }
}

/** PGlite in a thread of its own, so that a query never stalls the event loop. */
export class PGliteThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #ended: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", (reply: ThreadReply) => this.#settle(reply));
    worker.on("error", (error) =>
      this.#end(new DatabaseUnavailable("the embedded database's thread failed", { cause: error })),
    );
    worker.on("exit", () => this.#end(new DatabaseUnavailable("the embedded database's thread ended")));
  }

  /**
   * Opens the data directory, and builds the cluster in it when there is none.
   *
   * @throws {DatabaseDamaged} `DATABASE_DAMAGED`; the engine itself only says that it aborted
   */
  static async open(dataDir: string, stop?: AbortSignal): Promise<PGliteThread> {
    await ensureCluster(dataDir, stop);
    try {
      return await PGliteThread.#start(dataDir);
    } catch (cause) {
      throw new DatabaseDamaged(
        `the embedded database in ${dataDir} does not open: its files are damaged, or not this user's to read and ` +
          "write. Restore the backup of the data directory, or move this folder away to begin with an empty database",
        { cause },
      );
    }
  }

  static async #start(dataDir: string): Promise<PGliteThread> {
    const worker = new Worker(new URL("./pglite-thread.ts", import.meta.url), {
      workerData: { dataDir },
      execArgv: ["--conditions=@tyr/source"],
    });
    const thread = new PGliteThread(worker);
    await new Promise<ThreadReply>((resolve, reject) => thread.#waiting.set(0, { resolve, reject }));
    return thread;
  }

  async query(statement: Omit<Extract<ThreadRequest, { sql: string }>, "id">): Promise<ThreadReply> {
    return await this.#ask(statement);
  }

  /** How often the engine asked the disk to sync since it was opened. */
  async syncs(): Promise<number> {
    const { syncs } = await this.#ask({ syncs: true });
    return syncs ?? 0;
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    await this.#ask({ close: true }).catch(() => undefined);
    await this.#worker.terminate();
  }

  async #ask(request: Request): Promise<ThreadReply> {
    if (this.#ended !== undefined) throw this.#ended;
    const id = this.#next++;
    return await new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...request, id });
    });
  }

  #settle(reply: ThreadReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.error === undefined) waiting?.resolve(reply);
    else waiting?.reject(new EngineError(reply.error));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
  }
}

type Transaction = "none" | "asked" | "open";

/** One of many users of the engine's one session; the thread decides whose statement is next. */
class SharedSession implements DatabaseConnection {
  readonly #thread: PGliteThread;
  readonly #number: number;
  readonly #urgent = isUrgent();
  #transaction: Transaction = "none";

  constructor(thread: PGliteThread, number: number) {
    this.#thread = thread;
    this.#number = number;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const begins = this.#transaction === "asked";
    if (begins) this.#transaction = "open";
    const statement = { connection: this.#number, sql, parameters, begins, ends: false, urgent: this.#urgent };
    const { rows = [], affected = 0 } = await this.#thread.query(statement);
    return { rows: rows as R[], numAffectedRows: BigInt(affected) };
  }

  // oxlint-disable-next-line require-yield -- the embedded engine answers whole; paging is by id everywhere
  async *streamQuery(): AsyncGenerator<never> {
    throw new DatabaseUnavailable("the embedded database does not stream; read in pages");
  }

  /** Travels with the first statement. */
  begin(): void {
    this.#transaction = "asked";
  }

  async end(sql: "commit" | "rollback"): Promise<void> {
    const wasOpen = this.#transaction === "open";
    this.#transaction = "none";
    if (!wasOpen) return;
    const statement = { connection: this.#number, sql, parameters: [], begins: false, ends: true };
    await this.#thread.query({ ...statement, urgent: this.#urgent });
  }
}

class SharedSessionDriver implements Driver {
  readonly #thread: PGliteThread;
  #connections = 0;

  constructor(thread: PGliteThread) {
    this.#thread = thread;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SharedSession> {
    return new SharedSession(this.#thread, (this.#connections += 1));
  }

  async releaseConnection(): Promise<void> {}

  async beginTransaction(connection: SharedSession): Promise<void> {
    connection.begin();
  }
  async commitTransaction(connection: SharedSession): Promise<void> {
    await connection.end("commit");
  }
  async rollbackTransaction(connection: SharedSession): Promise<void> {
    await connection.end("rollback");
  }

  async destroy(): Promise<void> {
    await this.#thread.close();
  }
}

export function pgliteDialect(thread: PGliteThread): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new SharedSessionDriver(thread),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}
