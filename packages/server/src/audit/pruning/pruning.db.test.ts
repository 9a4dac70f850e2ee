import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { canonicalBytes, verifyExport, verifyTlogProof, parseVerifierKey, type VerifyReport } from "@tyr/ledger";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAudit, createPersonalValues, type Audit } from "#audit";
import { fixedClock } from "#platform/clock";
import { openDatabase, type Database, type Fact } from "#platform/database";
import { silentLogger } from "#platform/log";
import { createSecrets, openKeyRotation } from "#platform/secrets";
import { createPostgresDatabase, embeddedDirectory, TEST_ENGINES, type EngineName } from "#platform/testing";

const ada = { kind: "person", id: "usr_1", name: "ada" } as const;
const order = { actor: ada, requestId: "r", reason: "older than agreed", keepDays: 90 } as const;
const noKeepers = { cutoff: new Date("2026-06-01T00:00:00.000Z"), keepers: [] };
const OLD = 1_100;
const DAY_MS = 86_400_000;

const noted = (object: string): Fact => ({
  type: "incident.noted",
  actor: ada,
  object: { kind: "incident", id: object },
  details: { characters: 4 },
});

type World = Readonly<{ db: Database; audit: Audit; dataDir: string; clock: ReturnType<typeof fixedClock> }>;

