import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildExport, parseVerifierKey, verifyExport, verifyTlogProof } from "@tyr/ledger";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAudit, encodeEntry, type Audit } from "#audit";
import { fixedClock, systemClock } from "#platform/clock";
import type { AuditRecord, Database, Fact } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type EngineName } from "#platform/testing";
import { sequenceWaiting } from "./sequencer.ts";
import { readLeaves } from "./store.ts";

const by = { actor: { kind: "person", id: "usr_1", name: "ada" }, requestId: "r-1" } as const;

function fact(id: number | string): Fact {
  return {
    type: "incident.noted",
    actor: by.actor,
    object: { kind: "incident", id: `inc_${id}` },
    details: { note: "«attacker's \u202e words»" },
  };
}

async function write(db: Database, count: number, from = 0): Promise<void> {
  const facts = Array.from({ length: count }, (_, at) => fact(from + at));
  await db.audited(
    () => facts,
    async () => undefined,
  );
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "tyr-audit-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function open(db: Database, dataDir: string): Promise<Audit> {
  return await createAudit({ database: db, clock: systemClock, log: silentLogger, dataDir });
}

/** What somebody with the owner's rights on the database can do, and the triggers cannot stop. */
async function asOwner(db: Database, statement: string): Promise<void> {
  const table = /audit_[a-z]+/.exec(statement)?.[0] ?? "";
  await db.bookkeep("audit-tree", async (tx) => {
    await sql.raw(`alter table ${table} disable trigger user`).execute(tx);
    await sql.raw(statement).execute(tx);
    await sql.raw(`alter table ${table} enable trigger user`).execute(tx);
  });
}

async function exportOf(audit: Audit, db: Database): Promise<Map<string, Uint8Array>> {
  const { origin, vkey, checkpoint, size } = await audit.head();
  const entries = (await readLeaves(db.read, 0, size)).map((leaf) => leaf.bytes);
  const files = new Map<string, Uint8Array>();
  const request = { origin, vkeys: [vkey], checkpoint, entries, exportedAt: "2026-11-02T00:00:00.000Z" };
  for await (const { path, bytes } of buildExport(request)) files.set(path, bytes);
  return files;
}

