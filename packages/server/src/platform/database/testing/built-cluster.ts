import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "#platform/clock";
import { openDatabase } from "../index.ts";

const MIGRATIONS = new URL("../migrations/", import.meta.url);

/** Of all that a new database is made of: the migrations, and the release of the engine that builds the cluster. */
export function schemaDigest(): string {
  const hash = createHash("sha256");
  for (const file of readdirSync(MIGRATIONS).toSorted())
    hash
      .update(file)
      .update("\0")
      .update(readFileSync(new URL(file, MIGRATIONS)))
      .update("\0");
  const engine = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  hash.update(readFileSync(join(dirname(engine), "../package.json")));
  return hash.digest("hex").slice(0, 16);
}

/** No fact is written while a database is built. */
function refuse(): never {
  throw new Error("building a database writes no fact");
}

async function build(ready: string): Promise<void> {
  const building = mkdtempSync(join(tmpdir(), "tyr-test-building-"));
  const database = await openDatabase({ url: undefined, dataDir: building, clock: systemClock, encode: refuse });
  await database[Symbol.asyncDispose]();
  const placing = mkdtempSync(`${ready}-`);
  cpSync(building, placing, { recursive: true });
  rmSync(building, { recursive: true, force: true });
  try {
    renameSync(placing, ready);
  } catch {
    // Somebody else was quicker.
    rmSync(placing, { recursive: true, force: true });
  }
}

/**
 * Puts an empty, migrated embedded database into a data directory. Building one takes seconds, copying one a moment: built
 * by the product's own means once per set of migrations, and kept beside other temporary files.
 */
export async function placeBuiltCluster(dataDir: string): Promise<void> {
  const ready = join(process.env["TYR_TEST_KEPT"] ?? tmpdir(), `tyr-test-cluster-${schemaDigest()}`);
  if (!existsSync(ready)) await build(ready);
  cpSync(join(ready, "pg"), join(dataDir, "pg"), { recursive: true });
}
