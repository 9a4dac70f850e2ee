import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { sql, type Kysely } from "kysely";
import type { Tables } from "./tables.ts";
import { DatabaseNewer, MigrationFailed } from "./errors.ts";

type Migration = Readonly<{ version: number; name: string; digest: string; text: string }>;

const FOLDER = new URL("./migrations/", import.meta.url);
/** Two servers that start at once migrate one after the other. Any constant does. */
const MIGRATION_LOCK = 8_970_001;

function readMigrations(): readonly Migration[] {
  const files = readdirSync(FOLDER)
    .filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file))
    .toSorted();
  return files.map((name) => {
    const text = readFileSync(new URL(name, FOLDER), "utf8");
    return { version: Number(name.slice(0, 4)), name, digest: createHash("sha256").update(text).digest("hex"), text };
  });
}

/** Splits at semicolons that end a line; migrations are ours and hold no function bodies. */
function statements(text: string): readonly string[] {
  const bare = text.replace(/^\s*--.*$/gm, "");
  return bare
    .split(/;\s*$/m)
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

function checkApplied(applied: readonly { version: number; digest: string }[], known: readonly Migration[]): void {
  for (const { version, digest } of applied) {
    const same = known.find((one) => one.version === version);
    if (same === undefined)
      throw new DatabaseNewer(`the database is at migration ${version}, which this version does not have`);
    if (same.digest !== digest) throw new DatabaseNewer(`migration ${same.name} was applied with other content`);
  }
}

/**
 * Brings the database forward, all missing migrations in one transaction.
 *
 * @returns the schema version now in force
 * @throws {MigrationFailed} `MIGRATION_FAILED`: nothing was changed
 * @throws {DatabaseNewer} `DATABASE_NEWER`: written by another version
 */
export async function migrate(db: Kysely<Tables>): Promise<number> {
  const known = readMigrations();
  return await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(tx);
    await sql`create table if not exists migration (version int4 primary key, name text not null, digest text not null, applied_at timestamptz not null default now())`.execute(
      tx,
    );
    const applied = await tx.selectFrom("migration").select(["version", "digest"]).execute();
    checkApplied(applied, known);
    const done = new Set(applied.map((one) => one.version));
    for (const migration of known.filter((one) => !done.has(one.version))) {
      for (const statement of statements(migration.text)) {
        await sql
          .raw(statement)
          .execute(tx)
          .catch((cause: unknown) => {
            throw new MigrationFailed(`migration ${migration.name} failed at: ${statement.slice(0, 120)}`, { cause });
          });
      }
      await tx
        .insertInto("migration")
        .values({ version: migration.version, name: migration.name, digest: migration.digest, applied_at: new Date() })
        .execute();
    }
    return Math.max(0, ...known.map((one) => one.version));
  });
}
