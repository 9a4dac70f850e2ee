import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lockDirectory } from "../directory-lock.ts";

/** One process of the test of the lock: takes and gives back until killed, and tells when it was not alone with it. */
const [, , dataDir = ""] = process.argv;
const marker = join(dataDir, "held-by");

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A killed process whose parent has not looked yet holds nothing any more.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** The kernel closes a killed process's files, and with them its locks, a moment before it is gone. */
function isDying(pid: number): boolean {
  for (let waited = 0; waited < 2000; waited += 5) {
    if (!isAlive(pid)) return true;
    if (!existsSync(marker)) return false;
    pause(5);
  }
  return false;
}

function hold(): string {
  const other = existsSync(marker) ? readFileSync(marker, "utf8") : "";
  if (other !== "" && !isDying(Number(other))) return `beside ${other}`;
  writeFileSync(marker, String(process.pid));
  // Long enough for a rival to look, short enough for hundreds of rounds.
  pause(Math.random() * 3);
  const still = readFileSync(marker, "utf8");
  rmSync(marker);
  return still === String(process.pid) ? "alone" : `beside ${still}`;
}

for (;;) {
  try {
    const unlock = lockDirectory(dataDir);
    const held = hold();
    unlock();
    process.stdout.write(`${held}\n`);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code !== "DATA_DIRECTORY_LOCKED") process.stdout.write(`${code}\n`);
  }
  await new Promise((resolve) => void setImmediate(resolve));
}
