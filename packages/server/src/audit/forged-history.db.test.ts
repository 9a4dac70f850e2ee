import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { append, emptyEdge, emptyFrontier, growTiles } from "@tyr/ledger";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAudit, type Audit } from "#audit";
import { systemClock } from "#platform/clock";
import type { Database, WriteTransaction } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES } from "#platform/testing";

const TABLES = ["audit_leaf", "audit_tile", "audit_checkpoint", "audit_head", "audit_tree"] as const;

async function write(db: Database, count: number): Promise<void> {
  const actor = { kind: "person", id: "usr_1", name: "ada" } as const;
  await db.audited(
    () =>
      Array.from({ length: count }, (_, at) => ({
        type: "incident.noted" as const,
        actor,
        object: { kind: "incident", id: `inc_${at}` },
      })),
    async () => undefined,
  );
}

/** All that somebody can do who writes the database as its owner, and has no key: entry 42 and every hash above it. */
async function forge(tx: WriteTransaction): Promise<{ size: number; root: Uint8Array }> {
  const leaves = await sql<{ bytes: Uint8Array }>`select bytes from audit_leaf order by index`.execute(tx);
  const entries = leaves.rows.map(({ bytes }) => Buffer.from(bytes));
  const forged = Buffer.from((entries[42] ?? Buffer.alloc(0)).toString().replace("inc_42", "inc_99"));
  const appended = append(
    emptyFrontier,
    entries.map((one, at) => (at === 42 ? forged : one)),
  );
  const hash = Buffer.from(appended.leafHashes[42] ?? []);
  await sql`update audit_leaf set bytes = ${forged}, leaf_hash = ${hash} where index = 42`.execute(tx);
  for (const { level, index, bytes } of growTiles(emptyEdge, appended.leafHashes).tiles)
    await sql`update audit_tile set hashes = ${Buffer.from(bytes)} where level = ${level} and n = ${index}`.execute(tx);
  await sql`update audit_tree set root = ${Buffer.from(appended.root)}`.execute(tx);
  return { size: appended.size, root: appended.root };
}

describe.each(TEST_ENGINES)("a history rewritten in the database alone, on %s,", (engine) => {
  async function world(): Promise<{ db: Database; audit: Audit; dataDir: string }> {
    const dataDir = mkdtempSync(join(tmpdir(), "tyr-forged-"));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const opened = await openTestDatabase(engine);
    onTestFinished(async () => await opened[Symbol.asyncDispose]());
    const { db } = opened;
    const audit = await createAudit({ database: db, clock: systemClock, log: silentLogger, dataDir });
    await write(db, 300);
    await audit.settle();
    return { db, audit, dataDir };
  }

  async function asOwner(db: Database, work: (tx: WriteTransaction) => Promise<void>): Promise<void> {
    await db.bookkeep("audit-tree", async (tx) => {
      for (const table of TABLES) await sql.raw(`alter table ${table} disable trigger user`).execute(tx);
      await work(tx);
      for (const table of TABLES) await sql.raw(`alter table ${table} enable trigger user`).execute(tx);
    });
  }

  const attacks: readonly (readonly [string, (tx: WriteTransaction) => Promise<void>])[] = [
    [
      "when the row of the last checkpoint says the forged root",
      async (tx) => {
        const { size, root } = await forge(tx);
        for (const table of ["audit_checkpoint", "audit_head"])
          await sql`update ${sql.table(table)} set root = ${Buffer.from(root)} where size = ${size}`.execute(tx);
      },
    ],
    [
      "when every checkpoint was removed from the database",
      async (tx) => {
        await forge(tx);
        await sql`delete from audit_checkpoint`.execute(tx);
        await sql`delete from audit_head`.execute(tx);
      },
    ],
    [
      "when an unsigned checkpoint stands for the last one",
      async (tx) => {
        const { size, root } = await forge(tx);
        await sql`update audit_head set root = ${Buffer.from(root)}, note = 'trust me' where size = ${size}`.execute(
          tx,
        );
      },
    ],
  ];
  test.each(attacks)("is never signed, also %s", async (_, attack) => {
    const { db, audit, dataDir } = await world();
    const published = readFileSync(join(dataDir, "audit/checkpoint"), "utf8");
    await asOwner(db, attack);
    await write(db, 1);
    await audit.settle();
    expect(audit.diverged()?.code).toBe("AUDIT_DIVERGED");
    expect(readFileSync(join(dataDir, "audit/checkpoint"), "utf8")).toBe(published);
  });
});
