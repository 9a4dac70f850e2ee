import { randomUUID } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { undeclaredFields } from "@tyr/contract";
import { Client } from "pg";
import { afterAll } from "vitest";
import { systemClock, type Clock } from "#platform/clock";
import { openDatabase, type AuditRecord, type Database } from "./index.ts";

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

/** Building a cluster takes seconds, copying one a moment: built once per set of migrations and kept beside other temporary files. */
async function template(): Promise<string> {
  const folder = new URL("./migrations/", import.meta.url);
  const hash = createHash("sha256");
  for (const file of readdirSync(folder).toSorted()) hash.update(file).update(readFileSync(new URL(file, folder)));
  const kept = process.env["TYR_TEST_KEPT"] ?? tmpdir();
  const ready = join(kept, `tyr-test-cluster-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(ready)) return ready;
  const building = mkdtempSync(join(tmpdir(), "tyr-test-building-"));
  const database = await openDatabase({ url: undefined, dataDir: building, clock: systemClock, encode });
  await database[Symbol.asyncDispose]();
  try {
    renameSync(building, ready);
  } catch {
    rmSync(building, { recursive: true, force: true });
  }
  return ready;
}

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
  cpSync(await template(), dataDir, { recursive: true });
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

async function onServer(statement: string): Promise<void> {
  const client = new Client({ connectionString: TEST_POSTGRES_URL });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A fresh database on the test server; whoever made it drops it. */
export async function createPostgresDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  if (TEST_POSTGRES_URL === undefined) throw new Error("TYR_TEST_POSTGRES_URL is not set");
  const name = `tyr_test_${randomUUID().replaceAll("-", "")}`;
  await onServer(`create database ${name}`);
  const url = new URL(TEST_POSTGRES_URL);
  url.pathname = `/${name}`;
  return { url: url.href, drop: async () => await onServer(`drop database if exists ${name} with (force)`) };
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
