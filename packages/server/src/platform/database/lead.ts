import type { Pool } from "pg";

/** Being the one process that does something, among all that share a database. Given back when it is disposed of. */
export type Lead = AsyncDisposable &
  Readonly<{
    /** Asks the database: false as soon as the connection the lock hangs on is gone, and then for good. */
    isHeld: () => Promise<boolean>;
  }>;

/** The embedded engine has one process: it always leads. */
export function leadAlone(): Lead {
  return {
    isHeld: async () => await Promise.resolve(true),
    [Symbol.asyncDispose]: async () => await Promise.resolve(),
  };
}

/**
 * Takes an advisory lock of a session, on a connection of its own, so that a process that dies gives it back.
 *
 * @param key any whole number of 53 bits that stands for what is led
 * @returns undefined while another process leads
 */
export async function leadOnPostgres(pool: Pool, key: number): Promise<Lead | undefined> {
  const client = await pool.connect();
  let isGone = false;
  const gone = (): void => void (isGone = true);
  client.on("error", gone);
  client.on("end", gone);
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    client.off("error", gone);
    client.off("end", gone);
    client.on("error", () => undefined);
    client.release(true);
  };
  try {
    // A host that goes without a word is noticed after seconds, not after the two hours systems wait by default.
    await client.query("set tcp_keepalives_idle = 3; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3");
    const { rows } = await client.query<{ taken: boolean }>("select pg_try_advisory_lock($1::bigint) as taken", [key]);
    if (rows[0]?.taken !== true) {
      close();
      return undefined;
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    async isHeld() {
      if (isGone || isClosed) return false;
      try {
        await client.query("select 1");
      } catch {
        gone();
      }
      return !isGone;
    },
    async [Symbol.asyncDispose]() {
      // What cannot be asked any more is given back by the end of the connection.
      if (!isGone && !isClosed)
        await client.query("select pg_advisory_unlock($1::bigint)", [key]).catch(() => undefined);
      close();
    },
  };
}
