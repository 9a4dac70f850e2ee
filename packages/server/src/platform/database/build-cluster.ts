import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DatabaseDamaged, DatabaseUnavailable } from "./errors.ts";
import { openEngine, syncDirectory } from "./pglite-engine.ts";

const THIS_FILE = fileURLToPath(import.meta.url);

/**
 * Makes sure a cluster is there. It is built in a process of its own, because building takes some 560 MB that a thread
 * would not give back, and beside its place, so that a building cut short (kill -9, power) is simply begun again.
 *
 * @param stop ends the building
 * @throws {DatabaseDamaged} `DATABASE_DAMAGED` something else stands in its place
 * @throws {DatabaseUnavailable} `DATABASE_UNAVAILABLE` with what the building process said
 */
export async function ensureCluster(directory: string, stop?: AbortSignal): Promise<void> {
  if (existsSync(join(directory, "PG_VERSION"))) return;
  refuseOther(directory);
  const building = `${directory}.building`;
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { recursive: true, mode: 0o700 });
  try {
    await promisify(execFile)(process.execPath, ["--liftoff-only", THIS_FILE, building], { env: {}, signal: stop });
  } catch (cause) {
    stop?.throwIfAborted();
    throw new DatabaseUnavailable(`the embedded database could not be built in ${building}`, { cause });
  }
  place(building, directory);
  syncDirectory(dirname(directory));
}

/** An empty directory may be there already; anything in it is not ours to remove. */
function refuseOther(directory: string): void {
  if (!existsSync(directory) || readdirSync(directory).length === 0) return;
  throw new DatabaseDamaged(
    `${directory} holds something that is not a database, or what is left of one: restore the backup, or move it away`,
  );
}

function place(built: string, directory: string): void {
  try {
    if (existsSync(directory)) rmdirSync(directory);
    renameSync(built, directory);
  } catch (cause) {
    throw new DatabaseUnavailable(`the embedded database could not be placed in ${directory}`, { cause });
  }
}

if (import.meta.main) {
  const [, , directory = ""] = process.argv;
  const db = await openEngine(directory);
  await db.close();
}
