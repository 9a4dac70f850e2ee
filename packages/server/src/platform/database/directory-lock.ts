import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DataDirectoryLocked } from "./errors.ts";

/** A process that started after the lock was written cannot be its writer, whatever its number. */
function startedAt(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19];
  } catch {
    return undefined;
  }
}

function isHeld(text: string): boolean {
  const [pid = "", start = ""] = text.trim().split(" ");
  if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return start === "" || startedAt(Number(pid)) === start;
}

/**
 * Takes the data directory for this process. A lock left by a killed process is taken over: the process number and its
 * start time must both still be alive for it to count.
 *
 * @returns gives it back
 * @throws {DataDirectoryLocked} `DATA_DIRECTORY_LOCKED`
 */
export function lockDirectory(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, "tyr.lock");
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const handle = openSync(path, "wx", 0o600);
      writeSync(handle, `${process.pid} ${startedAt(process.pid) ?? ""}`);
      closeSync(handle);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = readFileSync(path, "utf8");
      if (isHeld(holder))
        throw new DataDirectoryLocked(`${dataDir} is in use by process ${holder.split(" ")[0]}`, { cause: error });
      rmSync(path, { force: true });
    }
  }
  throw new DataDirectoryLocked(`${dataDir} is being opened by another process at this moment`);
}