/** Old entries, then some of today; whoever waits for the log to be published need not wait for a clock that stands. */
async function openWorld(engine: EngineName): Promise<World> {
  const server = engine === "postgres" ? await createPostgresDatabase() : undefined;
  onTestFinished(async () => await server?.drop());
  const dataDir = server === undefined ? await embeddedDirectory() : mkdtempSync(join(tmpdir(), "tyr-prune-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const clock = fixedClock("2026-01-02T08:00:00.000Z");
  const secrets = createSecrets({ keyringPath: join(dataDir, "secrets.keys"), clock });
  const encode = createPersonalValues({ secrets, clock });
  const db = await openDatabase({ url: server?.url, dataDir, clock, encode });
  onTestFinished(async () => await db[Symbol.asyncDispose]());
  await openKeyRotation({ database: db, secrets, log: silentLogger });
  const audit = await createAudit({ database: db, clock, log: silentLogger, dataDir });
  await write(db, OLD);
  await audit.settle();
  clock.advance(200 * DAY_MS);
  await write(db, 20, "inc_new");
  await audit.settle();
  const over = new AbortController();
  const settling = (async () => {
    for (; !over.signal.aborted; await sleep(50)) await audit.settle();
  })();
  onTestFinished(async () => {
    over.abort();
    await settling;
  });
  return { db, audit, dataDir, clock };
}

async function write(db: Database, count: number, object = "inc_old"): Promise<void> {
  for (let at = 0; at < count; at += 500)
    await db.audited(
      () => Array.from({ length: Math.min(500, count - at) }, (_, next) => noted(`${object}_${at + next}`)),
      async () => undefined,
    );
}

/** The log as it is served, with or without the archive, verified with nothing but the key. */
async function served({ audit, dataDir }: World, withArchive = false): Promise<VerifyReport> {
  await audit.settle();
  const { origin, size, vkey } = await audit.head();
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    const file = await audit.file(path);
    if (file.ok) return file.value;
    return withArchive && path.startsWith("tile/entries/")
      ? readFileSync(join(dataDir, "audit/archive", path))
      : undefined;
  };
  const vkeys = Buffer.from((await read("vkey")) ?? "")
    .toString()
    .split("\n")
    .filter((line) => line !== "");
  const manifest = canonicalBytes({
    format: "tyr-ledger-export/1",
    origin,
    size,
    vkeys,
    exportedAt: "now",
    earlier: [],
  });
  const answer = async (path: string) => (path === "export.json" ? manifest : await read(path));
  return await verifyExport({ read: answer, trustedKeys: [vkey] });
}

const verify = async ({ audit }: World) => await audit.verify({ actor: ada, requestId: "v" });
/** What whoever owns the database can do. */
const asOwner = async ({ db }: World, ...statements: readonly string[]): Promise<void> =>
  await db.bookkeep("counters", async (tx) => {
    for (const one of statements) await sql.raw(one).execute(tx);
  });

describe.each(TEST_ENGINES)("pruning the log on %s", (engine) => {
  test("takes whole bundles of old bodies, and what is left verifies alone and beside the archive", async () => {
    const world = await openWorld(engine);
    const { audit, db } = world;
    const [first] = (await db.read.selectFrom("audit_leaf").select("id").orderBy("index").limit(1).execute()).map(
      (row) => row.id,
    );
    expect(await audit.pruning.prune(noKeepers, order)).toBe(1_024);
    expect(await verify(world)).toMatchObject({ ok: true, pruned: 1_024, problems: [] });
    expect(await served(world)).toMatchObject({ ok: true, pruned: [{ first: 0, last: 1_023 }], problems: [] });
    const whole = await served(world, true);
    expect(whole).toMatchObject({ ok: true, pruned: [], entriesChecked: whole.size });
    expect((await audit.head()).pruned).toEqual({ entries: 1_024, declaredAt: OLD + 21 });
    const { rows } = await db.bookkeep(
      "counters",
      async (tx) => await sql<{ left: number }>`select count(*) as left from audit_leaf where index < 1024`.execute(tx),
    );
    expect(rows).toEqual([{ left: 0 }]);
    const gone = await audit.prove(first ?? "");
    expect(!gone.ok && gone.refusal.detail).toContain("entries 0 to 1023 are pruned");
    const file = await audit.file("tile/entries/000");
    expect(!file.ok && file.refusal.detail).toContain("entries 0 to 1023 are pruned");
    expect(await audit.pruning.prune(noKeepers, order)).toBe(0);
    expect(await audit.search({ objectId: "inc_old_3" })).toEqual({ items: [], next: null, pruned: 1_024 });
    expect((await audit.search({ objectId: "inc_new_3" }))?.items).toHaveLength(1);
  });

  test("leaves every proof of a later entry as good as it was, and opens what was disclosed", async () => {
    const world = await openWorld(engine);
    const { audit, db } = world;
    await audit.pruning.prune(noKeepers, order);
    await audit.settle();
    const key = parseVerifierKey(audit.vkey);
    const kept = await db.read.selectFrom("audit_leaf").select(["id", "bytes"]).orderBy("index").limit(3).execute();
    for (const { id, bytes } of kept) {
      const proof = await audit.prove(id);
      expect(proof.ok && key.ok && (await verifyTlogProof(proof.value, bytes, { keys: [key.value] })).ok).toBe(true);
    }
  });

  test("stops before an entry that a legal hold or an open incident needs, and says how many that keeps", async () => {
    const world = await openWorld(engine);
    const { audit } = world;
    const keepers = [
      { why: "open incident", ids: ["inc_old_600"] },
      { why: "legal hold", ids: ["usr_nobody"] },
    ];
    const counted = await audit.pruning.count({ ...noKeepers, keepers });
    expect(counted).toEqual({
      due: OLD + 1,
      held: [
        { why: "open incident", records: 500 },
        { why: "in one bundle with entries that stay", records: 89 },
      ],
    });
    expect(await audit.pruning.prune({ ...noKeepers, keepers }, order)).toBe(512);
    const held = [{ why: "legal hold", ids: ["usr_1"] }];
    expect(await audit.pruning.prune({ ...noKeepers, keepers: held }, order)).toBe(0);
    expect(await verify(world)).toMatchObject({ ok: true, pruned: 512 });
    expect(await audit.pruning.prune(noKeepers, order)).toBe(512);
    expect(await served(world)).toMatchObject({ ok: true, pruned: [{ first: 0, last: 1_023 }] });
  });

  test("keeps what is held since it was declared, where a crash left the removal to a later run", async () => {
    const world = await openWorld(engine);
    const { audit } = world;
    await asOwner(
      world,
      "create function no_removal() returns trigger language plpgsql as 'begin raise exception ''crash''; end'",
      "create trigger no_removal before delete on audit_leaf for each statement execute function no_removal()",
    );
    await expect(audit.pruning.prune(noKeepers, order)).rejects.toThrow("crash");
    await asOwner(world, "drop trigger no_removal on audit_leaf");
    expect((await audit.head()).pruned?.entries).toBe(1_024);
    const keepers = [{ why: "legal hold", ids: ["inc_old_600"] }];
    expect(await audit.pruning.prune({ ...noKeepers, keepers }, order)).toBe(512);
    expect(await audit.pruning.prune({ ...noKeepers, keepers }, order)).toBe(0);
    expect((await audit.search({ objectId: "inc_old_600" }))?.items).toHaveLength(1);
    expect(await verify(world)).toMatchObject({ ok: true, pruned: 512 });
    expect(await audit.pruning.prune(noKeepers, order)).toBe(512);
  });

  test("goes red when a hash tile is gone, or an entry outside of what was declared", async () => {
    const world = await openWorld(engine);
    await world.audit.pruning.prune(noKeepers, order);
    await expect(asOwner(world, "delete from audit_leaf where index = 1030")).rejects.toThrow("only grows");
    await asOwner(
      world,
      "alter table audit_leaf disable trigger audit_leaf_pruned",
      "delete from audit_leaf where index = 1030",
    );
    const found = await verify(world);
    expect(found.problems[0]).toMatchObject({ index: 1_030 });
    expect(await served(world)).toMatchObject({ ok: false });
    await asOwner(
      world,
      "alter table audit_tile disable trigger audit_tile_kept",
      "delete from audit_tile where level = 0 and n = 2",
    );
    expect((await verify(world)).problems[0]).toMatchObject({ index: 512 });
    expect(await served(world)).toMatchObject({ ok: false });
  });

  test("is not what a deletion becomes by writing to the database that it was pruned", async () => {
    const world = await openWorld(engine);
    const { audit } = world;
    const size = "insert into audit_pruned (declared, removed, frontier, statement, vkey, declared_at) ";
    await asOwner(world, `${size} values (512, 512, '', '', '', now())`, "delete from audit_leaf where index < 512");
    const found = await verify(world);
    expect(found).toMatchObject({ ok: false, pruned: 0 });
    expect(found.problems.map((one) => one.code)).toContain("LEDGER_PRUNED_UNPROVEN");
    expect(await served(world)).toMatchObject({ ok: false, pruned: [] });
    expect((await audit.file("pruned")).ok).toBe(false);
  });

  test("removes nothing that was altered: it is kept as evidence", async () => {
    const world = await openWorld(engine);
    await asOwner(
      world,
      "alter table audit_leaf disable trigger audit_leaf_kept",
      "update audit_leaf set bytes = '\\x7b7d' where index = 300",
    );
    await expect(world.audit.pruning.prune(noKeepers, order)).rejects.toMatchObject({ code: "AUDIT_DIVERGED" });
    expect((await world.audit.head()).pruned).toBeUndefined();
  });

  test("writes an archive again that was damaged before its bodies were removed", async () => {
    const world = await openWorld(engine);
    const { audit, dataDir } = world;
    await audit.pruning.prune({ ...noKeepers, keepers: [{ why: "open incident", ids: ["inc_old_300"] }] }, order);
    writeFileSync(join(dataDir, "audit/archive/tile/entries/000.partial"), "left by a crash");
    expect(await audit.pruning.prune(noKeepers, order)).toBe(768);
    expect(await served(world, true)).toMatchObject({ ok: true, pruned: [] });
  });

  test("is declared again when another key signs, so that readers who know only that one can check it", async () => {
    const world = await openWorld(engine);
    const { audit, clock } = world;
    await audit.pruning.prune(noKeepers, order);
    await audit.rotateKey({ actor: ada, requestId: "k", reason: "a year is over", overlapDays: 1 });
    clock.advance(2 * DAY_MS);
    await write(world.db, 1, "inc_later");
    expect(await served(world)).toMatchObject({ ok: false });
    await audit.pruning.prune(noKeepers, order);
    await audit.settle();
    expect(await served(world)).toMatchObject({ ok: true, pruned: [{ first: 0, last: 1_023 }] });
  });
});
