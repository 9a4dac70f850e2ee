import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ensureDataDirectory } from "./data-directory.ts";
import { DataDirectoryLocked, DataDirectoryUnusable } from "./errors.ts";

/** Rivals that ask in the same moment hold each other up for some milliseconds; one of them gets it. */
const WAIT_MS = 100;
/** SQLITE_BUSY (sqlite.org/rescode.html): the kernel says somebody else holds it. */
const BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === BUSY;
}

/** For the message only: never what decides. */
function holderOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "another process";
  }
}

/** Node has no `flock`; its SQLite takes one (fcntl(2)) on an empty file and asks nothing else of it. */
function take(path: string): DatabaseSync {
  const lock = new DatabaseSync(path, { timeout: WAIT_MS });
  try {
    lock.exec("pragma journal_mode = memory");
    lock.exec("begin exclusive");
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/**
 * Takes the data directory for this process. The kernel holds the lock and drops it when the process ends, however it
 * ends; so nothing is ever taken over, and containers that share a volume see each other's whatever their process
 * numbers. Limits: the file system must have locks, and a network file system must be set up to share them (NFSv4 is).
 * Opening `process.lock` with anything else in this process would drop the lock (fcntl(2)).
 *
 * @returns gives it back
 * @throws {DataDirectoryLocked} `DATA_DIRECTORY_LOCKED`
 * @throws {DataDirectoryUnusable} `DATA_DIRECTORY_UNUSABLE` not to be written, or without locks
 */
export function lockDirectory(dataDir: string): () => void {
  ensureDataDirectory(dataDir);
  const note = join(dataDir, "process.txt");
  try {
    const lock = take(join(dataDir, "process.lock"));
    writeFileSync(note, `process ${process.pid} on ${hostname()}\n`, { mode: 0o600 });
    return () => {
      rmSync(note, { force: true });
      lock.close();
    };
  } catch (cause) {
    if (isBusy(cause)) throw new DataDirectoryLocked(`${dataDir} is in use by ${holderOf(note)}`, { cause });
    throw new DataDirectoryUnusable(`${dataDir} cannot be locked and written`, { cause });
  }
}
