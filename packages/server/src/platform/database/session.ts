import type { Notification, Pool, PoolClient, QueryConfig } from "pg";

/**
 * A connection that does not answer within this time is gone, milliseconds: its host ends the session after some ten seconds
 * of silence, and another process leads.
 */
const ANSWER_MS = 2_000;

/** pg takes it per query as well, which its types do not say. */
type TimedQuery = QueryConfig & Readonly<{ query_timeout: number }>;

/** A connection of its own: what hangs on its session, a lock or what it listens to, ends with it. */
export class Session {
  readonly #client: PoolClient;
  #isOver = false;
  #isClosed = false;

  static async open(pool: Pool): Promise<Session> {
    const session = new Session(await pool.connect());
    // A host that goes without a word is noticed after seconds, not after the two hours systems wait by default.
    await session.ask("set tcp_keepalives_idle = 3; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3");
    return session;
  }

  constructor(client: PoolClient) {
    this.#client = client;
    const gone = (): void => {
      this.#isOver = true;
    };
    // Heard until the end: an error nobody hears would end the process.
    client.on("error", gone);
    client.on("end", gone);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** @throws what the database answered, or that it did not: the connection is closed then */
  async ask(text: string, key?: number): Promise<unknown> {
    try {
      const query: TimedQuery = { text, query_timeout: ANSWER_MS, ...(key === undefined ? {} : { values: [key] }) };
      const answered = await this.#client.query<{ answer?: unknown }>(query);
      return Array.isArray(answered) ? undefined : answered.rows[0]?.answer;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Asks whether it is there: false is for good. */
  async answers(): Promise<boolean> {
    if (!this.#isOver) await this.ask("select 1").catch(() => undefined);
    return !this.#isOver;
  }

  onNotification(listener: (notification: Notification) => void): void {
    this.#client.on("notification", listener);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isOver = true;
    this.#client.release(true);
  }
}
