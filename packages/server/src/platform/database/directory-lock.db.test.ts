import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockDirectory } from "./directory-lock.ts";

const RIVALS = 6;
const ROUNDS = 400;
const KILLS = 12;
const RIVAL = fileURLToPath(new URL("./testing/lock-rival.ts", import.meta.url));

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "tyr-lock-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

class Rivals {
  readonly said: string[] = [];
  readonly #running: ChildProcess[] = [];

  start(): void {
    const child = spawn(process.execPath, ["--conditions=@tyr/source", RIVAL, dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.stdout.on("data", (chunk: Buffer) => void this.said.push(...chunk.toString().split("\n").filter(Boolean)));
    this.#running.push(child);
  }

  async kill(): Promise<void> {
    const child = this.#running.shift();
    if (child === undefined) return;
    const ended = new Promise((resolve) => void child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#running.length > 0) await this.kill();
  }
}

describe("the data directory", () => {
  test(`${RIVALS} processes that race for it, some killed while they have it, never have it two at once`, async () => {
    await using rivals = new Rivals();
    for (let n = 0; n < RIVALS; n++) rivals.start();
    let kills = 0;
    while (rivals.said.length < ROUNDS || kills < KILLS) {
      await sleep(50);
      if (rivals.said.length < ((kills + 1) * ROUNDS) / (KILLS + 1)) continue;
      await rivals.kill();
      rivals.start();
      kills += 1;
    }
    expect(rivals.said.filter((line) => line !== "alone")).toEqual([]);
    expect(rivals.said.length).toBeGreaterThanOrEqual(ROUNDS);
  });

  test("who has it is named to the next one, and it is free once given back", () => {
    const unlock = lockDirectory(dir);
    expect(() => lockDirectory(dir)).toThrow(
      expect.objectContaining({
        code: "DATA_DIRECTORY_LOCKED",
        message: expect.stringContaining(`process ${process.pid}`),
      }),
    );
    unlock();
    lockDirectory(dir)();
    expect(readFileSync(join(dir, "process.lock"))).toHaveLength(0);
  });

  test("a note that a killed process left holds nobody up", () => {
    writeFileSync(join(dir, "process.txt"), `process ${process.ppid} on elsewhere\n`);
    expect(() => lockDirectory(dir)()).not.toThrow();
  });

  test.each([
    ["below /proc, where nothing can be made", () => "/proc/tyr/data"],
    ["below a file", () => (writeFileSync(join(dir, "file"), ""), join(dir, "file", "data"))],
    ["a link to itself", () => (symlinkSync("loop", join(dir, "loop")), join(dir, "loop"))],
    ["with a folder in the lock's place", () => (mkdirSync(join(dir, "process.lock")), dir)],
    ["with something else in the lock's place", () => (writeFileSync(join(dir, "process.lock"), "7".repeat(99)), dir)],
  ])("%s is refused by its path", (_, make) => {
    const path = make();
    expect(() => lockDirectory(path)).toThrow(
      expect.objectContaining({ code: "DATA_DIRECTORY_UNUSABLE", message: expect.stringContaining(path) }),
    );
  });

  test("is made with the folders it stands in", () => {
    const path = join(dir, "a", "b", "c");
    lockDirectory(path)();
    expect(readdirSync(path)).toEqual(["process.lock"]);
  });
});
