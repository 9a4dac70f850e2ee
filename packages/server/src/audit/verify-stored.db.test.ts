import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entrySizeBytesMax } from "@tyr/ledger";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAudit, type Audit } from "#audit";
import { systemClock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type EngineName } from "#platform/testing";
import { readLeafPage } from "./leaf-page-store.ts";

const by = { actor: { kind: "system", id: "system", name: "system" }, requestId: "r-1" } as const;

async function open(db: Database): Promise<Audit> {
  const dataDir = mkdtempSync(join(tmpdir(), "tyr-stored-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  return await createAudit({ database: db, clock: systemClock, log: silentLogger, dataDir });
}

async function write(db: Database, count: number, requestId = "r-1"): Promise<void> {
  await db.audited(
    () =>
      Array.from({ length: count }, (_, at) => ({
        type: "system.heartbeat" as const,
        actor: by.actor,
        object: { kind: "audit-log", id: `«${at}» "\\\u001f\n😀` },
        requestId,
      })),
    async () => undefined,
  );
}

/** What somebody who owns the tables can do; neither triggers nor constraints stop him. */
async function asOwner(db: Database, ...statements: readonly string[]): Promise<void> {
  await db.bookkeep("audit-tree", async (tx) => {
    for (const statement of ["disable", "enable"].flatMap((way) => [
      `alter table audit_leaf ${way} trigger user`,
      ...(way === "disable" ? statements : []),
    ]))
      await sql.raw(statement).execute(tx);
  });
}

/** Codes by entry, in the order of the log. */
async function problemsOf(audit: Audit): Promise<readonly (readonly [string, number | null])[]> {
  const { problems } = await audit.verify(by);
  return problems.map(({ code, index }) => [code, index] as const);
}

describe.each(TEST_ENGINES)("the stored log on %s", (engine: EngineName) => {
  test("is read in pages that end where their bytes do, each entry once and whole", async () => {
    await using world = await openTestDatabase(engine);
    const audit = await open(world.db);
    await write(world.db, 60, "x".repeat(entrySizeBytesMax - 600));
    await write(world.db, 600);
    await audit.settle();
    const seen: number[] = [];
    let pages = 0;
    for (let from = 0; from < 660; from = seen.length, pages += 1) {
      const page = await readLeafPage(world.db.read, from, 660);
      const sizeBytes = page.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
      expect([page.length > 0, sizeBytes < 256 * 1024 + entrySizeBytesMax]).toEqual([true, true]);
      seen.push(...page.map(({ index }) => index));
    }
    expect(seen).toEqual(Array.from({ length: 660 }, (_, at) => at));
    expect(pages).toBeGreaterThan(7);
    expect(await audit.verify(by)).toMatchObject({ ok: true, entriesRead: 660, problems: [] });
  });

  test("names every row that somebody made unreadable, and reads on behind it", async () => {
    await using world = await openTestDatabase(engine);
    const audit = await open(world.db);
    await write(world.db, 600);
    await audit.settle();
    await asOwner(
      world.db,
      "alter table audit_leaf drop constraint audit_leaf_leaf_hash_check, alter column bytes drop not null, alter column leaf_hash drop not null",
      "drop index audit_leaf_request",
      "update audit_leaf set bytes = convert_to(repeat('x', 3000000), 'UTF8') where index = 10",
      "update audit_leaf set bytes = null where index = 20",
      "update audit_leaf set at = 'infinity' where index = 30",
      "update audit_leaf set at = at + interval '1 microsecond' where index = 40",
      "update audit_leaf set leaf_hash = repeat('x', 3000000)::bytea where index = 50",
      "update audit_leaf set leaf_hash = null where index = 60",
      "update audit_leaf set request_id = repeat('r', 3000000) where index = 70",
      "update audit_leaf set request_id = null where index = 80",
      "update audit_leaf set bytes = set_byte(bytes, 20, get_byte(bytes, 20) # 1) where index = 590",
    );
    const ofEntries = /^(LEDGER_ENTRY|AUDIT_COLUMN)_ALTERED$/;
    expect((await problemsOf(audit)).filter(([code]) => ofEntries.test(code))).toEqual([
      ["LEDGER_ENTRY_ALTERED", 10],
      ["LEDGER_ENTRY_ALTERED", 20],
      ["AUDIT_COLUMN_ALTERED", 30],
      ["AUDIT_COLUMN_ALTERED", 40],
      ["LEDGER_ENTRY_ALTERED", 50],
      ["LEDGER_ENTRY_ALTERED", 60],
      ["AUDIT_COLUMN_ALTERED", 70],
      ["AUDIT_COLUMN_ALTERED", 80],
      ["LEDGER_ENTRY_ALTERED", 590],
      ["AUDIT_COLUMN_ALTERED", 590],
    ]);
    const page = await readLeafPage(world.db.read, 0, 100);
    const longest = Math.max(...page.map(({ columns, leafHashHex }) => columns.length + leafHashHex.length));
    expect(longest).toBeLessThan(2 * entrySizeBytesMax);
  });

  test("with a hole names the entry that is missing, and does not say that the end is", async () => {
    await using world = await openTestDatabase(engine);
    const audit = await open(world.db);
    await write(world.db, 600);
    await audit.settle();
    await asOwner(world.db, "delete from audit_leaf where index = 300");
    expect(await problemsOf(audit)).toContainEqual(["LEDGER_EXPORT_MISSING", 300]);
    expect((await problemsOf(audit)).map(([code]) => code)).not.toContain("LEDGER_TRUNCATED");
  });
});
