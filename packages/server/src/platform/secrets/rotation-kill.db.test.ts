import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "#platform/clock";
import { openDatabase, type AuditRecord } from "#platform/database";
import { silentLogger } from "#platform/log";
import { createSecrets, openKeyRotation } from "#platform/secrets";
import { createPostgresDatabase, embeddedDirectory, TEST_ENGINES, type EngineName } from "#platform/testing";

const SCRIPT = fileURLToPath(new URL("./testing/rotating-process.ts", import.meta.url));
const encode = (record: AuditRecord): Uint8Array => new TextEncoder().encode(JSON.stringify(record));
/** The embedded engine takes seconds to recover after each; PostgreSQL does not notice. */
const KILLS: Readonly<Record<EngineName, number>> = { pglite: 4, postgres: 20 };

function start(args: readonly string[], sealed: string[]): { child: ChildProcess; wrote: () => Promise<unknown> } {
  const child = spawn(process.execPath, ["--conditions=@tyr/source", SCRIPT, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => void sealed.push(line));
  return { child, wrote: async () => await once(lines, "line") };
}

describe.each(TEST_ENGINES)("a rotation of keys under load on %s", (engine) => {
  const kills = KILLS[engine];
  test(
    `that is killed ${kills} times loses no secret and ends after the next start`,
    { timeout: 240_000 },
    async () => {
      const server = engine === "postgres" ? await createPostgresDatabase() : undefined;
      onTestFinished(async () => await server?.drop());
      const folder = mkdtempSync(join(tmpdir(), "tyr-rotation-"));
      const dataDir = server === undefined ? await embeddedDirectory() : folder;
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const keyringPath = join(folder, "secrets.keys");
      const sealed: string[] = [];
      for (let killed = 0; killed < kills; killed += 1) {
        const { child, wrote } = start([dataDir, server?.url ?? "embedded", keyringPath, `p${killed}`], sealed);
        const closed = once(child, "close");
        await wrote();
        await sleep(Math.random() * 250);
        child.kill("SIGKILL");
        await closed;
      }
      await using database = await openDatabase({ url: server?.url, dataDir, clock: systemClock, encode });
      const secrets = createSecrets({ keyringPath, clock: systemClock });
      const keys = await openKeyRotation({ database, secrets, log: silentLogger });
      for (const record of sealed)
        expect(
          Buffer.from((await secrets.open(database.read, { table: "t", column: "c", record })) ?? "").toString(),
        ).toBe(`canary ${record}`);
      await keys.finish();
      const states = await keys.status();
      expect(states.length).toBeGreaterThan(kills / 2);
      expect(states.filter((one) => one.active)).toHaveLength(1);
      expect(states.filter((one) => !one.active && one.secrets > 0)).toEqual([]);
      expect(states.reduce((sum, one) => sum + one.secrets, 0)).toBeGreaterThanOrEqual(sealed.length);
      expect(sealed.length).toBeGreaterThanOrEqual(kills);
      const last = { table: "t", column: "c", record: sealed.at(-1) ?? "" };
      expect(Buffer.from((await secrets.open(database.read, last)) ?? "").toString()).toBe(`canary ${last.record}`);
    },
  );
});
