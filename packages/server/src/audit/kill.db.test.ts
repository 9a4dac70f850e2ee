import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAudit, encodeEntry } from "#audit";
import { systemClock } from "#platform/clock";
import { openDatabase } from "#platform/database";
import { silentLogger } from "#platform/log";
import { createPostgresDatabase, TEST_ENGINES, type EngineName } from "#platform/testing";
import { readLeaves } from "./store.ts";

const SCRIPT = fileURLToPath(new URL("./testing/sequencer-process.ts", import.meta.url));
/** How often to kill; the long run is `TYR_TEST_KILLS=100`. */
const KILLS = Number(process.env["TYR_TEST_KILLS"] ?? "10");
/** Three sequencers beside each other where the engine allows more than one process. */
const BESIDE: Readonly<Record<EngineName, number>> = { pglite: 1, postgres: 3 };

type Running = { kill: () => Promise<void>; wrote: () => boolean };

function start(place: Readonly<{ dataDir: string; url: string; name: string }>, acknowledged: Set<string>): Running {
  const child = spawn(process.execPath, ["--conditions=@tyr/source", SCRIPT, place.dataDir, place.url, place.name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let rest = "";
  let wrote = false;
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) acknowledged.add(line);
    wrote ||= lines.length > 0;
  });
  const ended = new Promise<void>((resolve) => void child.once("close", () => resolve()));
  return {
    wrote: () => wrote,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

describe.each(TEST_ENGINES)("sequencers on %s", (engine) => {
  test(
    `killed ${KILLS} times lose nothing, write nothing twice and sign one history`,
    { timeout: 300_000 },
    async () => {
      const dataDir = mkdtempSync(join(tmpdir(), "tyr-kill-"));
      onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
      const server = engine === "postgres" ? await createPostgresDatabase() : undefined;
      onTestFinished(async () => await server?.drop());
      const acknowledged = new Set<string>();
      const running: Running[] = [];
      let started = 0;
      const more = (): void => {
        started += 1;
        running.push(start({ dataDir, url: server?.url ?? "embedded", name: `p${started}` }, acknowledged));
      };
      for (let kills = 0; kills < KILLS; kills += 1) {
        while (running.length < BESIDE[engine]) more();
        const victim = running.shift();
        for (let waited = 0; waited < 30_000 && victim?.wrote() === false; waited += 20) await sleep(20);
        await sleep(Math.random() * 300);
        await victim?.kill();
      }
      for (const one of running) await one.kill();

      const published = readFileSync(join(dataDir, "audit", "checkpoint"), "utf8");
      await using database = await openDatabase({ url: server?.url, dataDir, clock: systemClock, encode: encodeEntry });
      // Opening compares with the published checkpoint; verifying, with every checkpoint ever stored.
      const audit = await createAudit({ database, clock: systemClock, log: silentLogger, dataDir });
      await audit.settle();
      const verdict = await audit.verify({ actor: { kind: "system", id: "t", name: "t" }, requestId: "r" });
      expect(verdict).toMatchObject({ ok: true, problems: [] });
      expect(verdict.size).toBeGreaterThanOrEqual(Number(published.split("\n")[1]));
      const leaves = await readLeaves(database.read, 0, verdict.size);
      const written = leaves.map((leaf) => leaf.object_id);
      expect(new Set(written).size).toBe(written.length);
      expect([...acknowledged].filter((name) => !written.includes(name))).toEqual([]);
      expect(acknowledged.size).toBeGreaterThan(KILLS);
    },
  );
});
