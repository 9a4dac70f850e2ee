import type { Pool } from "pg";
import { Session } from "./session.ts";

/** Hearing ends with its connection, and when it is disposed of. */
export type Hearing = AsyncDisposable &
  Readonly<{
    /** False as soon as its connection is gone or silent, and then for good. */
    isOpen: () => Promise<boolean>;
  }>;

/** What processes that share a database say to one another, best effort: who does not hear at the moment misses it. */
export type Notices = Readonly<{
  /** Says it to every process that hears, this one included, in this order. @param texts each below `NOTICE_BYTES_MAX` */
  tell: (texts: readonly string[]) => Promise<void>;
  hear: (listener: (text: string) => void) => Promise<Hearing>;
}>;

/** PostgreSQL refuses 8,000 bytes. */
export const NOTICE_BYTES_MAX = 7_999;
/** Whoever may connect to the database may speak here: what is heard is checked, and never the truth. */
const CHANNEL = "tyr_live";

const TELL = `
  select pg_notify('${CHANNEL}', text) from unnest($1::text[]) with ordinality as said (text, place) order by place
`;

export function noticesOnPostgres(pool: Pool): Notices & Readonly<{ close: () => void }> {
  const open = new Set<Session>();
  return {
    async tell(texts) {
      const client = await pool.connect();
      try {
        await client.query(TELL, [texts]);
      } finally {
        client.release();
      }
    },
    async hear(listener) {
      const session = await Session.open(pool);
      session.onNotification(({ payload }) => listener(payload ?? ""));
      await session.ask(`listen ${CHANNEL}`);
      open.add(session);
      return {
        isOpen: async () => await session.answers(),
        async [Symbol.asyncDispose]() {
          session.close();
          await Promise.resolve(open.delete(session));
        },
      };
    },
    close() {
      for (const session of open) session.close();
      open.clear();
    },
  };
}
