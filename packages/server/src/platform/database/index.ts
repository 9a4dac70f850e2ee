import { join } from "node:path";
import { Kysely, PostgresDialect, sql } from "kysely";
import { Pool, types } from "pg";
import type { Clock } from "#platform/clock";
import {
  createAudited,
  type Audited,
  type Bookkeeping,
  type EncodeRecord,
  type PersonalEncoder,
  type ReadDatabase,
  type WriteTransaction,
} from "./audited.ts";
import { lockDirectory } from "./directory-lock.ts";
import { DatabaseUnavailable } from "./errors.ts";
import { leadAlone, leadsOnPostgres, type Lead } from "./lead.ts";
import { migrate } from "./migrate.ts";
import { noticesOnPostgres, type Notices } from "./notices.ts";
import { nameFailures } from "./name-failures.ts";
import { PGliteThread, pgliteDialect } from "./pglite-dialect.ts";
import type { Tables } from "./tables.ts";

export type {
  Audited,
  AuditRecord,
  EncodeRecord,
  Fact,
  FactValue,
  PersonalEncoder,
  PersonalValue,
  ReadDatabase,
  WriteTransaction,
} from "./audited.ts";
export type { Lead } from "./lead.ts";
export { NOTICE_BYTES_MAX, type Hearing, type Notices } from "./notices.ts";
export { holdEpoch, LeadLost, takeEpoch } from "./lead-epoch.ts";
export { urgently } from "./lane.ts";
export { arrayOf, type Column, rowsOf } from "./columns.ts";
export { newestFirst, pageOf, readPage, type Page, type PageBefore } from "./page.ts";
export { originInHand, OWN_ORIGIN, withinRequest, type Origin } from "./origin.ts";
export { ERASED_NAME, eraseActorName } from "./erase-actor.ts";
export { ensureDataDirectory } from "./data-directory.ts";
export {
  DatabaseDamaged,
  DatabaseNewer,
  DatabaseUnavailable,
  DataDirectoryLocked,
  DataDirectoryUnusable,
  MigrationFailed,
} from "./errors.ts";

/** The one database, on either engine. Reading is free; writing needs a fact. */
export type Database = AsyncDisposable &
  Readonly<{
    engine: "pglite" | "postgres";
    schema: number;
    read: ReadDatabase;
    audited: Audited;
    /** For cursors, last-seen stamps and the audit tree itself: see `Bookkeeping`. */
    bookkeep: <T>(what: Bookkeeping, work: (tx: WriteTransaction) => Promise<T>) => Promise<T>;
    /** Undefined while another process leads what the number stands for. */
    lead: (key: number) => Promise<Lead | undefined>;
    /** What processes that share it say to one another; undefined on the embedded engine, which has one. */
    notices: Notices | undefined;
    /** Whether a commit answered now would survive a power cut: asked of the engine, which may have been set up otherwise. */
    isDurable: () => Promise<boolean>;
    /** Times the embedded engine synced to disk; undefined beside PostgreSQL, which keeps its own count. */
    syncs: () => Promise<number | undefined>;
  }>;

export type DatabaseOptions = Readonly<{
  url: string | undefined;
  dataDir: string;
  clock: Clock;
  encode: EncodeRecord | PersonalEncoder;
  /** Ends an opening that takes long. */
  stop?: AbortSignal;
}>;

/** `int8` as number: positions and counts stay below 2^53, and both engines answer alike. */
types.setTypeParser(types.builtins.INT8, Number);

type Opened = Pick<Database, "engine" | "lead" | "notices" | "syncs"> &
  Readonly<{ db: Kysely<Tables>; close: () => Promise<void> }>;

async function openEmbedded(dataDir: string, stop: AbortSignal | undefined): Promise<Opened> {
  const unlock = lockDirectory(dataDir);
  try {
    const thread = await PGliteThread.open(join(dataDir, "pg"), stop);
    const db = new Kysely<Tables>({ dialect: pgliteDialect(thread) });
    const close = async () => {
      await db.destroy();
      unlock();
    };
    const lead = async (): Promise<Lead> => await Promise.resolve(leadAlone());
    return { engine: "pglite", db, lead, notices: undefined, syncs: async () => await thread.syncs(), close };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Where it is, without who we are there: an address holds a password. */
function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname || "localhost"}:${port || 5432}${pathname}`;
}

/** Tried once, so that a wrong address, name or password is said as such. */
async function connect(pool: Pool, url: string): Promise<void> {
  try {
    (await pool.connect()).release();
  } catch (cause) {
    await pool.end();
    throw new DatabaseUnavailable(`PostgreSQL at ${placeOf(url)} (TYR_DATABASE_URL) takes no connection`, { cause });
  }
}

async function openPostgres(url: string): Promise<Opened> {
  const pool = new Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    application_name: "tyr",
  });
  // An idle connection that breaks must not end the process: the pool replaces it, the next query tells.
  pool.on("error", () => undefined);
  await connect(pool, url);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: nameFailures(pool) }) });
  const leads = leadsOnPostgres(pool);
  const notices = noticesOnPostgres(pool);
  // A pool waits for every connection it lent.
  const close = async (): Promise<void> => {
    await leads.close();
    notices.close();
    await db.destroy();
  };
  return { engine: "postgres", db, lead: leads.take, notices, syncs: async () => undefined, close };
}

async function isDurable(db: Kysely<Tables>): Promise<boolean> {
  const setting = (name: string) => sql<string>`current_setting(${sql.lit(name)})`;
  const row = await db
    .selectNoFrom([setting("fsync").as("fsync"), setting("synchronous_commit").as("commit")])
    .executeTakeFirstOrThrow();
  return row.fsync === "on" && row.commit !== "off";
}

/** Narrows to what reads, at run time too. */
function readOnly(db: Kysely<Tables>): ReadDatabase {
  return {
    selectFrom: db.selectFrom.bind(db),
    selectNoFrom: db.selectNoFrom.bind(db),
    fn: db.fn,
    dynamic: db.dynamic,
    case: db.case.bind(db),
  };
}

/**
 * Opens the database and brings it to this version.
 *
 * @throws {DataDirectoryLocked} `DATA_DIRECTORY_LOCKED` another process has it
 * @throws {DataDirectoryUnusable} `DATA_DIRECTORY_UNUSABLE` it cannot be made, written or locked
 * @throws {DatabaseDamaged} `DATABASE_DAMAGED` the embedded engine cannot open what is there
 * @throws {DatabaseUnavailable} `DATABASE_UNAVAILABLE` PostgreSQL does not take the connection
 * @throws {MigrationFailed} `MIGRATION_FAILED`
 * @throws {DatabaseNewer} `DATABASE_NEWER`
 */
export async function openDatabase({ url, dataDir, clock, encode, stop }: DatabaseOptions): Promise<Database> {
  const opened = url === undefined ? await openEmbedded(dataDir, stop) : await openPostgres(url);
  try {
    const schema = await migrate(opened.db);
    return {
      engine: opened.engine,
      schema,
      read: readOnly(opened.db),
      audited: createAudited(opened.db, clock, encode),
      bookkeep: async (_what, work) => await opened.db.transaction().execute(work),
      lead: opened.lead,
      notices: opened.notices,
      isDurable: async () => await isDurable(opened.db),
      syncs: opened.syncs,
      [Symbol.asyncDispose]: opened.close,
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
