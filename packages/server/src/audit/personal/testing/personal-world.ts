import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildExport } from "@tyr/ledger";
import { sql } from "kysely";
import { onTestFinished } from "vitest";
import { createAudit, createPersonalValues, type Audit, type PersonalValues } from "#audit";
import { fixedClock } from "#platform/clock";
import { openDatabase, type Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { createSecrets, openKeyRotation } from "#platform/secrets";
import { createPostgresDatabase, embeddedDirectory, type EngineName } from "#platform/testing";
import { readLeaves } from "../../store.ts";

/** For tests: a log whose personal values are kept beside it, as the product keeps them. */
export type PersonalWorld = Readonly<{
  db: Database;
  audit: Audit;
  personal: PersonalValues;
  clock: ReturnType<typeof fixedClock>;
  /** Every row of every table, as a dump would write it. */
  dump: () => Promise<string>;
  exported: () => Promise<ReadonlyMap<string, Uint8Array>>;
}>;

async function dump(db: Database): Promise<string> {
  return await db.bookkeep("counters", async (tx) => {
    const { rows: tables } = await sql<{ name: string }>`
      select tablename as name from pg_tables where schemaname = 'public'`.execute(tx);
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(tx);
      texts.push(...rows.map((one) => one.row));
    }
    return texts.join("\n");
  });
}

async function exported(audit: Audit, db: Database): Promise<ReadonlyMap<string, Uint8Array>> {
  await audit.settle();
  const { origin, vkey, checkpoint, size } = await audit.head();
  const entries = (await readLeaves(db.read, 0, size)).map((leaf) => leaf.bytes);
  const files = new Map<string, Uint8Array>();
  const request = { origin, vkeys: [vkey], checkpoint, entries, exportedAt: "2026-11-02T00:00:00.000Z" };
  for await (const { path, bytes } of buildExport(request)) files.set(path, bytes);
  return files;
}

export async function personalWorld(engine: EngineName): Promise<PersonalWorld> {
  const server = engine === "postgres" ? await createPostgresDatabase() : undefined;
  onTestFinished(async () => await server?.drop());
  const folder = mkdtempSync(join(tmpdir(), "tyr-personal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const clock = fixedClock("2026-11-02T08:00:00.000Z");
  const secrets = createSecrets({ keyringPath: join(folder, "secrets.keys"), clock });
  const personal = createPersonalValues({ secrets, clock });
  const dataDir = server === undefined ? await embeddedDirectory() : folder;
  const db = await openDatabase({ url: server?.url, dataDir, clock, encode: personal });
  onTestFinished(async () => await db[Symbol.asyncDispose]());
  await openKeyRotation({ database: db, secrets, log: silentLogger });
  const audit = await createAudit({ database: db, clock, log: silentLogger, dataDir: folder });
  return {
    db,
    audit,
    personal,
    clock,
    dump: async () => await dump(db),
    exported: async () => await exported(audit, db),
  };
}
