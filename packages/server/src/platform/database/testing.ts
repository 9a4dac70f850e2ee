import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { undeclaredFields } from "@tyr/contract";
import { Client } from "pg";
import { afterAll } from "vitest";
import { systemClock, type Clock } from "#platform/clock";
import { openDatabase, type AuditRecord, type Database } from "./index.ts";
import { placeBuiltCluster, schemaDigest } from "./testing/built-cluster.ts";

/** For tests: a fresh, migrated database on each engine. Not for the product. */
export type TestDatabase = AsyncDisposable & Readonly<{ db: Database; records: () => Promise<readonly AuditRecord[]> }>;
export type EngineName = "pglite" | "postgres";

/** Refuses what the product refuses while it is being developed: a field that nobody declared. */
function encode(record: AuditRecord): Uint8Array {
  const undeclared = undeclaredFields(record);
  if (undeclared.length > 0) throw new Error(`${record.type}: declare ${undeclared.join(", ")} in AUDIT_FIELDS`);
  return new TextEncoder().encode(JSON.stringify(record));
}

/** PostgreSQL is tested where this names a server whose user may create databases. */
export const TEST_POSTGRES_URL = process.env["TYR_TEST_POSTGRES_URL"];
export const TEST_ENGINES: readonly EngineName[] =
  TEST_POSTGRES_URL === undefined ? ["pglite"] : ["pglite", "postgres"];
if (TEST_POSTGRES_URL === undefined && process.env["CI"] === "true")
  throw new Error("TYR_TEST_POSTGRES_URL is not set: in CI no engine is left out");
if (TEST_POSTGRES_URL === undefined)
  console.warn("SKIPPED on PostgreSQL: TYR_TEST_POSTGRES_URL is not set, this file runs on the embedded engine only");

async function withRecords(db: Database, close: () => Promise<void>): Promise<TestDatabase> {
  const records = async (): Promise<readonly AuditRecord[]> => {
    const rows = await db.read.selectFrom("audit_intake").select("bytes").orderBy("number").execute();
    return rows.map((row) => JSON.parse(Buffer.from(row.bytes).toString("utf8")) as AuditRecord);
  };
  return { db, records, [Symbol.asyncDispose]: close };
}

/** What a test that failed left open is removed too; only the cluster they are copied from stays, for the next run. */
const made: string[] = [];
afterAll(() => {
  for (const dataDir of made) rmSync(dataDir, { recursive: true, force: true });
});

/** A data directory of its own with an empty, migrated database in it, removed at the latest after the file's tests. */
export async function embeddedDirectory(): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), "tyr-test-"));
  made.push(dataDir);
  await placeBuiltCluster(dataDir);
  return dataDir;
}

async function openEmbedded(clock: Clock): Promise<TestDatabase> {
  const dataDir = await embeddedDirectory();
  const db = await openDatabase({ url: undefined, dataDir, clock, encode });
  return await withRecords(db, async () => {
    await db[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true, force: true });
  });
}

async function onServer<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: TEST_POSTGRES_URL });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(name: string): string {
  if (TEST_POSTGRES_URL === undefined) throw new Error("TYR_TEST_POSTGRES_URL is not set");
  const url = new URL(TEST_POSTGRES_URL);
  url.pathname = `/${name}`;
  return url.href;
}

/** Of several processes that want the same template one builds it. Any constant does. */
const TEMPLATE_LOCK = 8_970_002;

/** A migrated database to copy, built by the product's own means once per set of migrations and kept on the server. */
async function postgresTemplate(client: Client): Promise<string> {
  const name = `tyr_template_${schemaDigest()}`;
  await client.query(`select pg_advisory_lock(${TEMPLATE_LOCK})`);
  const { rowCount } = await client.query("select from pg_database where datname = $1", [name]);
  if (rowCount === 0) {
    const building = `tyr_building_${randomUUID().replaceAll("-", "")}`;
    await client.query(`create database ${building}`);
    const built = await openDatabase({ url: urlOf(building), dataDir: tmpdir(), clock: systemClock, encode });
    await built[Symbol.asyncDispose]();
    await client.query(`alter database ${building} rename to ${name}`);
  }
  await client.query(`select pg_advisory_unlock(${TEMPLATE_LOCK})`);
  return name;
}

let templateName: Promise<string> | undefined;

/** A fresh, migrated database on the test server; whoever made it drops it. */
export async function createPostgresDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `tyr_test_${randomUUID().replaceAll("-", "")}`;
  const url = urlOf(name);
  await onServer(async (client) => {
    templateName ??= postgresTemplate(client);
    await client.query(`create database ${name} template ${await templateName} strategy file_copy`);
  });
  const drop = async () =>
    await onServer(async (client) => void (await client.query(`drop database if exists ${name} with (force)`)));
  return { url, drop };
}

async function openPostgres(clock: Clock): Promise<TestDatabase> {
  const { url, drop } = await createPostgresDatabase();
  const db = await openDatabase({ url, dataDir: tmpdir(), clock, encode });
  return await withRecords(db, async () => {
    await db[Symbol.asyncDispose]();
    await drop();
  });
}

/** A fresh database; `await using` gives it back. */
export async function openTestDatabase(
  engine: EngineName = "pglite",
  clock: Clock = systemClock,
): Promise<TestDatabase> {
  mkdirSync(tmpdir(), { recursive: true });
  return engine === "pglite" ? await openEmbedded(clock) : await openPostgres(clock);
}
