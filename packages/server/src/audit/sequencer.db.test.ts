import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leafHash } from "@tyr/ledger";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAudit, type Audit } from "#audit";
import { systemClock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type EngineName } from "#platform/testing";
import { moveToLog, readLeaves, readOldest } from "./store.ts";

const system = { kind: "system", id: "system", name: "system" } as const;

async function open(db: Database): Promise<Audit> {
  const dataDir = mkdtempSync(join(tmpdir(), "tyr-sequencer-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  return await createAudit({ database: db, clock: systemClock, log: silentLogger, dataDir });
}

/** What somebody does who may write to the tables, past everything that makes entries. */
async function putWaiting(db: Database, texts: readonly string[]): Promise<void> {
  const rows = texts.map((text, at) => ({ id: `aud_x${at}`, bytes: Buffer.from(text) }));
  await db.bookkeep("audit-tree", async (tx) => await tx.insertInto("audit_intake").values(rows).execute());
}

/** Not encoded by the product, which refuses some of it. */
function entry(over: Readonly<Record<string, unknown>>): string {
  const at = "2026-11-02T00:00:00.000Z";
  const object = { kind: "audit-log", id: "x" };
  const record = {
    id: "aud_0",
    at,
    type: "system.heartbeat",
    actor: system,
    object,
    outcome: "success",
    requestId: null,
  };
  return JSON.stringify({ ...record, ...over });
}

describe.each(TEST_ENGINES)("the sequencer on %s", (engine: EngineName) => {
  test("gives a place to whatever stands in the intake, also to what no column can hold", async () => {
    await using world = await openTestDatabase(engine);
    const audit = await open(world.db);
    const texts = [
      "null",
      "5",
      "not JSON",
      "",
      entry({ id: "aud_x4", object: { kind: "subject", id: "nul\0 and more" } }),
      entry({ id: "aud_x5" }).replace('"id":"x"', String.raw`"id":"\ud800"`),
      entry({ id: "aud_x6", at: "+275760-09-13T00:00:00.000Z" }),
      entry({ id: "aud_x7", at: "0000-01-01T00:00:00.000Z" }),
      entry({ id: "aud_x8", at: "2026-02-30T00:00:00.000Z" }),
      entry({ id: "aud_x9", outcome: null }),
      entry({ id: "aud_x10", requestId: "r\0" }),
    ];
    await putWaiting(world.db, texts);
    await audit.settle();
    const leaves = await readLeaves(world.db.read, 0, 100);
    expect(leaves.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(texts);
    expect(leaves.map(({ object_id }) => object_id)[4]).toBe("nul\ufffd and more");
    expect(await audit.verify({ actor: system, requestId: "r-1" })).toMatchObject({ ok: true, entriesRead: 11 });
  });

  test("does not move what was changed or taken away since it was hashed", async () => {
    await using world = await openTestDatabase(engine);
    await open(world.db);
    await putWaiting(world.db, ["one", "two", "three"]);
    const moved = await world.db.bookkeep("audit-tree", async (tx) => {
      const rows = await readOldest(tx, 10);
      await sql`update audit_intake set bytes = 'TWO' where number = ${rows[1]?.number}`.execute(tx);
      await sql`delete from audit_intake where number = ${rows[2]?.number}`.execute(tx);
      const columns = {
        at: new Date(0),
        type: "t",
        actor_id: "a",
        object_id: "o",
        outcome: "success",
        request_id: null,
      };
      const leaves = rows.map(({ number, id, bytes }, index) => ({
        ...columns,
        number,
        id,
        index,
        leaf_hash: leafHash(bytes),
      }));
      return await moveToLog(tx, leaves);
    });
    expect(moved).toBe(1);
    expect((await readLeaves(world.db.read, 0, 10)).map(({ index, id }) => [index, id])).toEqual([[0, "aud_x0"]]);
    expect((await readOldest(world.db.read, 10)).map(({ id }) => id)).toEqual(["aud_x1"]);
  });
});
