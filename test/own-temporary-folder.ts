import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Linux keeps files in memory. */
const MEMORY = "/dev/shm";
/** A run has up to 1 GB of databases at a time. */
const ROOM_BYTES = 3 * 2 ** 30;

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ROOM_BYTES;
  } catch {
    return false;
  }
}

/** A run takes a quarter of that. */
const STALE_MS = 3_600_000;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** A run that was killed removes nothing, and memory is not swept as disks are. */
function removeLeftOvers(): void {
  for (const name of readdirSync(MEMORY)) {
    const pid = /^tyr-run-(\d+)-/.exec(name)?.[1];
    const folder = join(MEMORY, name);
    if (pid === undefined || isRunning(Number(pid)) || Date.now() - statSync(folder).mtimeMs < STALE_MS) continue;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Some mount it `noexec`, and tests put programs and libraries beside their data. */
function runsPrograms(folder: string): boolean {
  const program = join(folder, "program");
  writeFileSync(program, "#!/bin/sh\nexit 7\n", { mode: 0o700 });
  const { status } = spawnSync(program);
  rmSync(program);
  return status === 7;
}

/**
 * In memory where there is room for it: tests kill processes, never the power, and a disk takes a second of a processor
 * for each database of 43 MB. Whoever sets `TMPDIR` decides otherwise.
 */
function makeFolder(): string {
  if (process.env["TMPDIR"] === undefined && hasRoom(MEMORY)) {
    try {
      removeLeftOvers();
      const folder = mkdtempSync(join(MEMORY, `tyr-run-${process.pid}-`));
      if (runsPrograms(folder)) return folder;
      rmSync(folder, { recursive: true });
    } catch {
      // Not ours to write to.
    }
  }
  return mkdtempSync(join(tmpdir(), "tyr-run-"));
}

/**
 * What was compiled, for all processes of a run: half of what a small one takes is stripping types and compiling, again and
 * again. Node writes it when a process ends by itself; one that will be killed writes it with `flushCompileCache`.
 */
function shareCompiled(own: string): void {
  process.env["NODE_COMPILE_CACHE"] ??= join(own, "compiled");
}

/**
 * One folder for all temporary files of a run, removed at its end: tests kill processes, which then remove nothing. Short, as the
 * path of a Unix socket may have 107 bytes. What is worth keeping for the next run goes into `TYR_TEST_KEPT`.
 *
 * @returns what removes it
 */
export default function ownTemporaryFolder(): () => void {
  const before = process.env["TMPDIR"];
  const own = makeFolder();
  process.env["TYR_TEST_KEPT"] = tmpdir();
  process.env["TMPDIR"] = own;
  shareCompiled(own);
  return () => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    rmSync(own, { recursive: true, force: true, maxRetries: 3 });
  };
}
