import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { canonicalBytes, verifyExport } from "@tyr/ledger";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAudit, encodeEntry, type Audit } from "#audit";
import { systemClock } from "#platform/clock";
import { openDatabase, type Database, type Fact } from "#platform/database";
import { silentLogger } from "#platform/log";
import { createPostgresDatabase, TEST_ENGINES } from "#platform/testing";
import { readPruned } from "./pruned-store.ts";

const SCRIPT = fileURLToPath(new URL("../testing/prune-process.ts", import.meta.url));
const ENTRIES = 4_000;
const KILLS_MAX = 4;
const actor = { kind: "system", id: "system", name: "system" } as const;

const fact = (number: number): Fact => ({ type: "system.heartbeat", actor, object: { kind: "test", id: `${number}` } });

/** Starts pruning and kills it some moment later, or lets it end. @returns whether it ended by itself */
async function prune(place: readonly string[], killAfterMs: number | undefined): Promise<boolean> {
  const child = spawn(process.execPath, ["--conditions=@tyr/source", SCRIPT, ...place], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => void (said += chunk.toString()));
  const ended = new Promise<void>((resolve) => void child.once("close", () => resolve()));
  if (killAfterMs !== undefined) {
    for (let waited = 0; waited < 30_000 && !said.includes("begun"); waited += 10) await sleep(10);
    await sleep(killAfterMs);
    child.kill("SIGKILL");
  }
  await ended;
  return said.includes("done");
}

type Opened = Readonly<{ database: Database; audit: Audit }>;

async function fill({ database, audit }: Opened): Promise<void> {
  for (let at = 0; at < ENTRIES; at += 1_000)
    await database.audited(
      () => Array.from({ length: 1_000 }, (_, next) => fact(at + next)),
      async () => undefined,
    );
  await audit.settle();
  await database[Symbol.asyncDispose]();
}

/** Later each time, until one comes to its end, or the last is let. @returns how many were killed */
async function killAgainAndAgain(place: readonly string[]): Promise<number> {
  for (let kills = 0; kills < KILLS_MAX; kills += 1) if (await prune(place, 100 + kills * 300)) return kills;
  expect(await prune(place, undefined)).toBe(true);
  return KILLS_MAX;
}

async function whole({ audit }: Opened, dataDir: string, withArchive: boolean) {
  const { origin, vkey, size } = await audit.head();
  const exportedAt = "2026-11-02T00:00:00.000Z";
  const manifest = canonicalBytes({
    format: "tyr-ledger-export/1",
    origin,
    size,
    vkeys: [vkey],
    exportedAt,
    earlier: [],
  });
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    if (path === "export.json") return manifest;
    const file = await audit.file(path);
    if (file.ok) return file.value;
    const archived = join(dataDir, "audit/archive", path);
    return withArchive && existsSync(archived) ? readFileSync(archived) : undefined;
  };
  return await verifyExport({ read, trustedKeys: [vkey] });
}

describe.each(TEST_ENGINES)("pruning on %s", (engine) => {
  test(
    "killed again and again goes on where it was, and no body is gone that its archive does not have",
    { timeout: 300_000 },
    async () => {
      const dataDir = mkdtempSync(join(tmpdir(), "tyr-prune-kill-"));
      onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
      const server = engine === "postgres" ? await createPostgresDatabase() : undefined;
      onTestFinished(async () => await server?.drop());
      const place = [dataDir, server?.url ?? "embedded"];
      const open = async (): Promise<Opened> => {
        const options = { url: server?.url, dataDir, clock: systemClock };
        const database = await openDatabase({ ...options, encode: encodeEntry });
        return { database, audit: await createAudit({ database, clock: systemClock, log: silentLogger, dataDir }) };
      };
      await fill(await open());
      const kills = await killAgainAndAgain(place);

      const after = await open();
      onTestFinished(async () => await after.database[Symbol.asyncDispose]());
      await after.audit.settle();
      const row = await readPruned(after.database.read);
      expect(row?.removed).toBe(row?.declared);
      expect(row?.declared).toBeGreaterThanOrEqual(ENTRIES - (ENTRIES % 256));
      expect(await after.audit.verify({ actor, requestId: "r" })).toMatchObject({ ok: true, problems: [] });
      await after.audit.settle();
      const last = (row?.declared ?? 0) - 1;
      expect(await whole(after, dataDir, false)).toMatchObject({ ok: true, pruned: [{ first: 0, last }] });
      expect(await whole(after, dataDir, true)).toMatchObject({ ok: true, pruned: [] });
      console.info(`${engine}: ${kills} kills while pruning ${last + 1} entries`);
    },
  );
});