describe("an entry", () => {
  const record: AuditRecord = {
    v: 1,
    id: "aud_0",
    at: "2026-11-02T00:00:00.000Z",
    type: "system.heartbeat",
    actor: { kind: "system", id: "system", name: "system" },
    object: { kind: "audit-log", id: "x" },
    outcome: "success",
    before: null,
    after: null,
    requestId: null,
    origin: { client: "system", address: null },
    details: {},
  };
  test("has one canonical spelling: sorted names, no white space", () => {
    expect(Buffer.from(encodeEntry(record)).toString()).toMatch(/^\{"actor":\{"id":"system",.*,"v":1\}$/);
  });
  test("that is too large, or holds a fraction, is refused with a code and never cut", () => {
    const refused = expect.objectContaining({ code: "AUDIT_FACT_REFUSED" }) as unknown;
    expect(() => encodeEntry({ ...record, details: { text: "x".repeat(17_000) } })).toThrow(refused);
    expect(() => encodeEntry({ ...record, details: { share: 0.5 } })).toThrow(refused);
    expect(() => encodeEntry({ ...record, details: { text: "\ud800" } })).toThrow(refused);
  });
});

describe.each(TEST_ENGINES)("the audit log on %s", (engine: EngineName) => {
  test("every intake row becomes exactly one leaf, in order, and the exported log verifies without the server", async () => {
    await using world = await openTestDatabase(engine);
    const audit = await open(world.db, folder());
    await write(world.db, 700);
    const written = (await world.records()).map((record) => record.id);
    await audit.settle();
    const leaves = await readLeaves(world.db.read, 0, 10_000);
    expect(leaves.map((leaf) => leaf.id)).toEqual(written);
    expect(leaves.map((leaf) => leaf.index)).toEqual(written.map((_, at) => at));
    expect(await world.records()).toEqual([]);
    const files = await exportOf(audit, world.db);
    const report = await verifyExport({ read: async (path) => files.get(path), trustedKeys: [audit.vkey] });
    expect(report).toMatchObject({ ok: true, size: 700, entriesChecked: 700 });
    const shared = [...files].filter(([path]) => path !== "export.json");
    for (const [path, bytes] of shared) {
      const served = await audit.file(path);
      expect([path, Buffer.from(served.ok ? served.value : [])]).toEqual([path, Buffer.from(bytes)]);
    }
  });

  test("three sequencers at once lose nothing and write nothing twice", async () => {
    await using world = await openTestDatabase(engine);
    const audit = await open(world.db, folder());
    const writing = Array.from({ length: 30 }, async (_, at) => await write(world.db, 40, at * 40));
    const sequencing = Array.from({ length: 3 }, async () => {
      for (let turn = 0; turn < 20; turn += 1) await sequenceWaiting(world.db);
    });
    await Promise.all([...writing, ...sequencing]);
    await audit.settle();
    const leaves = await readLeaves(world.db.read, 0, 10_000);
    expect(new Set(leaves.map((leaf) => leaf.id)).size).toBe(1200);
    expect(leaves.map((leaf) => leaf.index)).toEqual(Array.from({ length: 1200 }, (_, at) => at));
    expect(await audit.verify(by)).toMatchObject({ ok: true, size: 1200, entriesRead: 1200, problems: [] });
  });

  test("one changed byte is named by its index, whatever else was repaired", async () => {
    await using world = await openTestDatabase(engine);
    const audit = await open(world.db, folder());
    await write(world.db, 600);
    await audit.settle();
    await asOwner(
      world.db,
      "update audit_leaf set bytes = set_byte(bytes, 20, get_byte(bytes, 20) # 1) where index = 411",
    );
    const altered = await audit.verify(by);
    expect(altered).toMatchObject({ ok: false, size: 600 });
    expect(altered.problems[0]).toMatchObject({ code: "LEDGER_ENTRY_ALTERED", index: 411 });
    const named = await asLeafRepaired(world.db, audit);
    expect(named.problems).toContainEqual(expect.objectContaining({ code: "LEDGER_TILE_ALTERED" }));
    const [entry] = await world.records();
    expect(entry).toMatchObject({ type: "audit.verified", outcome: "failure", details: { firstAlteredIndex: 411 } });
  });

  test("a search column that lies about its entry is named", async () => {
    await using world = await openTestDatabase(engine);
    const audit = await open(world.db, folder());
    await write(world.db, 5);
    await audit.settle();
    await asOwner(world.db, "update audit_leaf set actor_id = 'usr_2' where index = 3");
    expect((await audit.verify(by)).problems).toEqual([
      { code: "AUDIT_COLUMN_ALTERED", index: 3, message: expect.stringContaining("entry 3") as string },
    ]);
  });

  test("plain statements cannot change, delete or empty what was logged", async () => {
    await using world = await openTestDatabase(engine);
    const audit = await open(world.db, folder());
    await write(world.db, 3);
    await audit.settle();
    for (const statement of [
      "update audit_leaf set bytes = '\\x00'",
      "delete from audit_leaf",
      "truncate audit_leaf",
      "delete from audit_tile",
      "update audit_tile set hashes = substring(hashes from 1 for 32)",
      "truncate audit_checkpoint",
      "update audit_checkpoint set note = ''",
      "delete from audit_head",
      "truncate audit_head",
      "update audit_head set note = ''",
      "update audit_tree set size = 0",
    ])
      await expect(
        world.db.bookkeep("audit-tree", async (tx) => await sql.raw(statement).execute(tx)),
      ).rejects.toMatchObject({ code: "TYR01" });
  });

  test("a database cut back behind what was published is refused at start", async () => {
    await using world = await openTestDatabase(engine);
    const dataDir = folder();
    const audit = await open(world.db, dataDir);
    await write(world.db, 300);
    await audit.settle();
    const published = readFileSync(join(dataDir, "audit", "checkpoint"), "utf8");
    expect(published).toBe((await audit.head()).checkpoint);
    await asOwner(world.db, "delete from audit_head");
    await asOwner(world.db, "update audit_tree set size = 0, root = sha256('')");
    await expect(open(world.db, dataDir)).rejects.toMatchObject({
      code: "AUDIT_DIVERGED",
      message: expect.stringContaining("300 are missing at the end") as string,
    });
  });

  test("a history changed behind the signature is refused at start and never signed again", async () => {
    await using world = await openTestDatabase(engine);
    const dataDir = folder();
    const audit = await open(world.db, dataDir);
    await write(world.db, 10);
    await audit.settle();
    await asOwner(
      world.db,
      "update audit_tile set hashes = set_byte(hashes, 5, get_byte(hashes, 5) # 1) where level = 0",
    );
    await write(world.db, 1);
    await audit.settle();
    expect(audit.diverged()).toMatchObject({ code: "AUDIT_DIVERGED" });
    expect((await audit.head()).size).toBe(10);
    const other = folder();
    await expect(open(world.db, other)).rejects.toMatchObject({ code: "AUDIT_DIVERGED" });
  });

  test("a missing entry of the stored log is named, and an earlier checkpoint shows the cut", async () => {
    await using world = await openTestDatabase(engine);
    const audit = await open(world.db, folder());
    await write(world.db, 40);
    await audit.settle();
    await asOwner(world.db, "delete from audit_leaf where index >= 30");
    const verdict = await audit.verify(by);
    expect(verdict.problems[0]).toMatchObject({ code: "LEDGER_TRUNCATED", index: 30 });
  });

  test("entries are listed newest first with their filters, those waiting for a place included", async () => {
    await using world = await openTestDatabase(engine);
    const audit = await open(world.db, folder());
    await write(world.db, 30);
    await audit.settle();
    await write(world.db, 5, 30);
    const seen: (number | null)[] = [];
    let after: string | undefined;
    do {
      const page = await audit.list({ limit: 4, ...(after === undefined ? {} : { after }) });
      seen.push(...(page?.items ?? []).map((item) => item.index));
      after = page?.next ?? undefined;
    } while (after !== undefined);
    expect(seen).toEqual([...Array<null>(5).fill(null), ...Array.from({ length: 30 }, (_, at) => 29 - at)]);
    const waiting = await audit.list({ object: "inc_33" });
    expect(waiting?.items).toMatchObject([
      { index: null, object: { id: "inc_33" }, details: { note: fact(0).details?.["note"] } },
    ]);
    expect((await audit.list({ object: "inc_7", actor: "usr_1", type: "incident.noted" }))?.items).toMatchObject([
      { index: 7 },
    ]);
    expect((await audit.list({ actor: "nobody" }))?.items).toEqual([]);
    expect(await audit.list({ after: "1; drop table" })).toBeUndefined();
    expect((await audit.head()).waiting).toBe(5);
  });

  test("an entry is proved by a file that needs only the key and the entry", async () => {
    await using world = await openTestDatabase(engine);
    const audit = await open(world.db, folder());
    await write(world.db, 300);
    await audit.settle();
    const leaf = (await readLeaves(world.db.read, 123, 124))[0];
    const proof = await audit.prove(leaf?.id ?? "");
    const verifier = parseVerifierKey(audit.vkey);
    if (!proof.ok || !verifier.ok || leaf === undefined) throw new Error("no proof");
    expect(await verifyTlogProof(proof.value, leaf.bytes, { keys: [verifier.value] })).toMatchObject({
      ok: true,
      value: { index: 123 },
    });
    await write(world.db, 1, 300);
    const [waiting] = await world.records();
    expect(await audit.prove(waiting?.id ?? "")).toMatchObject({ refusal: { code: "NOT_READY" } });
    expect(await audit.prove("aud_00000000-0000-7000-8000-000000000000")).toMatchObject({
      refusal: { code: "NOT_FOUND" },
    });
  });

  test("only what the checkpoint covers is served, and no path leads elsewhere", async () => {
    await using world = await openTestDatabase(engine);
    const audit = await open(world.db, folder());
    await write(world.db, 260);
    await audit.settle();
    for (const path of [
      "tile/0/001.p/5",
      "tile/0/002",
      "tile/entries/001",
      "tile/0/../../log.key",
      "../log.key",
      "log.key",
      "tile/9/000",
    ])
      expect([path, await audit.file(path)]).toMatchObject([path, { refusal: { code: "NOT_FOUND" } }]);
    for (const path of ["tile/0/001.p/4", "tile/0/001.p/3", "tile/0/000", "tile/1/000.p/1", "tile/entries/001.p/4"])
      expect([path, (await audit.file(path)).ok]).toEqual([path, true]);
  });

  test("an idle log gets a heartbeat after an hour, a busy one does not need it", async () => {
    const clock = fixedClock("2026-11-02T00:00:00.000Z");
    await using world = await openTestDatabase(engine, clock);
    const audit = await createAudit({ database: world.db, clock, log: silentLogger, dataDir: folder() });
    await write(world.db, 1);
    await audit.settle();
    clock.advance(3_500_000);
    await audit.settle();
    expect(await world.records()).toEqual([]);
    clock.advance(200_000);
    await audit.settle();
    expect(await world.records()).toMatchObject([{ type: "system.heartbeat" }]);
  });

  test("the key is readable by its owner alone; a log without its key, or with another, is refused", async () => {
    await using world = await openTestDatabase(engine);
    const dataDir = folder();
    const audit = await open(world.db, dataDir);
    expect(audit.origin).toMatch(/^tyr\.local\/[0-9a-f-]{36}$/);
    const key = join(dataDir, "audit", "log.key");
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect((await open(world.db, dataDir)).vkey).toBe(audit.vkey);
    await expect(open(world.db, folder())).rejects.toMatchObject({ code: "AUDIT_DIVERGED" });
    writeFileSync(key, "PRIVATE+KEY+nonsense");
    await expect(open(world.db, dataDir)).rejects.toMatchObject({ code: "AUDIT_DIVERGED" });
  });
});

/** Whoever changes an entry may repair its stored hash too; the tile above it still tells. */
async function asLeafRepaired(db: Database, audit: Audit): ReturnType<Audit["verify"]> {
  await asOwner(db, "update audit_leaf set leaf_hash = sha256('\\x00'::bytea || bytes) where index = 411");
  return await audit.verify(by);
}
