import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";

function sync(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Writes a file whole or not at all, on disk before it is seen under its name; only its owner may read it.
 *
 * @param existing what to do with a file of that name: `replace` it, or `keep` it (somebody else was first)
 */
export function placeFile(path: string, text: string, existing: "replace" | "keep"): void {
  const beside = `${path}.${randomUUID()}`;
  const handle = openSync(beside, "wx", 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    if (existing === "replace") renameSync(beside, path);
    else linkSync(beside, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(beside, { force: true });
  }
  sync(dirname(path));
}
