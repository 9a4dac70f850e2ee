import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { buildExport, verifyExport } from "@tyr/ledger";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAudit, type Audit } from "#audit";
import { fixedClock, type Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type EngineName } from "#platform/testing";
import { newestCheckpoint, putHead, readLeaves } from "./store.ts";

const system = { kind: "system", id: "system", name: "system" } as const;

async function write(db: Database, count: number): Promise<void> {
  const facts = Array.from({ length: count }, (_, at) => ({
    type: "system.heartbeat" as const,
    actor: system,
    object: { kind: "audit-log", id: String(at) },
  }));
  await db.audited(
    () => facts,
    async () => undefined,
  );
}

async function keptSizes({ read }: Database): Promise<readonly number[]> {
  return (await read.selectFrom("audit_checkpoint").select("size").orderBy("size").execute()).map(({ size }) => size);
}

type World = Readonly<{
  db: Database;
  clock: Clock & { advance(ms: number): void };
  published: string;
  open: () => Promise<Audit>;
}>;

async function aWorld(engine: EngineName): Promise<World> {
  const clock = fixedClock("2026-11-22T10:00:00.000Z");
  const opened = await openTestDatabase(engine, clock);
  onTestFinished(async () => await opened[Symbol.asyncDispose]());
  const dataDir = mkdtempSync(join(tmpdir(), "tyr-kept-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const open = async () => await createAudit({ database: opened.db, clock, log: silentLogger, dataDir });
  return { db: opened.db, clock, published: join(dataDir, "audit", "checkpoint"), open };
}

/** Signs `count` checkpoints a second apart and gives their texts. */
async function sign({ db, clock, published }: World, audit: Audit, count: number): Promise<readonly string[]> {
  const notes: string[] = [];
  for (let at = 0; at < count; at += 1) {
    await write(db, 7);
    clock.advance(1_000);
    await audit.settle();
    notes.push(readFileSync(published, "utf8"));
  }
  return notes;
}

describe.each(TEST_ENGINES)("checkpoints on %s", (engine: EngineName) => {
  test("are kept one every ten minutes, and the log of them starts and verifies", async () => {
    const world = await aWorld(engine);
    const audit = await world.open();
    await sign(world, audit, 20);
    expect(await keptSizes(world.db)).toEqual([0]);
    world.clock.advance(600_000);
    await sign(world, audit, 20);
    expect(await keptSizes(world.db)).toEqual([0, 147]);
    const again = await world.open();
    expect(await again.head()).toMatchObject({ size: 280, waiting: 0 });
    expect(await again.verify({ actor: system, requestId: "r-1" })).toMatchObject({ ok: true, size: 280 });
  });

  test("are kept on when the clock was ahead once and was set right", async () => {
    const world = await aWorld(engine);
    const audit = await world.open();
    world.clock.advance(86_400_000);
    await sign(world, audit, 1);
    world.clock.advance(-86_400_000);
    await sign(world, audit, 1);
    expect(await keptSizes(world.db)).toEqual([0, 7, 14]);
  });

  test("that were superseded still prove to whoever holds one that nothing before was changed", async () => {
    const world = await aWorld(engine);
    const audit = await world.open();
    const earlier = await sign(world, audit, 5);
    const { origin, vkey, checkpoint, size } = await audit.head();
    const entries = (await readLeaves(world.db.read, 0, size)).map((leaf) => leaf.bytes);
    const files = new Map<string, Uint8Array>();
    const request = { origin, vkeys: [vkey], checkpoint, entries, exportedAt: "2026-11-22T10:00:00.000Z" };
    for await (const { path, bytes } of buildExport(request)) files.set(path, bytes);
    const report = await verifyExport({ read: async (path) => files.get(path), trustedKeys: [vkey], earlier });
    expect(report).toMatchObject({ ok: true, earlierConfirmed: 5 });
  });

  test("signed later by a server that saw less do not replace the newest", async () => {
    const world = await aWorld(engine);
    const audit = await world.open();
    await sign(world, audit, 2);
    const row = { size: 7, root: Buffer.alloc(32), note: "older", at: world.clock.now() };
    await world.db.bookkeep("audit-tree", async (tx) => await putHead(tx, row));
    expect((await newestCheckpoint(world.db.read))?.size).toBe(14);
  });

  test("stored by a server that was killed before it published them are published by the next", async () => {
    const world = await aWorld(engine);
    const notes = await sign(world, await world.open(), 3);
    writeFileSync(world.published, notes[0] ?? "");
    await world.open();
    expect(readFileSync(world.published, "utf8")).toBe(notes[2]);
  });
});

test("a log from before the row of the newest checkpoint gets it from those that were kept", async () => {
  await using db = new PGlite();
  for (const name of ["0001-platform.sql", "0010-audit.sql", "0077-audit-head.sql"]) {
    if (name.startsWith("0077"))
      await db.exec(
        "insert into audit_checkpoint select size, sha256('r'), 'note ' || size, now() from unnest(array[0, 9, 5]) size",
      );
    await db.exec(readFileSync(new URL(`../platform/database/migrations/${name}`, import.meta.url), "utf8"));
  }
  expect((await db.query("select size, note from audit_head")).rows).toEqual([{ size: 9, note: "note 9" }]);
  const large = "insert into audit_intake (id, bytes) values ('aud_1', convert_to(repeat('x', 16385), 'UTF8'))";
  await expect(db.query(large)).rejects.toThrow("audit_intake_size");
});
