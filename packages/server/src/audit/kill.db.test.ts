import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { appendLeaves, emptyFrontier, frontierRoot, leafHash } from "@tyr/ledger";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAudit, encodeEntry } from "#audit";
import { systemClock } from "#platform/clock";
import { openDatabase } from "#platform/database";
import { silentLogger } from "#platform/log";
import { createPostgresDatabase, TEST_ENGINES, type EngineName } from "#platform/testing";
import { readLeaves } from "./store.ts";

const SCRIPT = fileURLToPath(new URL("./testing/sequencer-process.ts", import.meta.url));
/** How often to kill. `TYR_TEST_KILLS=100` takes the time it takes; without it the run ends in time for every commit. */
const ASKED_KILLS = process.env["TYR_TEST_KILLS"];
const KILLS = Number(ASKED_KILLS ?? "100");
const LONGEST_MS: Readonly<Record<EngineName, number>> = { pglite: 20_000, postgres: 60_000 };
const KILLS_MIN = 3;
/** Three sequencers beside each other where the engine allows more than one process. */
const BESIDE: Readonly<Record<EngineName, number>> = { pglite: 1, postgres: 3 };

/** Every checkpoint that was ever seen in the published file. */
function watchPublished(path: string): () => readonly string[] {
  const seen = new Set<string>();
  const look = (): void => {
    if (existsSync(path)) seen.add(readFileSync(path, "utf8"));
  };
  const timer = setInterval(look, 5);
  return () => {
    clearInterval(timer);
    look();
    return [...seen];
  };
}

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

/** The oldest is killed some moment after it wrote, so that each time something is under way; another takes its place. */
async function killAgainAndAgain(
  engine: EngineName,
  place: Readonly<{ dataDir: string; url: string }>,
  acknowledged: Set<string>,
): Promise<number> {
  const running: Running[] = [];
  const began = performance.now();
  const isTimeLeft = (): boolean => ASKED_KILLS !== undefined || performance.now() - began < LONGEST_MS[engine];
  let [kills, started] = [0, 0];
  for (; kills < KILLS_MIN || (kills < KILLS && isTimeLeft()); kills += 1) {
    for (; running.length < BESIDE[engine]; started += 1)
      running.push(start({ ...place, name: `p${started}` }, acknowledged));
    const victim = running.shift();
    for (let waited = 0; waited < 30_000 && victim?.wrote() === false; waited += 20) await sleep(20);
    await sleep(Math.random() * 300);
    await victim?.kill();
  }
  for (const one of running) await one.kill();
  return kills;
}

/** What was published is the beginning of what is stored, whether its checkpoint was kept or superseded. */
function expectOneHistory(notes: readonly string[], leaves: readonly Readonly<{ bytes: Uint8Array }>[]): void {
  const published = notes.map((note) => note.split("\n")).map(([, size, root]) => ({ size: Number(size), root }));
  let frontier = emptyFrontier;
  for (const { size, root } of published.toSorted((a, b) => a.size - b.size)) {
    const hashes = leaves.slice(frontier.size, size).map(({ bytes }) => leafHash(bytes));
    frontier = appendLeaves(frontier, hashes);
    expect([frontier.size, Buffer.from(frontierRoot(frontier)).toString("base64")]).toEqual([size, root]);
  }
}

describe.each(TEST_ENGINES)("sequencers on %s", (engine) => {
  test(
    `killed up to ${KILLS} times at random moments lose nothing, write nothing twice and publish one history`,
    { timeout: 900_000 },
    async () => {
      const dataDir = mkdtempSync(join(tmpdir(), "tyr-kill-"));
      onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
      const server = engine === "postgres" ? await createPostgresDatabase() : undefined;
      onTestFinished(async () => await server?.drop());
      const acknowledged = new Set<string>();
      const published = watchPublished(join(dataDir, "audit", "checkpoint"));
      const kills = await killAgainAndAgain(engine, { dataDir, url: server?.url ?? "embedded" }, acknowledged);
      const notes = published();
      await using database = await openDatabase({ url: server?.url, dataDir, clock: systemClock, encode: encodeEntry });
      // Opening compares with the published checkpoint; verifying, with every checkpoint ever stored.
      const audit = await createAudit({ database, clock: systemClock, log: silentLogger, dataDir });
      await audit.settle();
      const verdict = await audit.verify({ actor: { kind: "system", id: "t", name: "t" }, requestId: "r" });
      expect(verdict).toMatchObject({ ok: true, problems: [] });
      expect(notes.length).toBeGreaterThanOrEqual(BESIDE[engine]);
      const leaves = await readLeaves(database.read, 0, verdict.size);
      expectOneHistory(notes, leaves);
      const written = leaves.map((leaf) => leaf.object_id);
      const names = new Set(written);
      expect(names.size).toBe(written.length);
      expect([...acknowledged].filter((name) => !names.has(name))).toEqual([]);
      expect(leaves.map((leaf) => leaf.index)).toEqual(leaves.map((_, index) => index));
      expect(kills).toBeGreaterThanOrEqual(Math.min(KILLS, KILLS_MIN));
      expect(acknowledged.size).toBeGreaterThan(kills);
      console.info(`${engine}: ${kills} kills, ${written.length} entries, ${notes.length} published checkpoints seen`);
    },
  );
});
