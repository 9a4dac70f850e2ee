import { DatabaseError, type Pool, type PoolClient } from "pg";
import { DatabaseUnavailable } from "./errors.ts";

/** An answer of PostgreSQL carries a SQLSTATE; a connection that is not there carries a system error, or only words. */
function isLost(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof DatabaseError) return false;
  if ("code" in error) return /^E[A-Z_]+$/.test(String(error.code));
  return /\b(connection|connect|timeout)\b/i.test(error.message);
}

async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw isLost(cause) ? new DatabaseUnavailable("PostgreSQL does not answer", { cause }) : cause;
  }
}

type Query = (...given: readonly unknown[]) => unknown;

/**
 * Asks with a callback. The promises of `pg` keep the answers of one query alive through the next, until the whole heap is
 * collected: reading a long table took 230 MiB with them and takes 80 without.
 */
async function ask(query: Query, given: readonly unknown[]): Promise<unknown> {
  try {
    return await new Promise((resolve, reject) => {
      query(...given, (error: unknown, answer: unknown) => (error === null ? resolve(answer) : reject(error)));
    });
  } catch (error) {
    // Who asked, and not the socket that brought the answer.
    if (error instanceof Error) Error.captureStackTrace(error);
    throw error;
  }
}

/**
 * Makes a pool say itself that the database is away: elsewhere the same system errors come from clients that hang up.
 *
 * @throws {DatabaseUnavailable} `DATABASE_UNAVAILABLE` from `connect` and from the queries of its clients
 */
export function nameFailures(pool: Pool): Pool {
  const seen = new WeakSet<PoolClient>();
  const connect = pool.connect.bind(pool) as () => Promise<PoolClient>;
  const connectNamed = async (): Promise<PoolClient> => {
    const client = await named(connect);
    if (seen.has(client)) return client;
    seen.add(client);
    const query = client.query.bind(client) as Query;
    Object.assign(client, { query: async (...given: unknown[]) => await named(async () => await ask(query, given)) });
    return client;
  };
  return Object.assign(pool, { connect: connectNamed });
}
