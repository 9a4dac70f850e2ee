import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import type { PGlite } from "@electric-sql/pglite";
import { openEngine, syncCount } from "./pglite-engine.ts";
import { Turns, type Turn } from "./turns.ts";

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
  /** Somebody waits for it: see `lane.ts`. */
  urgent: boolean;
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

function* arrivedAt(port: MessagePort): Generator<ThreadRequest> {
  for (let next = receive(port); next !== undefined; next = receive(port)) yield next.message;
}

function receive(port: MessagePort): { message: ThreadRequest } | undefined {
  return receiveMessageOnPort(port);
}

async function serve(port: MessagePort, { dataDir }: ThreadStart): Promise<void> {
  const db = await openEngine(dataDir);
  const answering = async (request: ThreadRequest): Promise<void> => {
    port.postMessage(await answer(db, request));
    if ("close" in request) port.close();
  };
  const turns = new Turns<ThreadRequest & Turn>(answering, () => arrivedAt(port));
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
