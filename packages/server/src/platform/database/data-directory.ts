import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DataDirectoryUnusable } from "./errors.ts";

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** One level at a time: asked for all at once below /proc, `mkdir` of Node 24 tries for ever and hears no signal. */
function make(path: string): void {
  if (isDirectory(path)) return;
  if (dirname(path) !== path) make(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have been first.
    if (!isDirectory(path)) throw error;
  }
}

/**
 * Makes the data directory, for its owner only, with the folders it stands in.
 *
 * @throws {DataDirectoryUnusable} `DATA_DIRECTORY_UNUSABLE`
 */
export function ensureDataDirectory(dataDir: string): void {
  try {
    make(dataDir);
  } catch (cause) {
    throw new DataDirectoryUnusable(`${dataDir} cannot be made a directory`, { cause });
  }
}
