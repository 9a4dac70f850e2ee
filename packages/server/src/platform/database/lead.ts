import type { Pool } from "pg";
import { Session } from "./session.ts";

/** Being the one process that does something, among all that share a database. Given back when it is disposed of. */
export type Lead = AsyncDisposable &
  Readonly<{
    /** Asks the database: false as soon as the connection the lock hangs on is gone or silent, and then for good. */
    isHeld: () => Promise<boolean>;
  }>;

/** Takes leads; keeps the connection it asks with, as whoever stands by asks each second. */
export type Leads = Readonly<{
  /** @param key any whole number of 53 bits that stands for what is led @returns undefined while another process leads */
  take: (key: number) => Promise<Lead | undefined>;
  /** Gives back what is led, and closes what asks. */
  close: () => Promise<void>;
}>;

/** The embedded engine has one process: it always leads. */
export function leadAlone(): Lead {
  return {
    isHeld: async () => await Promise.resolve(true),
    [Symbol.asyncDispose]: async () => await Promise.resolve(),
  };
}

/** Leads are advisory locks of a session: behind a pooler that lends a session per transaction they mean nothing. */
export function leadsOnPostgres(pool: Pool): Leads {
  const asking = new Map<number, Session>();
  const leading = new Set<Lead>();
  const sessionFor = async (key: number): Promise<Session> => {
    const known = asking.get(key);
    // Nobody else asks with it meanwhile: whoever has a lock of a session is given it again.
    asking.delete(key);
    if (known !== undefined && !known.isOver) return known;
    known?.close();
    return await Session.open(pool);
  };
  const keep = (key: number, session: Session): void => {
    asking.get(key)?.close();
    asking.set(key, session);
  };
  return {
    async take(key) {
      const session = await sessionFor(key);
      if ((await session.ask("select pg_try_advisory_lock($1::bigint) as answer", key)) !== true) {
        keep(key, session);
        return undefined;
      }
      const lead: Lead = leadOf(session, key, () => leading.delete(lead));
      leading.add(lead);
      return lead;
    },
    async close() {
      for (const lead of leading) await lead[Symbol.asyncDispose]();
      for (const session of asking.values()) session.close();
      asking.clear();
    },
  };
}

function leadOf(session: Session, key: number, ended: () => void): Lead {
  return {
    isHeld: async () => await session.answers(),
    async [Symbol.asyncDispose]() {
      // What cannot be asked any more is given back by the end of the connection.
      if (!session.isOver) await session.ask("select pg_advisory_unlock($1::bigint)", key).catch(() => undefined);
      session.close();
      ended();
    },
  };
}
