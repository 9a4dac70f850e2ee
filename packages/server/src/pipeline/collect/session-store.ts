import type { SensorId } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase } from "#platform/database";

/** One session of a source address, as far as its newest events tell of it. */
export type SourceSession = Readonly<{
  session: string;
  sensorId: SensorId;
  startedAt: Date;
  endedAt: Date;
  events: number;
  logins: number;
  loginsSucceeded: number;
  commands: number;
  payloads: number;
}>;
type Row = Omit<SourceSession, "sensorId"> & Readonly<{ sensor: string; read: number }>;

export type SourceSessions = Readonly<{ sessions: readonly SourceSession[]; eventsRead: number; complete: boolean }>;

/**
 * Sessions of a source address, newest first, out of its newest events: an address may have millions, and whoever looks
 * at one wants its last sessions.
 */
export async function sessionsOf(
  db: ReadDatabase,
  address: string,
  limits: Readonly<{ events: number; sessions: number }>,
): Promise<SourceSessions> {
  const found = sql<Row>`(
    with newest as materialized (
      select position, session, sensor_id, time, kind, outcome from event
      where src_ip = ${address}::inet order by position desc limit ${limits.events}
    )
    select session, sensor_id::text as sensor, min(time) as "startedAt", max(time) as "endedAt", count(*) as events,
      count(*) filter (where kind = 'auth_attempt') as logins,
      count(*) filter (where kind = 'auth_attempt' and outcome = 'success') as "loginsSucceeded",
      count(*) filter (where kind = 'command') as commands, count(*) filter (where kind = 'payload') as payloads,
      (select count(*) from newest) as read
    from newest where session is not null group by session, sensor_id
    order by max(position) desc limit ${limits.sessions + 1})`;
  const rows = await db.selectFrom(found.as("found")).selectAll().execute();
  const eventsRead = rows[0]?.read ?? 0;
  return {
    sessions: rows.slice(0, limits.sessions).map(({ sensor, read: _read, ...row }) => {
      return { ...row, sensorId: `snr_${sensor}` as SensorId };
    }),
    eventsRead,
    complete: eventsRead < limits.events && rows.length <= limits.sessions,
  };
}
