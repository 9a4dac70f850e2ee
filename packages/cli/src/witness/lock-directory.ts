import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { badConfiguration } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

/** Node has no `flock`; its SQLite takes one (fcntl(2)) on an empty file and asks nothing else of it. */
function take(file: string): DatabaseSync {
  const lock = new DatabaseSync(file, { timeout: 100 });
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
 * Two witnesses with one memory could sign two trees of one size between a look and a write. The kernel holds the lock
 * and drops it when the process ends, however it ends.
 *
 * @returns gives the directory back
 * @throws {CliFailure} exit 78 when another process holds it
 */
export function lockDirectory(directory: string): () => void {
  try {
    const lock = take(path.join(directory, "process.lock"));
    return () => lock.close();
  } catch (cause) {
    throw badConfiguration(
      `${visible(directory)} cannot be locked: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Stop the other witness that uses it, or give this one a directory of its own on a file system with locks.",
    );
  }
}
